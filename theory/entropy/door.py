"""The door of this folder: rows of logits, or a ValueError that says what is wrong with them."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int

from theory.door import concrete


def rows_of_logits(logits: Float[ArrayLike, "..."]) -> Float[Array, "*batch vocab"]:
    """The logits as an array; -inf masks a token, a row with nothing else, a NaN or +inf is refused.

    >>> rows_of_logits(np.array([0.0, -np.inf])).tolist()
    [0.0, -inf]
    """
    known = concrete(logits)
    if np.ndim(logits) == 0 or np.shape(logits)[-1] == 0:
        raise ValueError(f"logits has shape {np.shape(logits)}; allowed is (..., vocabulary) with at least one token")
    if known is not None and not (np.all(known < np.inf) and np.all(np.max(known, axis=-1) > -np.inf)):
        raise ValueError("logits holds a NaN, a +inf or a row of -inf; allowed are finite numbers, and -inf for a mask")
    return jnp.asarray(logits)


def tokens_within(tokens: Int[ArrayLike, "*batch"], vocabulary: int) -> Int[Array, "*batch"]:
    """The tokens as an array; a ValueError where one is known to lie outside the vocabulary.

    >>> tokens_within(np.array([0, 8]), 8)
    Traceback (most recent call last):
    ValueError: tokens run from 0 to 8; allowed is 0 to 7
    """
    known = concrete(tokens)
    if known is not None and not np.all((known >= 0) & (known < vocabulary)):
        raise ValueError(f"tokens run from {known.min()} to {known.max()}; allowed is 0 to {vocabulary - 1}")
    return jnp.asarray(tokens)
