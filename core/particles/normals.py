"""Standard normal numbers by address (key, coordinate, particle): one expression that fuses with what consumes it.

They do not depend on the number of devices, nor on how many particles there are beside. In float32 the two partners of
a Box-Muller pair differ by a quarter turn of phase, so that both come from the same elementwise expression; in float64
each number is the inverse distribution function of 53 bits.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Int, Key, UInt32

from core.trees.threefry import threefry_block

# cos(2π √t) on [0, 1/4] as a polynomial in t: interpolation at Chebyshev nodes, error below 4e-8
_NODES = (np.cos(np.pi * (np.arange(512) + 0.5) / 512) + 1) / 8
_COSINE = np.polynomial.Chebyshev.fit(_NODES, np.cos(2 * np.pi * np.sqrt(_NODES)), 6, domain=[0, 0.25])
_COEFFICIENTS = tuple(float(c) for c in _COSINE.convert(kind=np.polynomial.Polynomial).coef)


def step_key(key: Key[Array, ""], step: Int[Array, ""]) -> Key[Array, ""]:
    """The key of one step: equal to `jax.random.fold_in(key, step)`, but without a rolled loop.

    >>> key = jax.random.key(0)
    >>> bool(step_key(key, jnp.asarray(3)) == jax.random.fold_in(key, 3))
    True
    """
    words = threefry_block(key, jnp.uint32(0), step.astype(jnp.uint32))
    return jax.random.wrap_key_data(jnp.stack(words), impl="threefry2x32")


def addressed_normals(
    key: Key[Array, ""], coordinates: int, numbers: UInt32[Array, " particles"], dtype: DTypeLike = "float32"
) -> Float[Array, "{coordinates} particles"]:
    """One N(0, 1) for each coordinate of each of the particles with these numbers.

    >>> draw = jax.jit(lambda numbers: addressed_normals(jax.random.key(0), 1, numbers))
    >>> first, others = draw(jnp.array([0, 1], jnp.uint32)), draw(jnp.array([1, 2], jnp.uint32))
    >>> bool((first[:, 1] == others[:, 0]).all())  # particle 1, whoever is beside it
    True
    """
    rows, columns = lax.iota(jnp.uint32, coordinates)[:, None], numbers[None, :]
    if jnp.dtype(dtype) == jnp.float64:
        first, second = threefry_block(key, rows, columns)
        return math.sqrt(2) * lax.erf_inv(2 * _unit_double(first, second) - 1)
    first, second = threefry_block(key, rows >> jnp.uint32(1), columns)
    quarter = (rows & jnp.uint32(1)).astype(jnp.float32) * jnp.float32(0.25)
    radius = jnp.sqrt(-2 * jnp.log(_unit_single(first)))
    return (radius * cosine_of_turns(_unit_single(second) - quarter)).astype(dtype)


def cosine_of_turns(turns: Float[Array, "..."]) -> Float[Array, "..."]:
    """cos(2π u) in float32: a polynomial in the distance to the nearest whole turn, error below 4e-7 (`cos`: 1.6e-6).

    In float64 the library's cosine.

    >>> cosine_of_turns(jnp.array([0.0, 0.5, 1.0])).round(4).tolist()
    [1.0, -1.0, 1.0]
    """
    rest = turns - lax.round(turns, lax.RoundingMethod.TO_NEAREST_EVEN)
    if turns.dtype == jnp.float64:
        return jnp.cos(2 * math.pi * rest)
    square = rest * rest
    value = jnp.full_like(square, _COEFFICIENTS[-1])
    for coefficient in _COEFFICIENTS[-2::-1]:
        value = value * square + jnp.asarray(coefficient, turns.dtype)
    return value


def _unit_single(words: UInt32[Array, "..."]) -> Float[Array, "..."]:
    """Odd multiples of 2^-24: never 0, never 1."""
    return ((words >> jnp.uint32(9)).astype(jnp.float32) * 2 + 1) * jnp.float32(2**-24)


def _unit_double(high: UInt32[Array, "..."], low: UInt32[Array, "..."]) -> Float[Array, "..."]:
    """Odd multiples of 2^-53."""
    bits = high.astype(jnp.float64) * 2**20 + (low >> jnp.uint32(12)).astype(jnp.float64)  # 52 of them
    return (2 * bits + 1) * 2.0**-53
