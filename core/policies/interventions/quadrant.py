"""Quadrant mask: take out the tokens of one sign of A and one sign of S - E_p[S].

Slot: W. By the law a token changes the entropy by -A (S - E_p[S]): without (A > 0, S above) or (A < 0, S below) the
entropy ends higher, without the other two lower. Source: an instrument, after the four regions of arXiv 2602.09782.
"""

from core.policies.interventions.interface import Intervention, Shaped


def quadrant(rewarded: bool, above: bool) -> Intervention:
    """Detaches tokens with A > 0 (or < 0) and S above (or below) its mean.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> arguments = by_hand(discriminator=[[1.0, -1.0]], advantage=[[1.0], [-1.0]])
    >>> quadrant(rewarded=True, above=True).shape(*arguments).effect.weight.tolist()
    [[0.0, 1.0], [1.0, 1.0]]
    """

    def shape(batch, effect, context):
        sign = effect.advantage > 0 if rewarded else effect.advantage < 0
        side = (batch.discriminator > batch.expected) == above
        return Shaped(effect._replace(weight=effect.weight * ~(sign & side)), (), context.memory)

    return Intervention(shape)
