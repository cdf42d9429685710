"""RiskPO: learn from the lower tail of the rewards.

Slot: A. A = w min(R - q_a, 0) + min(R - q_b, 0) at the quantiles of prompt scores, tracked online; here a score is the
mean reward of a group, and scales the group-relative advantages of its answers. Effect: claimed up,
because Cov(l, A) would fall; that inequality needs log-probabilities that do not rise with the reward in the tail, and
fails in most random bandits. Source: arXiv 2510.00911: a = 0.2, b = 0.8, w = 0.5.
"""

import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, Shaped, over_tokens
from theory.entropy.tail_risk import tail_advantage


def tail_risk(low: float = 0.2, high: float = 0.8, weight: float = 0.5, rate: float = 0.1) -> Intervention:
    """Multiplies each answer's advantage by how deep in the tail its group is; memory: the two quantiles.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> arguments = by_hand(jnp.array([0.5, 1.0]), step=1, advantage=1.0)  # a group with reward 0, 1/2 and 1 below
    >>> tail_risk(rate=0.0).shape(*arguments).effect.advantage.tolist()  # 1/2 times 1/2, and 1
    [[1.25, 1.25], [1.25, 1.25]]
    """
    if not 0 < low < high < 1:
        raise ValueError(f"low is {low} and high {high}; allowed are 0 < low < high < 1")

    def shape(batch, effect, context):
        scores = jnp.mean(batch.reward.reshape(-1, context.size), 1)
        now = jnp.quantile(scores, jnp.array([low, high]))
        quantiles = jnp.where(context.step == 0, now, context.memory + rate * (now - context.memory))
        depth = jnp.repeat(-tail_advantage(scores, quantiles[0], quantiles[1], weight), context.size)
        advantage = effect.advantage * over_tokens(depth, batch.mask)
        return Shaped(effect._replace(advantage=advantage), (), quantiles.astype(context.memory.dtype))

    return Intervention(shape, memory=jnp.zeros(2, jnp.float32))
