"""Clip-higher, clip-lower: separate bounds for the importance ratio.

Slot: C. The upper bound stops rewarded tokens, rare ones among them, from growing: raising it lets the entropy rise.
The lower bound stops punished tokens from vanishing: tightening it lets the entropy rise. Neither acts on the first
update of a rollout, where every ratio is 1. Sources: DAPO (ε_low = 0.2, ε_high = 0.28); arXiv 2509.26114.
"""

import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, Shaped


def clip_bounds(below: float = 0.2, above: float = 0.28) -> Intervention:
    """Ratios are clipped to [1 - below, 1 + above]; below = 1 or above = inf switches a side off.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> effect = clip_bounds(0.25, 0.5).shape(*by_hand()).effect
    >>> effect.low[0].tolist(), effect.high[0].tolist()
    ([0.75, 0.75], [1.5, 1.5])
    """
    if not (0 <= below <= 1 and above >= 0):
        raise ValueError(f"below is {below} and above {above}; allowed are 0 <= below <= 1 and above >= 0")

    def shape(batch, effect, context):
        one = jnp.ones_like(batch.mask)
        return Shaped(effect._replace(low=(1 - below) * one, high=(1 + above) * one), (), context.memory)

    return Intervention(shape)
