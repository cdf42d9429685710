"""CANON: compare with the other half of the group, cut by entropy.

Slot: A. The group is cut into halves of high and low response entropy; A = μ (R - mean of the other half) + (1 - μ)(R
- mean of its own half). At μ = 1/2 this is the centred reward of the whole group. Effect: the data choose the
direction. Source: arXiv 2509.23962, μ = 1 between halves, μ = 0 within.
"""

import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, Shaped, over_tokens, response_mean


def contrast_halves(mix: float = 1.0) -> Intervention:
    """Replaces the advantages; groups need an even size.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> arguments = by_hand(entropy=[[0.0], [1.0]], reward=[1.0, 0.0])  # each answer is a half of its group
    >>> contrast_halves().shape(*arguments).effect.advantage.tolist()
    [[1.0, 1.0], [-1.0, -1.0]]
    """
    if not 0 <= mix <= 1:
        raise ValueError(f"mix is {mix}; allowed is [0, 1]")

    def shape(batch, effect, context):
        if context.size % 2:
            raise ValueError(f"the group size is {context.size}; allowed are even numbers, which have halves")
        rewards = batch.reward.reshape(-1, context.size)
        entropies = response_mean(batch.entropy, batch.mask).reshape(-1, context.size)
        upper = jnp.argsort(jnp.argsort(entropies, 1), 1) >= context.size // 2

        def mean(half):
            return jnp.sum(rewards * half, 1, keepdims=True) / (context.size // 2)

        own, other = jnp.where(upper, mean(upper), mean(~upper)), jnp.where(upper, mean(~upper), mean(upper))
        advantage = (mix * (rewards - other) + (1 - mix) * (rewards - own)).ravel()
        return Shaped(
            effect._replace(advantage=over_tokens(advantage, batch.mask).astype(effect.advantage.dtype)),
            (),
            context.memory,
        )

    return Intervention(shape)
