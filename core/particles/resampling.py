"""Resampling: particles are drawn anew in proportion to their weights."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from theory.door import within


def multinomial(key: Key[Array, ""], weights: Float[Array, " particles"]) -> Int[Array, " particles"]:
    """Parents, drawn independently.

    >>> multinomial(jax.random.key(0), jnp.array([0.0, 2.0, 0.0, 0.0])).tolist()
    [1, 1, 1, 1]
    """
    edges = jnp.cumsum(_checked(weights))
    draws = jax.random.uniform(key, weights.shape, weights.dtype) * edges[-1]
    return jnp.minimum(jnp.searchsorted(edges, draws, side="right"), weights.shape[0] - 1)


def systematic(key: Key[Array, ""], weights: Float[Array, " particles"]) -> Int[Array, " particles"]:
    """Parents from one uniform number: a particle with share w has floor(N w) or ceil(N w) children.

    >>> systematic(jax.random.key(0), jnp.array([1.0, 2.0, 1.0, 0.0])).tolist()  # N w = 1, 2, 1, 0: no chance left
    [0, 1, 1, 2]
    """
    particles = weights.shape[0]
    edges = jnp.cumsum(_checked(weights))
    draws = (jax.random.uniform(key, (), weights.dtype) + jnp.arange(particles)) / particles * edges[-1]
    return jnp.minimum(jnp.searchsorted(edges, draws, side="right"), particles - 1)


def _checked(weights: Float[Array, " particles"]) -> Float[Array, " particles"]:
    within("weights", weights, 0)
    within("sum of weights", jnp.sum(weights), 0, strict=True)
    return weights
