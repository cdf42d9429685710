"""AEPO for agents: uncertain tokens are credited more, and pushed on where the clip would stop them.

Slot: A and X. A (1 + α Ĥ), with the entropy Ĥ in deviations from its batch mean. Where the upper bound stops a rewarded
token (r > 1 + ε) whose entropy is above the batch quantile 1 - ρ, its term (1 + ε) A becomes (1 + ε) A r / sg(r): of
the same value, but with the gradient (1 + ε) A ∇log π and not 0. Effect: balanced. Source: arXiv 2510.14545; α and ρ
were not found: 0.2 and 0.2 are ours. Its rollouts, which split their budget between fresh answers and branches at
calls of tools, are left out for want of tools; `branch_rollouts` is the nearest.
"""

import jax
import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, Shaped, masked_deviation, masked_mean, masked_quantile


def entropy_balanced(credit: float = 0.2, share: float = 0.2) -> Intervention:
    """Credit α for uncertainty, and the share ρ of the tokens whose gradients outlive the clip.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> arguments = by_hand(entropy=[[0.0], [2.0]], advantage=1.0)  # a deviation below and above the mean
    >>> entropy_balanced(credit=0.5).shape(*arguments).effect.advantage.tolist()
    [[0.5, 0.5], [1.5, 1.5]]
    """
    if credit < 0 or not 0 <= share <= 1:
        raise ValueError(f"credit is {credit} and share {share}; allowed are credit >= 0 and share in [0, 1]")

    def shape(batch, effect, context):
        deviation = masked_deviation(batch.entropy, batch.mask)
        gap = batch.entropy - masked_mean(batch.entropy, batch.mask)
        scaled = jnp.where(deviation > 0, gap / jnp.where(deviation > 0, deviation, 1), 0)
        uncertain = batch.entropy > masked_quantile(batch.entropy, batch.mask, 1 - share)
        told = effect._replace(advantage=effect.advantage * (1 + credit * scaled))
        return Shaped(told, batch.mask * uncertain, context.memory)

    def loss(live, batch, effect, uncertain):
        stopped = (effect.advantage > 0) & (live.ratio > effect.high)
        counted = effect.weight * effect.keep * uncertain * jnp.where(stopped, effect.high * effect.advantage, 0)
        push = live.ratio / jax.lax.stop_gradient(live.ratio) - 1  # the value is in the clipped term already
        return -jnp.sum(counted * push) / jnp.maximum(jnp.sum(effect.keep * batch.mask), 1)

    return Intervention(shape, loss=loss)
