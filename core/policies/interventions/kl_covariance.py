"""KL-Cov: hold the tokens with the highest covariance near the policy that drew them.

Slot: X and C. The share k of the tokens with the largest Cov_i gets + β |log r|, and no token is clipped. Effect: up,
but only from the second update of a rollout: at r = 1 the penalty has no gradient. That needs care: the derivative of
jnp.abs at 0 is 1 in JAX, which would push every selected token down with the full β on policy. Source: arXiv
2505.22617, Equation 13 and released code: k = 2e-3 (7B) or 2e-4 (32B), β = 1.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from core.policies.interventions.clip_covariance import share_of
from core.policies.interventions.clip_vocabulary import rank_from_top
from core.policies.interventions.interface import Intervention, Shaped
from theory.entropy.estimators import batch_covariance


def flat_abs(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """|x| whose derivative at 0 is 0.

    >>> import jax
    >>> [float(jax.grad(flat_abs)(x)) for x in (-2.0, 0.0, 2.0)]
    [-1.0, 0.0, 1.0]
    """
    return x * jnp.sign(x)


def kl_covariance(share: float = 2e-3, strength: float = 1.0) -> Intervention:
    """Adds strength |log r| on the share of tokens with the largest covariance, and takes the clip bounds away.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> arguments = by_hand(log_prob=[[0.0, 0.0], [0.0, -4.0]], advantage=[[1.0], [-1.0]])  # Cov 1, 1, -1, 3
    >>> kl_covariance(0.25).shape(*arguments).marks.tolist()
    [[0.0, 0.0], [0.0, 1.0]]
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}; allowed is [0, 1]")

    def shape(batch, effect, context):
        covariance = jnp.where(batch.mask > 0, batch_covariance(batch.log_prob, effect.advantage, batch.mask), -jnp.inf)
        chosen = jnp.asarray(rank_from_top(covariance) < share_of(batch.mask, share), batch.mask.dtype) * batch.mask
        open_bounds = effect._replace(low=jnp.zeros_like(effect.low), high=jnp.full_like(effect.high, jnp.inf))
        return Shaped(open_bounds, chosen, context.memory)

    def loss(live, batch, effect, chosen):
        kept = jnp.maximum(jnp.sum(effect.keep * batch.mask), 1)
        return strength * jnp.sum(chosen * flat_abs(live.log_prob - batch.log_prob)) / kept

    return Intervention(shape, loss=loss)
