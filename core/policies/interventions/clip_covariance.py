"""Clip-Cov: detach a few random tokens among those with a high covariance of log-probability and advantage.

Slot: W (the denominator stays). Cov_i = (l_i - mean l)(A_i - mean A) over the batch; of the tokens with Cov in the open
band, max(floor(r N), 1) are drawn uniformly and lose their policy gradient. Effect: up. Source: arXiv 2505.22617,
Equations 10 to 12 and released code: r = 2e-4 and the band (1, 5), for batches of a million tokens. There the tokens
are chosen anew for each minibatch among those that PPO has not clipped; here once a rollout, when every ratio is 1.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from core.policies.interventions.clip_vocabulary import rank_from_top
from core.policies.interventions.interface import Intervention, Shaped, Tokens
from theory.entropy.estimators import batch_covariance


def share_of(mask: Tokens, share: float) -> Int[Array, ""]:
    """How many tokens a share of the batch is: at least one, unless the share is 0.

    >>> [int(share_of(jnp.ones((2, 2)), share)) for share in (0.5, 0.01, 0.0)]
    [2, 1, 0]
    """
    return jnp.maximum((share * jnp.sum(mask)).astype(int), 1) if share > 0 else jnp.zeros((), int)


def clip_covariance(share: float = 2e-4, band: tuple[float, float] = (1.0, 5.0)) -> Intervention:
    """Detaches a share of the tokens, drawn from those with covariance inside the band.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> arguments = by_hand(log_prob=[[0.0, 0.0], [0.0, -4.0]], advantage=[[1.0], [-1.0]])  # Cov 1, 1, -1, 3
    >>> jax.jit(clip_covariance(1.0, band=(2.0, 5.0)).shape)(*arguments).effect.weight.tolist()
    [[1.0, 1.0], [1.0, 0.0]]
    """
    if not 0 <= share <= 1 or band[0] > band[1]:
        raise ValueError(f"share is {share} and band {band}; allowed are a share in [0, 1] and a band (low, high)")

    def shape(batch, effect, context):
        covariance = batch_covariance(batch.log_prob, effect.advantage, batch.mask)
        inside = (covariance > band[0]) & (covariance < band[1]) & (batch.mask > 0)
        lot = jnp.where(inside, jax.random.uniform(context.key, covariance.shape, covariance.dtype), -jnp.inf)
        drop = inside & (rank_from_top(lot) < share_of(batch.mask, share))
        return Shaped(effect._replace(weight=effect.weight * ~drop), (), context.memory)

    return Intervention(shape)
