"""Distances between geometries that know no scale, and what is left of the spread within classes."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def shape_distance(found: Float[Array, "*shape"], expected: Float[Array, "*shape"]) -> Float[Array, ""]:
    """‖A/‖A‖ - B/‖B‖‖, Frobenius: 0 for equal shapes, √2 for orthogonal ones, 2 at most.

    >>> round(float(shape_distance(jnp.array([2.0, 0.0]), jnp.array([0.0, 3.0]))), 4)
    1.4142
    """
    return jnp.linalg.norm(found / jnp.linalg.norm(found) - expected / jnp.linalg.norm(expected))


def within_share(features: Float[Array, "d N"], targets: Float[Array, "K N"]) -> Float[Array, ""]:
    """Energy within classes over the energy of all features: 0 is collapse; targets are one-hot.

    >>> round(float(within_share(jnp.array([[1.0, 3.0]]), jnp.ones((1, 2)))), 4)  # (1 + 1) / (1 + 9)
    0.2
    """
    means = features @ targets.T / targets.sum(1)[None, :]
    return jnp.sum((features - means @ targets) ** 2) / jnp.sum(features**2)
