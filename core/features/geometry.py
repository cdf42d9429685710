"""Distances between geometries that know no scale, and what is left of the spread within classes."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def shape_distance(found: Float[Array, "*shape"], expected: Float[Array, "*shape"]) -> Float[Array, ""]:
    """‖A/‖A‖ - B/‖B‖‖, Frobenius: 0 for equal shapes, √2 for orthogonal ones, 2 at most."""
    return jnp.linalg.norm(found / jnp.linalg.norm(found) - expected / jnp.linalg.norm(expected))


def within_share(features: Float[Array, "d N"], targets: Float[Array, "K N"]) -> Float[Array, ""]:
    """Energy within classes over the energy of all features: 0 is collapse; targets are one-hot."""
    means = features @ targets.T / targets.sum(1)[None, :]
    return jnp.sum((features - means @ targets) ** 2) / jnp.sum(features**2)
