"""UloRL: leave mastered positive tokens alone while the entropy is low.

Slot: M. While the mean entropy is below the target, tokens with A > 0 and p >= τ are masked. Effect: up, since these
pushes have S > E_p[S]. Source: arXiv 2507.19766; τ = 0.99 and the target 0.2 are from memory.
"""

import math

from core.policies.interventions.interface import Intervention, Shaped, masked_mean


def mastered_tokens(threshold: float = 0.99, target: float = 0.2) -> Intervention:
    """Masks rewarded tokens with probability >= threshold while mean entropy < target; target 0 never acts.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> arguments = by_hand(log_prob=[[0.0, -1.0]], advantage=[[1.0], [-1.0]])  # of entropy 0, below the target
    >>> mastered_tokens().shape(*arguments).effect.keep.tolist()
    [[0.0, 1.0], [1.0, 1.0]]
    """

    def shape(batch, effect, context):
        low = masked_mean(batch.entropy, batch.mask) < target
        mastered = (effect.advantage > 0) & (batch.log_prob >= math.log(threshold)) & low
        return Shaped(effect._replace(keep=effect.keep * ~mastered), (), context.memory)

    return Intervention(shape)
