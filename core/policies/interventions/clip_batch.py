"""Clip_B: drop tokens whose discriminator is an outlier of the batch.

Slot: M (the denominator shrinks with the mask). With m and σ the masked mean and population deviation of S, a token
with A < 0 is kept iff S - m >= -μ σ: rare tokens are not pushed further down. Effect: up. `sides` also covers the
mirror image, A > 0 with S - m > μ σ, which the released code does not have. Source: arXiv 2602.03392, released code;
μ = 2.5 there.
"""

from core.policies.interventions.interface import Intervention, Shaped, masked_deviation, masked_mean

SIDES = ("negative", "positive", "both")


def clip_batch(width: float = 2.5, sides: str = "negative") -> Intervention:
    """Masks tokens more than `width` deviations off the batch mean of S, on the side that lowers the entropy.

    >>> import jax
    >>> from core.policies.interventions.by_hand import by_hand
    >>> arguments = by_hand(discriminator=[[0.0, 0.0], [0.0, -4.0]], advantage=-1.0)  # mean -1, deviation √3
    >>> jax.jit(clip_batch(1.0).shape)(*arguments).effect.keep.tolist()
    [[1.0, 1.0], [1.0, 0.0]]
    """
    if width < 0 or sides not in SIDES:
        raise ValueError(f"width is {width} and sides {sides!r}; allowed are width >= 0 and sides in {SIDES}")

    def shape(batch, effect, context):
        deviation = masked_deviation(batch.discriminator, batch.mask)
        gap = batch.discriminator - masked_mean(batch.discriminator, batch.mask)
        limit = width * deviation
        falling = (effect.advantage < 0) & (gap < -limit) & (sides != "positive")
        rising = (effect.advantage > 0) & (gap > limit) & (sides != "negative")
        drop = (falling | rising) & (deviation >= 1e-12)
        return Shaped(effect._replace(keep=effect.keep * ~drop), (), context.memory)

    return Intervention(shape)
