"""Normal numbers that a program draws once: for arrays of several shapes, and for all that read them."""

import math
from collections.abc import Sequence

import jax
from jaxtyping import Array, Float, Key


def normal(key: Key[Array, ""], shape: tuple[int, ...] = ()) -> Float[Array, "..."]:
    """`jax.random.normal`, stored.

    XLA would draw again in each kernel that reads them, which in float64 takes some 200 operations a time.

    >>> jax.eval_shape(lambda key: normal(key, (2, 3)), jax.random.key(0)).shape
    (2, 3)
    """
    return jax.lax.optimization_barrier(jax.random.normal(key, shape))


def normals(keys: Key[Array, " n"], shapes: Sequence[tuple[int, ...]]) -> tuple[Float[Array, "..."], ...]:
    """What `jax.random.normal` gives for each key and shape, as one program instead of n.

    A key's first numbers don't depend on how many follow, so that all may draw as many as the largest needs.

    Args:
        keys: typed keys, one a shape.
        shapes: of the arrays.

    >>> first, second = jax.eval_shape(lambda keys: normals(keys, [(2, 3), (4,)]), jax.random.split(jax.random.key(0)))
    >>> first.shape, second.shape
    ((2, 3), (4,))
    """
    if len(shapes) != len(keys):
        raise ValueError(f"shapes has {len(shapes)} entries; allowed is one for each of the {len(keys)} keys")
    sizes = [math.prod(shape) for shape in shapes]
    rows = jax.vmap(lambda key: normal(key, (max(sizes),)))(keys)
    return tuple(row[:size].reshape(shape) for row, size, shape in zip(rows, sizes, shapes, strict=True))
