"""Clip_V: drop tokens whose discriminator is far from its own mean over the vocabulary.

Slot: M. D = E_p[S] - S is centred by each state's own policy; a token with A < 0 is dropped iff D > μ σ(D), the largest
D first, at most a share `most` of the batch (and at least one). Effect: up. Source: arXiv 2602.03392, released code;
μ = 8.5 and most = 1e-4 there, for batches of a million tokens.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from core.policies.interventions.clip_batch import SIDES
from core.policies.interventions.interface import Intervention, Shaped, masked_deviation


def clip_vocabulary(width: float = 8.5, most: float = 1e-4, sides: str = "negative") -> Intervention:
    """Masks tokens with E_p[S] - S beyond `width` deviations; `sides` as in `clip_batch`.

    >>> import jax
    >>> from core.policies.interventions.by_hand import by_hand
    >>> arguments = by_hand(discriminator=[[0.0, 0.0], [0.0, -4.0]], advantage=-1.0)  # D is 0, 0, 0, 4: σ = √3
    >>> jax.jit(clip_vocabulary(1.0).shape)(*arguments).effect.keep.tolist()
    [[1.0, 1.0], [1.0, 0.0]]
    """
    if width < 0 or not 0 <= most <= 1 or sides not in SIDES:
        raise ValueError(
            f"width is {width}, most {most}, sides {sides!r}; allowed: width >= 0, most in [0, 1], {SIDES}"
        )

    def shape(batch, effect, context):
        gap = batch.expected - batch.discriminator
        limit = width * masked_deviation(gap, batch.mask)
        falling = (effect.advantage < 0) & (gap > limit) & (sides != "positive")
        rising = (effect.advantage > 0) & (-gap > limit) & (sides != "negative")
        excess = jnp.where((falling | rising) & (batch.mask > 0), jnp.abs(gap), -jnp.inf)
        allowed = jnp.maximum((most * jnp.sum(batch.mask)).astype(int), 1)
        drop = (rank_from_top(excess) < allowed) & jnp.isfinite(excess)
        return Shaped(effect._replace(keep=effect.keep * ~drop), (), context.memory)

    return Intervention(shape)


def rank_from_top(values: Float[Array, "*shape"]) -> Int[Array, "*shape"]:
    """0 for the largest entry of an array, 1 for the next; ties in order of place.

    >>> rank_from_top(jnp.array([3.0, 9.0, 5.0])).tolist()
    [2, 0, 1]
    """
    flat = values.ravel()
    return jnp.argsort(jnp.argsort(-flat)).reshape(values.shape)
