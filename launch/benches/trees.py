"""Voting trees: our bit-sliced Monte Carlo against plain NumPy, over the fan-in."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from core.trees.bits import dyadic
from core.trees.law import Law, Shape
from core.trees.simulate import simulate_words
from core.trees.threefry import threefry_block
from launch.bench import Line

LAW = Law(leaf=dyadic(37, 6), flip=dyadic(1, 3), correlation=dyadic(1, 3))  # leaf 37/64, γ = 3/4, ρ = 1/8
SHAPES = (Shape(3, 7), Shape(5, 5), Shape(11, 3), Shape(31, 2), Shape(101, 2))


def lines(quick: bool) -> list[Line]:
    """One line a fan-in; the peer does as many votes, in float32, as its memory allows at once."""
    return [_line(shape, 64 if quick else 4096) for shape in SHAPES]


def _line(shape: Shape, words: int) -> Line:
    leaves = shape.fan_in**shape.depth
    words = max(8, words * 2187 // leaves)
    trees = max(1, min(32 * words, 20_000_000 // leaves))
    count = jax.jit(partial(simulate_words, law=LAW, shape=shape, words=words))
    key = jax.random.key(0)

    def ours() -> float:
        return float(count(key)) / (32 * words)

    def peer() -> float:
        repeats = -(-32 * words // trees)  # the same number of votes
        return float(np.mean([_plain(shape, trees, seed) for seed in range(repeats)]))

    return Line(
        f"trees b={shape.fan_in} L={shape.depth}",
        "ns per leaf-vote",
        32.0 * words * leaves,
        ours,
        peer,
        "NumPy float32",
        lambda a, b: abs(a - b) < 6 / np.sqrt(32 * words),
        _random_words(shape, 32.0 * words * leaves),
    )


def _plain(shape: Shape, trees: int, seed: int) -> float:
    """The share of right roots, the way one writes it first."""
    rng = np.random.default_rng(seed)
    votes = rng.random((trees, shape.fan_in**shape.depth), np.float32) < 37 / 64
    for _ in range(shape.depth):
        votes ^= rng.random(votes.shape, np.float32) < 1 / 8
        heard = votes.reshape(trees, -1, shape.fan_in)
        majority = heard.sum(axis=2) > shape.fan_in // 2
        same = rng.random(majority.shape, np.float32) < 1 / 8
        votes = np.where(same, heard[:, :, 0], majority)
    return float(votes.mean())


def _random_words(shape: Shape, votes: float) -> Callable[[], jax.Array]:
    """The limit: only the random words that the work needs, 32 trials each, summed and thrown away.

    The leaf with its channel takes 8 bits a vote; the flips and the common causes of the b-fold fewer nodes above take
    3 each, and words come in pairs.
    """
    words = int(votes / 32 * (8 + 4 / shape.fan_in + 4 / shape.fan_in))
    block = 2**16
    key = jax.random.key(0)

    @jax.jit
    def draw() -> jax.Array:
        def one(i: jax.Array) -> jax.Array:
            a, b = threefry_block(key, jnp.full(block, i, jnp.uint32), jax.lax.iota(jnp.uint32, block))
            return jnp.sum(a ^ b, dtype=jnp.uint32)

        return jnp.sum(jax.lax.map(one, jnp.arange(max(1, words // (2 * block)), dtype=jnp.uint32)), dtype=jnp.uint32)

    return lambda: draw().block_until_ready()
