"""The door: each check raises a ValueError on a known bad value, lets a traced one pass, and gives back an array."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import ArrayLike


def concrete(value: ArrayLike) -> np.ndarray | None:
    """The value as a NumPy array, or None where it is traced or lives on other hosts.

    >>> concrete(1.0) is None, bool(jax.jit(lambda x: concrete(x) is None)(1.0))
    (False, True)
    """
    if isinstance(value, Tracer) or not getattr(value, "is_fully_addressable", True):
        return None
    return np.asarray(value)


def within(
    name: str, value: ArrayLike, low: float | int = -np.inf, high: float | int = np.inf, *, strict: bool = False
) -> jax.Array:
    """The value as an array; a ValueError where it is known to lie outside [low, high], or (low, high] where strict.

    >>> within("chance", 1.5, 0, 1)
    Traceback (most recent call last):
    ValueError: chance must lie in [0, 1], but came as 1.5
    """
    known = concrete(value)
    if known is not None and not np.all((known > low if strict else known >= low) & (known <= high)):
        raise ValueError(f"{name} must lie in {'(' if strict else '['}{low:g}, {high:g}], but came as {known}")
    return jnp.asarray(value)


def odd(name: str, value: ArrayLike) -> jax.Array:
    """The number of votes as an array; a ValueError where it is known not to be odd: an even vote may tie.

    >>> odd("fan_in", 4)
    Traceback (most recent call last):
    ValueError: fan_in must be an odd whole number >= 1, but came as 4
    """
    known = concrete(value)
    if known is not None and not np.all((known >= 1) & (known % 2 == 1)):
        raise ValueError(f"{name} must be an odd whole number >= 1, but came as {known}")
    return jnp.asarray(value)


def count(name: str, value: int, low: int = 0) -> int:
    """The static count; a ValueError where it is not whole or falls below `low`.

    >>> count("steps", 0, 1)
    Traceback (most recent call last):
    ValueError: steps must be a whole number >= 1, but came as 0
    """
    if isinstance(value, bool) or int(value) != value or value < low:
        raise ValueError(f"{name} must be a whole number >= {low}, but came as {value}")
    return int(value)


def odd_count(name: str, value: int) -> int:
    """The static number of votes; a ValueError where it is not an odd whole number >= 1.

    >>> odd_count("agents", 4)
    Traceback (most recent call last):
    ValueError: agents must be odd, so that no vote ties, but came as 4
    """
    if count(name, value, 1) % 2 == 0:
        raise ValueError(f"{name} must be odd, so that no vote ties, but came as {value}")
    return int(value)
