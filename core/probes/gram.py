"""Xᵀ X on and above its diagonal: nearly all the work of a covariance, and half of a product of two matrices."""

import itertools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

_EXACT = jax.lax.Precision.HIGHEST
_BLOCKS, _WORTH = 4, 256


def add_gram(gram: Float[Array, "e e"], rows: Float[Array, "B d"]) -> Float[Array, "e e"]:
    """The sum gram + rowsᵀ rows, correct on and above the diagonal; what stands below it means nothing.

    A CPU does only that half, in products of blocks of columns, each block turned once: products of two turned blocks
    are the fastest that XLA has there. An accelerator does one product. With e = 0 there is nothing to do.

    >>> symmetric(add_gram(jnp.zeros((2, 2)), jnp.array([[1.0, 2.0]]))).tolist()
    [[1.0, 2.0], [2.0, 4.0]]
    """
    if not gram.size:
        return gram
    return jax.lax.platform_dependent(gram, rows, cpu=_by_blocks, default=_at_once)


def symmetric(upper: Float[Array, "e e"]) -> Float[Array, "e e"]:
    """The symmetric matrix whose upper triangle this is.

    >>> symmetric(jnp.array([[1.0, 2.0], [9.0, 4.0]])).tolist()
    [[1.0, 2.0], [2.0, 4.0]]
    """
    return jnp.triu(upper) + jnp.triu(upper, 1).T


def _at_once(gram: Float[Array, "d d"], rows: Float[Array, "B d"]) -> Float[Array, "d d"]:
    return gram + jnp.matmul(rows.T, rows, precision=_EXACT)


def _by_blocks(gram: Float[Array, "d d"], rows: Float[Array, "B d"]) -> Float[Array, "d d"]:
    size = gram.shape[0]
    blocks = _BLOCKS if size >= _WORTH else 1
    edges = [size * k // blocks for k in range(blocks + 1)]
    cuts = [slice(low, high) for low, high in itertools.pairwise(edges)]
    # the barrier has each block written out: fused into the products, a turn costs as much as they do
    turned = jax.lax.optimization_barrier([rows[:, cut].T for cut in cuts])
    for i, left in enumerate(turned):
        for j, right in enumerate(turned[i:], i):
            gram = gram.at[cuts[i], cuts[j]].add(jnp.matmul(left, right.T, precision=_EXACT))
    return gram
