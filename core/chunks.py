"""A long axis taken piece by piece, so that what a piece needs stays in the cache."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp


def over_chunks(step: Callable[[Any, Any, int], Any], carry: Any, total: int, chunk: int) -> Any:
    """Folds `step(carry, start, width)` over consecutive pieces of [0, total); the last may be shorter.

    >>> over_chunks(lambda seen, start, width: [*seen, (start, width)], [], 10, 8)
    [(0, 8), (8, 2)]
    """
    whole = total // chunk
    if whole == 1:
        carry = step(carry, 0, chunk)
    elif whole:
        carry = jax.lax.scan(lambda c, i: (step(c, i * chunk, chunk), None), carry, jnp.arange(whole))[0]
    return step(carry, whole * chunk, total % chunk) if total % chunk else carry
