"""Entrocraft: accept only samples that push the entropy back into a band.

Slot: F. With m = 1[H > h_high] - 1[H < h_low] of the batch's mean entropy, samples with m A < 0 are dropped: above the
band only rewarded ones stay, below it only punished ones. Effect: H follows the band, as far as A dH <= 0 holds for
each sample, which needs p_k above a baseline. Source: arXiv 2604.26326, band annealed linearly from (0.6, 0.7) to
(0.1, 0.2).
"""

import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, Shaped, masked_mean


def entropy_band(first: tuple[float, float] = (0.6, 0.7), last: tuple[float, float] = (0.1, 0.2)) -> Intervention:
    """Bands (low, high) at the first and the last rollout; (-inf, inf) never drops anything.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> arguments = by_hand(entropy=1.0, advantage=[[1.0], [-1.0]])  # above the band
    >>> entropy_band().shape(*arguments).effect.keep.tolist()
    [[1.0, 1.0], [0.0, 0.0]]
    """

    def shape(batch, effect, context):
        done = jnp.asarray(context.step / max(context.horizon - 1, 1), batch.mask.dtype)
        # an open band stays open: 0 times infinity is no number
        low, high = (a if a == b else a + done * (b - a) for a, b in zip(first, last, strict=True))
        now = masked_mean(batch.entropy, batch.mask)
        side = jnp.asarray(now > high, batch.mask.dtype) - jnp.asarray(now < low, batch.mask.dtype)
        return Shaped(effect._replace(keep=effect.keep * (side * effect.advantage >= 0)), (), context.memory)

    return Intervention(shape)
