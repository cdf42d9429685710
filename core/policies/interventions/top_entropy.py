"""High-entropy tokens only: learn from the forks.

Slot: M. Keeps the tokens whose entropy is at or above the batch quantile 1 - ρ. The law gives no sign: it selects by H,
not by A (S - E_p[S]); learning slows. Source: arXiv 2506.01939, ρ = 0.2.
"""

from core.policies.interventions.interface import Intervention, Shaped, masked_quantile


def top_entropy(share: float = 0.2) -> Intervention:
    """Keeps the given share of tokens with the highest entropy; 1 keeps all.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> top_entropy(0.5).shape(*by_hand(entropy=[[0.0, 1.0], [2.0, 3.0]])).effect.keep.tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}; allowed is (0, 1]")

    def shape(batch, effect, context):
        if share == 1:
            return Shaped(effect, (), context.memory)
        bound = masked_quantile(batch.entropy, batch.mask, 1 - share)
        return Shaped(effect._replace(keep=effect.keep * (batch.entropy > bound)), (), context.memory)

    return Intervention(shape)
