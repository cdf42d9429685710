"""Gauss-Legendre quadrature of elementwise functions over [0, upper], for arrays of upper ends."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array


def unit_quadrature(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights on [0, 1].

    >>> node, weight = unit_quadrature(2)
    >>> print(f"{weight @ node**3:.4f}")  # exact up to degree 2 · 2 - 1
    0.2500
    """
    node, weight = np.polynomial.legendre.leggauss(nodes)
    return 0.5 * (node + 1), 0.5 * weight


def first_axis(values: np.ndarray, like: Array) -> Array:
    """Constants along a new first axis of `like`, the axis that XLA reduces fastest.

    >>> first_axis(np.ones(2), jnp.ones((3, 4))).shape
    (2, 1, 1)
    """
    return jnp.expand_dims(jnp.asarray(values, like.dtype), range(1, like.ndim + 1))


def integrate(function: Callable[[Array], Array], upper: Array, rule: tuple[np.ndarray, np.ndarray]) -> Array:
    """∫₀^upper of a function that works element by element on arrays shaped as `upper`.

    >>> print(integrate(jnp.square, jnp.array([0.0, 3.0]), unit_quadrature(2)).round(4))
    [0. 9.]
    """
    node, weight = (first_axis(part, upper) for part in rule)
    return upper * jnp.sum(weight * jax.vmap(function)(upper[None] * node), axis=0)
