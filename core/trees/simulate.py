"""How many voting trees decide correctly: exact counts, in bounded memory, the same on any number of devices."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, ArrayLike, Int, Key, UInt32

from core.trees.bits import count_ones
from core.trees.forest import default_cut, root_words
from core.trees.law import Law, Shape, require_shape
from core.trees.threefry import require_threefry

WORDS_AT_ONCE = 2**18  # of leaves: 1 MiB, which a core's cache holds
MOST_WORDS = 2**26 - 1  # of 32 trees, so that a count fits int32


def simulate_words(
    key: Key[Array, ""],
    law: Law,
    shape: Shape,
    words: int,
    *,
    first: int | Int[Array, ""] | UInt32[Array, ""] = 0,
    block: int | None = None,
) -> Int[Array, ""]:
    """Of the 32 * words trees from word `first` on, how many roots decide correctly. Jittable; exact.

    The same words of trees give the same count in one call or in many: counts over [0, n) and [n, 2n) add up to that
    over [0, 2n).

    Args:
        key: one typed threefry key.
        law: the noise; under jit the numerators may be traced, the numbers of bits are static.
        shape: fan-in and depth, static.
        words: how many words of 32 trees, static.
        first: index of the first word.
        block: words simulated together. It changes speed and memory, never the count; the default suits a CPU's
            cache, and an accelerator wants it 64 times larger.

    >>> from core.trees.bits import dyadic
    >>> law = Law(leaf=dyadic(5, 3), flip=dyadic(1, 4), correlation=dyadic(1, 3))  # p_0 = 5/8, γ = 7/8, ρ = 1/8
    >>> correct = simulate_words(jax.random.key(0), law, Shape(fan_in=3, depth=4), words=1000)
    >>> round(int(correct) / 32000, 2)  # exact: 0.7767
    0.77
    """
    _require(key, shape, words, block)
    return _count(key, law, shape, jnp.uint32(first), jnp.uint32(words), words, block)


def simulate_sharded(
    mesh: Mesh,
    key: Key[Array, ""],
    law: Law,
    shape: Shape,
    words: int,
    *,
    first: int | Int[Array, ""] | UInt32[Array, ""] = 0,
    block: int | None = None,
    axis: str = "trees",
) -> Int[Array, ""]:
    """`simulate_words` with the trees spread over one axis of a mesh: the same integer on any number of devices.

    >>> from core.run.mesh import device_mesh
    >>> from core.trees.bits import dyadic
    >>> certain, mesh, shape = Law(leaf=dyadic(1, 0)), device_mesh(), Shape(fan_in=3, depth=1)
    >>> correct = jax.jit(lambda key: simulate_sharded(mesh, key, certain, shape, words=2, axis="devices"))
    >>> int(correct(jax.random.key(0)))
    64
    """
    _require(key, shape, words, block)
    if axis not in mesh.shape:
        raise ValueError(f"axis must name an axis of the mesh, {tuple(mesh.shape)}, got {axis!r}")
    share = -(-words // mesh.shape[axis])

    @partial(jax.shard_map, mesh=mesh, in_specs=PartitionSpec(), out_specs=PartitionSpec())
    def count(key, law, first):
        start = lax.axis_index(axis).astype(jnp.uint32) * jnp.uint32(share)
        mine = jnp.clip(jnp.int32(words) - start.astype(jnp.int32), 0, share).astype(jnp.uint32)
        return lax.psum(_count(key, law, shape, first + start, mine, share, block), axis)

    return count(key, law, jnp.uint32(first))


def _count(key, law: Law, shape: Shape, first: Array, alive: Array, words: int, block: int | None) -> Int[Array, ""]:
    """Correct roots among the first `alive` of `words` words, block by block."""
    leaves = shape.fan_in ** default_cut(shape)
    block = min(words, block or max(16, 1 << (WORDS_AT_ONCE // leaves).bit_length() - 1))

    def count_block(start: UInt32[Array, ""]) -> Int[Array, ""]:
        place = start + lax.iota(jnp.uint32, block)
        roots = root_words(key, law, shape, first + place)
        return count_ones(jnp.where(place < alive, roots, jnp.uint32(0)))

    starts = jnp.arange(-(-words // block), dtype=jnp.uint32) * jnp.uint32(block)
    return jnp.sum(lax.map(count_block, starts), dtype=jnp.int32)


def _require(key: ArrayLike, shape: Shape, words: int, block: int | None) -> None:
    require_threefry(key)
    require_shape(shape)
    for name, value in (("words", words), ("block", words if block is None else block)):
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_WORDS:
            raise ValueError(f"{name} must be an int from 1 to 2**26 - 1 (a count must fit int32), got {value!r}")
