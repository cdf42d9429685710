"""The sums of a long row on a CPU: each exponential once, and every sum a column of vector additions.

XLA does not fuse several reductions of one row: written plainly, each of the sums computes all exponentials again.
Here a tile of all rows is exponentiated once, into the cache, and its sums read it from there; a tile is cut into
`GROUPS` strips that are added to each other, so that nothing is ever summed along the fastest axis but at the end.
"""

import math
from functools import reduce

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from core.probes.power_of_two import LEAST, power_of_two

TILE_ENTRIES = 2**13  # of all rows together: the tile and its exponentials, 64 KB, stay next to the core
GROUPS = 8
NARROWEST, WIDEST = 128, 2**12  # columns of a tile


def tile_width(rows: int, columns: int) -> int:
    """Columns of a tile, or 0 where the rows are too short for tiles to pay.

    >>> tile_width(1, 32_000), tile_width(1, 100)
    (4096, 0)
    """
    width = 1 << int(np.clip(TILE_ENTRIES // max(rows, 1), NARROWEST, WIDEST)).bit_length() - 1
    return width if columns >= 4 * width else 0


def peak_by_lanes(logits: Float[Array, "*tokens piece"]) -> Float[Array, "*tokens"]:
    """Max z: over strided lanes first, of which most vocabularies have 128, and then over these.

    >>> peak_by_lanes(jnp.array([[1.0, 3.0, 2.0]])).tolist()
    [3.0]
    """
    lanes = math.gcd(logits.shape[-1], 128)
    return jnp.max(jnp.max(logits.reshape(*logits.shape[:-1], -1, lanes), axis=-2), axis=-1)


def lane_parts(
    logits: Float[Array, "*tokens piece"], base: Float[Array, "*tokens"], width: int
) -> tuple[Float[Array, "*tokens"], ...]:
    """Σ e^u without its ones, their number, Σ u e^u, Σ e^{2u} without its ones, Σ u e^{2u}; u = z - base <= 0.

    The same numbers as `core.probes.tokens.plain_parts`, in powers of two: t = u log2 e, e^u = 2^t.

    >>> parts = jax.jit(lane_parts, static_argnums=2)(np.zeros((1, 8)), np.full(1, math.log(2)), 8)  # u = -log 2 each
    >>> [round(part.item(), 4) for part in parts]
    [4.0, 0.0, -2.7726, 2.0, -1.3863]
    """
    whole = logits.shape[-1] // width * width

    def strips(columns: Float[Array, "*tokens width"], groups: int) -> tuple[Float[Array, "*tokens lanes"], ...]:
        u = columns.astype(base.dtype) - base[..., None]
        t = jnp.maximum(u * jnp.asarray(math.log2(math.e), u.dtype), LEAST)
        # Without the barrier XLA computes it anew for each of the sums
        below = lax.optimization_barrier(jnp.where(t == 0, 0, power_of_two(t)))
        lanes = columns.shape[-1] // groups

        def added(values: Float[Array, "*tokens width"]) -> Float[Array, "*tokens lanes"]:
            return reduce(jnp.add, [values[..., k * lanes : (k + 1) * lanes] for k in range(groups)])

        ones = (t == 0).astype(u.dtype)
        return tuple(added(values) for values in (below, ones, t * below, below * below, t * below * below))

    def one_tile(sums: tuple[Array, ...], start: Array) -> tuple[tuple[Array, ...], None]:
        tile = lax.dynamic_slice_in_dim(logits, start * width, width, axis=-1)
        return jax.tree.map(jnp.add, sums, strips(tile, GROUPS)), None

    # of the type of the logits under `shard_map`: varying where they vary
    nothing = jnp.zeros_like(logits[..., : width // GROUPS], base.dtype)
    over_tiles = lax.scan(one_tile, (nothing,) * 5, jnp.arange(whole // width))[0]
    rest = strips(logits[..., whole:], 1)
    below, ones, first, square, first_square = (
        jnp.sum(lanes, axis=-1) + jnp.sum(end, axis=-1) for lanes, end in zip(over_tiles, rest, strict=True)
    )
    return below, ones, math.log(2) * first, square, math.log(2) * first_square
