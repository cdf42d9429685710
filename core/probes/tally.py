"""Mean and variance of a stream of numbers, and mean and covariance of a stream of vectors, mergeable and stable."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


class Tally(NamedTuple):
    """Numbers seen so far."""

    total: Float[Array, ""]  # how many
    mean: Float[Array, ""]
    squares: Float[Array, ""]  # Σ (x - mean)²


class Moments(NamedTuple):
    """Vectors seen so far."""

    total: Float[Array, ""]  # how many
    mean: Float[Array, " d"]
    scatter: Float[Array, "d d"]  # Σ (x - mean)(x - mean)ᵀ


def tally(values: Float[Array, "*shape"], counted: Bool[Array, "*shape"]) -> Tally:
    """Of the values that count; two passes.

    >>> [float(x) for x in tally(jnp.array([1.0, 3.0, 99.0]), jnp.array([True, True, False]))]
    [2.0, 2.0, 2.0]
    """
    count = jnp.sum(counted).astype(values.dtype)
    values = jnp.where(counted, values, 0)  # what does not count may be infinite
    mean = jnp.sum(values) / jnp.maximum(count, 1)
    return Tally(count, mean, jnp.sum(jnp.where(counted, (values - mean) ** 2, 0)))


def merge_tallies(a: Tally, b: Tally) -> Tally:
    """Of both streams together.

    >>> one, other = (tally(jnp.array([x]), jnp.array([True])) for x in (1.0, 3.0))
    >>> [float(x) for x in merge_tallies(one, other)]
    [2.0, 2.0, 2.0]
    """
    total = a.total + b.total
    share = b.total / jnp.maximum(total, 1)
    shift = b.mean - a.mean
    return Tally(total, a.mean + share * shift, a.squares + b.squares + a.total * share * shift**2)


def tally_variance(seen: Tally) -> Float[Array, ""]:
    """Population variance.

    >>> float(tally_variance(tally(jnp.array([1.0, 3.0, 99.0]), jnp.array([True, True, False]))))
    1.0
    """
    return seen.squares / jnp.maximum(seen.total, 1)


def moments_init(dimension: int, dtype=None) -> Moments:
    """Nothing seen.

    >>> float(moments_init(2).total)
    0.0
    """
    if dimension < 1:
        raise ValueError(f"dimension is {dimension}; allowed is a whole number >= 1")
    return Moments(jnp.zeros((), dtype), jnp.zeros(dimension, dtype), jnp.zeros((dimension, dimension), dtype))


def moments_update(moments: Moments, features: Float[Array, "B d"]) -> Moments:
    """Takes a batch of rows.

    >>> seen = moments_update(moments_init(2), jnp.array([[1.0, 0.0], [3.0, 0.0]]))
    >>> seen.mean.tolist(), seen.scatter.tolist()
    ([2.0, 0.0], [[2.0, 0.0], [0.0, 0.0]])
    """
    mean = features.mean(0)
    centred = features - mean[None, :]
    scatter = jnp.matmul(centred.T, centred, precision=jax.lax.Precision.HIGHEST)
    return merge_moments(moments, Moments(jnp.asarray(features.shape[0], mean.dtype), mean, scatter))


def merge_moments(a: Moments, b: Moments) -> Moments:
    """Of both streams together.

    >>> one, other = (moments_update(moments_init(2), jnp.array([[x, 0.0]])) for x in (1.0, 3.0))
    >>> merge_moments(one, other).scatter.tolist()
    [[2.0, 0.0], [0.0, 0.0]]
    """
    total = a.total + b.total
    share = b.total / jnp.maximum(total, 1)
    shift = b.mean - a.mean
    return Moments(total, a.mean + share * shift, a.scatter + b.scatter + a.total * share * jnp.outer(shift, shift))


def moments_covariance(moments: Moments, *, centred: bool = True) -> Float[Array, "d d"]:
    """Population covariance, or E[x xᵀ] where not centred.

    >>> seen = moments_update(moments_init(2), jnp.array([[1.0, 0.0], [3.0, 0.0]]))
    >>> moments_covariance(seen).tolist(), moments_covariance(seen, centred=False).tolist()
    ([[1.0, 0.0], [0.0, 0.0]], [[5.0, 0.0], [0.0, 0.0]])
    """
    covariance = moments.scatter / jnp.maximum(moments.total, 1)
    return covariance if centred else covariance + jnp.outer(moments.mean, moments.mean)
