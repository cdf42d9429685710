"""Entropy-shaped advantages: credit for uncertain tokens.

Slot: A. A + min(α H, |A| / κ), H constant to the gradient: the sign of A never flips for κ > 1. Effect: mildly up.
Source: Cheng et al., arXiv 2506.14758, α = 0.4 and κ = 2.
"""

import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, Shaped


def entropy_advantage(strength: float = 0.4, cap: float = 2.0) -> Intervention:
    """Adds min(strength H, |A| / cap) to each advantage.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> arguments = by_hand(entropy=[[0.0, 1.0], [2.0, 4.0]], advantage=[[1.0], [-1.0]])
    >>> entropy_advantage(0.25, cap=2.0).shape(*arguments).effect.advantage.tolist()
    [[1.0, 1.25], [-0.5, -0.5]]
    """
    if strength < 0 or cap <= 0:
        raise ValueError(f"strength is {strength} and cap {cap}; allowed are strength >= 0 and cap > 0")

    def shape(batch, effect, context):
        bonus = jnp.minimum(strength * batch.entropy, jnp.abs(effect.advantage) / cap)
        return Shaped(effect._replace(advantage=effect.advantage + bonus), (), context.memory)

    return Intervention(shape)
