"""KL-Cov: hold the tokens with the highest covariance near the policy that drew them.

Slot: X and C. The share k of the tokens with the largest Cov_i gets + β |log r|, and no token is clipped. Effect: up,
but only from the second update of a rollout: at r = 1 the penalty has no gradient. That needs care: the derivative of
jnp.abs at 0 is 1 in JAX, which would push every selected token down with the full β on policy. Source: arXiv
2505.22617, Equation 13 and released code: k = 2e-3 (7B) or 2e-4 (32B), β = 1.
"""

import jax.numpy as jnp

from core.policies.interventions.clip_covariance import batch_covariance, share_of
from core.policies.interventions.clip_vocabulary import rank_from_top
from core.policies.interventions.interface import Intervention, Shaped


def flat_abs(x):
    """|x| whose derivative at 0 is 0."""
    return x * jnp.sign(x)


def kl_covariance(share: float = 2e-3, strength: float = 1.0) -> Intervention:
    """Adds strength |log r| on the share of tokens with the largest covariance, and takes the clip bounds away."""
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}; allowed is [0, 1]")

    def shape(batch, effect, context):
        covariance = jnp.where(batch.mask > 0, batch_covariance(batch, effect.advantage), -jnp.inf)
        chosen = jnp.asarray(rank_from_top(covariance) < share_of(batch.mask, share), batch.mask.dtype) * batch.mask
        open_bounds = effect._replace(low=jnp.zeros_like(effect.low), high=jnp.full_like(effect.high, jnp.inf))
        return Shaped(open_bounds, chosen, context.memory)

    def loss(live, batch, effect, chosen):
        kept = jnp.maximum(jnp.sum(effect.keep * batch.mask), 1)
        return strength * jnp.sum(chosen * flat_abs(live.log_prob - batch.log_prob)) / kept

    return Intervention(shape, loss=loss)
