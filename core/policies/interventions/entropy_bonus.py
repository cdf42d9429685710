"""Entropy bonus: loss - α mean H.

Slot: X. Each row's logits move by -η α S, so the entropy rises by η α |S|² to first order; the tabular fixed point is
softmax(Q / α). Source: the usual one; α from 1e-4 to 1e-2 are tried in arXiv 2505.22617, Figure 9.
"""

from core.policies.interventions.interface import Intervention, masked_mean


def entropy_bonus(strength: float = 1e-2) -> Intervention:
    """Adds -strength times the mean token entropy to the loss.

    >>> from core.policies.interventions.by_hand import by_hand, unmoved
    >>> batch, effect, _ = by_hand(entropy=[[0.0, 1.0], [1.0, 2.0]])
    >>> float(entropy_bonus(0.5).loss(unmoved(batch), batch, effect, ()))
    -0.5
    """
    return Intervention(loss=lambda live, batch, effect, marks: -strength * masked_mean(live.entropy, batch.mask))
