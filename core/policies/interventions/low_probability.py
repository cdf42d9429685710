"""Lp-Reg: protect rare but plausible tokens from punishment.

Slot: X and C. The proxy drops tokens below τ = κ max p from the old policy and renormalises. Tokens with A < 0, a
probability below the batch quantile ρ and a place in the proxy get + β KL(proxy ‖ π), whose gradient on the logits is
π - proxy; ratios have no lower bound and the upper bound U. Effect: up against the unprotected push; the term alone
lowers H a little, because the proxy has lost its tail. Source: arXiv 2510.03222, κ = 0.02, ρ = 1 % (14B), U = 10; β was
not found.
"""

import jax
import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, Shaped, masked_mean, masked_quantile


def low_probability(
    strength: float = 1.0, threshold: float = 0.02, quantile: float = 0.01, largest: float = 10.0
) -> Intervention:
    """Adds strength KL(proxy ‖ π) on punished rare tokens of the proxy; strength 0 leaves everything as it was.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> arguments = by_hand(log_prob=[[-1.0, -1.0], [-1.0, -3.0]], advantage=-1.0)
    >>> jax.jit(low_probability().shape)(*arguments).marks[1].tolist()  # which tokens are protected
    [[0.0, 0.0], [0.0, 1.0]]
    """

    def shape(batch, effect, context):
        prob = jax.nn.softmax(batch.logits)
        stays = prob >= threshold * jnp.max(prob, -1, keepdims=True)
        proxy = jnp.where(stays, prob, 0)
        proxy = proxy / jnp.sum(proxy, -1, keepdims=True)
        plausible = jnp.take_along_axis(proxy, batch.responses[..., None], -1)[..., 0] > 0
        rare = batch.log_prob <= masked_quantile(batch.log_prob, batch.mask, quantile)
        chosen = jnp.asarray(rare & plausible & (effect.advantage < 0), batch.mask.dtype) * batch.mask
        if strength:
            effect = effect._replace(low=jnp.zeros_like(effect.low), high=jnp.full_like(effect.high, largest))
        return Shaped(effect, (proxy, chosen), context.memory)

    def loss(live, batch, effect, marks):
        proxy, chosen = marks
        log_proxy = jnp.log(jnp.where(proxy > 0, proxy, 1))
        log_policy = jnp.where(proxy > 0, jax.nn.log_softmax(live.logits), 0)
        gap = jnp.sum(proxy * (log_proxy - log_policy), -1)
        return strength * masked_mean(chosen * gap, batch.mask)

    return Intervention(shape, loss=loss)
