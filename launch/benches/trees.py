"""Voting trees: our bit-sliced Monte Carlo against NumPy, plain and bit-sliced."""

from collections.abc import Callable, Iterator
from functools import partial

import jax
import numpy as np

from core.trees.bits import dyadic
from core.trees.law import Law, Shape
from core.trees.simulate import simulate_words
from launch.limits import random_words
from launch.measure import Curve, Line, Peer

LAW = Law(leaf=dyadic(37, 6), flip=dyadic(1, 3), correlation=dyadic(1, 3))  # leaf 37/64, γ = 3/4, ρ = 1/8
SHAPES = (Shape(3, 7), Shape(5, 5), Shape(11, 3), Shape(31, 2), Shape(101, 2))


def lines(quick: bool) -> Iterator[Line]:
    """One line a fan-in, the idea without a compiler, and the growth with the depth."""
    words = 64 if quick else 4096
    yield from (_line(shape, words) for shape in SHAPES)
    yield _against_bits(words)
    yield from (_growth(Shape(3, depth), words) for depth in range(5, 8 if quick else 11))


def _counting(shape: Shape, words: int) -> Callable[[], float]:
    count, key = jax.jit(partial(simulate_words, law=LAW, shape=shape, words=words)), jax.random.key(0)
    return lambda: float(count(key)) / (32 * words)


def _line(shape: Shape, words: int) -> Line:
    leaves = shape.fan_in**shape.depth
    words = max(8, words * 2187 // leaves)
    votes = 32.0 * words * leaves
    trees = max(1, min(32 * words, 2_000_000 // leaves))
    within = partial(_same_share, trees=trees)
    return Line(
        f"trees b={shape.fan_in} L={shape.depth}",
        "ns per leaf-vote",
        votes,
        _counting(shape, words),
        Peer("NumPy float32", lambda: _plain(shape, trees), within, float(trees * leaves)),
        # the leaf with its channel takes 8 bits a vote, the flips and common causes of the b-fold fewer nodes above 3
        # each; words come in pairs
        random_words(votes / 32 * (8 + 4 / shape.fan_in + 4 / shape.fan_in)),
        "≥ 40x; 2e9 votes/s" if shape.fan_in == 3 else "≥ 40x",
        Curve("tree Monte Carlo, a vote", "fan-in b", shape.fan_in, 0.0),
    )


def _same_share(ours: float, theirs: float, trees: int) -> bool:
    return abs(ours - theirs) < 6 / np.sqrt(trees)


def _plain(shape: Shape, trees: int) -> float:
    """The share of right roots, the way one writes it first."""
    rng = np.random.default_rng(0)
    votes = rng.random((trees, shape.fan_in**shape.depth), np.float32) < 37 / 64
    for _ in range(shape.depth):
        votes ^= rng.random(votes.shape, np.float32) < 1 / 8
        heard = votes.reshape(trees, -1, shape.fan_in)
        majority = heard.sum(axis=2) > shape.fan_in // 2
        same = rng.random(majority.shape, np.float32) < 1 / 8
        votes = np.where(same, heard[:, :, 0], majority)
    return float(votes.mean())


def _against_bits(words: int) -> Line:
    shape = Shape(3, 7)
    few = max(1, words // 8)
    return Line(
        "trees bits b=3 L=7",
        "ns per leaf-vote",
        32.0 * words * 3**7,
        _counting(shape, words),
        Peer("NumPy, 64 trees a word", lambda: _sliced(few), partial(_same_share, trees=32 * few), 32.0 * few * 3**7),
    )


def _sliced(words: int) -> float:
    """The same in NumPy with 64 trees in a word: what the idea gives without a compiler."""
    rng, columns = np.random.default_rng(0), max(1, words // 2)

    def bernoulli(numerator: int, bits: int, rows: int) -> np.ndarray:
        below = np.zeros((rows, columns), np.uint64)
        for place in range(bits):
            plane = rng.integers(0, 2**64, (rows, columns), np.uint64)
            below = (~plane | below) if numerator >> place & 1 else (below & ~plane)
        return below

    votes = bernoulli(37, 6, 3**7)
    while len(votes) > 1:
        x, y, z = (votes ^ bernoulli(1, 3, len(votes))).reshape(3, -1, columns)
        majority = (x & y) | (z & (x ^ y))
        votes = majority ^ (bernoulli(1, 3, len(x)) & (majority ^ x))
    return float(np.bitwise_count(votes).sum()) / (64 * columns)


def _growth(shape: Shape, words: int) -> Line:
    votes = 32.0 * words * 3**shape.depth / 16
    return Line(
        f"trees growth L={shape.depth}",
        "ns per leaf-vote",
        votes,
        _counting(shape, max(1, words // 16)),
        curve=Curve("tree Monte Carlo", "leaves", 3.0**shape.depth, 1.0),
    )
