"""SIREN: hold the entropy of the forks where it began.

Slot: X. The entropy of the nucleus (top-p, renormalised) at the tokens of each response whose entropy lies above its
own quantile is drawn to its value at the first rollout: β (mean - anchor)². Effect: towards the start. Source: arXiv
2509.25133 and released code: β = 0.005, top-p 0.8, quantile 0.8.
"""

import jax
import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, Shaped, response_mean


def _nucleus_entropy(logits, top: float):
    """Entropy of the smallest set of tokens with probability `top`, renormalised; the likeliest is always in."""
    order = jnp.argsort(-logits, axis=-1)
    prob = jnp.take_along_axis(jax.nn.softmax(logits), order, -1)
    inside = jax.lax.stop_gradient(jnp.cumsum(prob, -1) - prob < top)
    kept = jnp.where(inside, prob, 0)
    share = kept / jnp.sum(kept, -1, keepdims=True)
    return -jnp.sum(jnp.where(share > 0, share * jnp.log(jnp.where(share > 0, share, 1)), 0), -1)


def siren(strength: float = 0.005, top: float = 0.8, quantile: float = 0.8) -> Intervention:
    """Adds strength (mean nucleus entropy of the forks - its first value)².

    >>> from core.policies.interventions.by_hand import by_hand
    >>> method = siren()
    >>> round(float(jax.jit(method.shape)(*by_hand(method.memory)).memory), 4)  # of uniform logits: log 2
    0.6931
    """

    def mean_of_forks(entropies, forks, mask):
        return jnp.mean(response_mean(entropies * forks, forks * mask))

    def shape(batch, effect, context):
        count = batch.mask.shape[1]
        place = min(int(quantile * count), count - 1)
        bound = jnp.sort(jnp.where(batch.mask > 0, batch.entropy, jnp.inf), 1)[:, place : place + 1]
        forks = jnp.asarray(batch.entropy >= bound, batch.mask.dtype) * batch.mask
        now = mean_of_forks(_nucleus_entropy(batch.logits, top), forks, batch.mask)
        anchor = jnp.where(context.step == 0, now, context.memory).astype(context.memory.dtype)
        return Shaped(effect, (forks, jnp.broadcast_to(anchor, batch.mask.shape[:1])), anchor)

    def loss(live, batch, effect, marks):
        forks, anchor = marks
        return strength * (mean_of_forks(_nucleus_entropy(live.logits, top), forks, batch.mask) - anchor[0]) ** 2

    return Intervention(shape, loss=loss, memory=jnp.zeros((), jnp.float32))
