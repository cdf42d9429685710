"""Thirty-two independent trials in one word: Bernoulli bits, majorities and counts by logic alone.

Bit i of every word belongs to trial i. A small number a trial is held in *planes*: word j carries digit j of all 32
numbers. Both a Bernoulli draw and a majority then are one comparison, `planes_below`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import Tracer
from jaxtyping import Array, Int, Key, UInt32

from core.trees.threefry import Words, split_keys, threefry_block

EVERY_BIT = np.uint32(0xFFFFFFFF)
ADDED_AT_ONCE = 128  # voters summed in one unrolled piece of code; a thousand would take XLA 20 s to compile
Numerator = int | np.integer | Int[Array, ""] | UInt32[Array, ""]


@partial(jax.tree_util.register_dataclass, data_fields=["numerator"], meta_fields=["bits"])
@dataclass(frozen=True)
class Dyadic:
    """A probability numerator / 2^bits, which `bits` fair coin flips draw exactly.

    Under `jax.jit` the numerator may vary without a new compilation; `bits` is part of the program. Build it with
    `dyadic`, which checks.
    """

    numerator: Numerator
    bits: int = field(metadata={"static": True})


def dyadic(numerator: Numerator, bits: int) -> Dyadic:
    """The probability numerator / 2^bits.

    A Python numerator is brought to lowest terms, for a bit dropped is a random word saved. A JAX array keeps its bits,
    so that a sweep over numerators is one program.

    >>> dyadic(24, 6)
    Dyadic(numerator=3, bits=3)
    """
    if isinstance(bits, bool) or not isinstance(bits, int) or not 0 <= bits <= 31:
        raise ValueError(f"bits must be a Python int from 0 to 31, got {bits!r}")
    if not isinstance(numerator, Tracer) and not 0 <= int(numerator) <= 2**bits:
        raise ValueError(f"numerator must lie in 0 .. 2**bits = {2**bits}, got {int(numerator)}")
    if isinstance(numerator, Array):
        return Dyadic(numerator.astype(jnp.uint32), bits)
    numerator = int(numerator)
    if numerator == 0:
        return Dyadic(0, 0)
    spare = min(bits, (numerator & -numerator).bit_length() - 1)
    return Dyadic(numerator >> spare, bits - spare)


def bernoulli_words(key: Key[Array, ""], high: Words, low: Words, probability: Dyadic) -> Words:
    """Words at the addresses (high, low) whose bits are 1 with exactly `probability`, all independent.

    A uniform `bits`-digit number falls below the numerator. Random words come in pairs, so that odd `bits` cost as
    much as the next even number.

    >>> rows, draw = np.arange(4, dtype=np.uint32)[:, None], jax.jit(bernoulli_words, static_argnums=3)
    >>> words = draw(jax.random.key(0), rows, rows.T, dyadic(3, 3))  # each bit is 1 with probability 3/8
    >>> words.shape, float(count_ones(words)) / (32 * 16)
    ((4, 4), 0.365234375)
    """
    pairs = split_keys(key, (probability.bits + 1) // 2)
    digits = [word for pair in pairs for word in threefry_block(pair, high, low)][: probability.bits]
    below = planes_below(digits, probability.numerator)
    return jnp.broadcast_to(below, jnp.broadcast_shapes(high.shape, low.shape))


def planes_below(planes: Sequence[Words], threshold: Numerator) -> Words:
    """1 where the number, whose digit j (lowest first) is in `planes[j]`, is below `threshold`.

    Digit by digit from the lowest: a larger digit decides, an equal one leaves what was. That is the majority of
    three of (below so far, not the plane, the threshold's digit).

    >>> planes = [jnp.uint32(0b1010), jnp.uint32(0b1100)]  # 0, 1, 2, 3 at the bits 0, 1, 2, 3
    >>> bin(planes_below(planes, 2) & 0b1111)
    '0b11'
    """
    threshold = jnp.asarray(threshold).astype(jnp.uint32)
    below = jnp.uint32(0)
    for place, plane in enumerate(planes):
        digit = _spread(threshold >> np.uint32(place) & np.uint32(1))
        below = (below & ~plane) | (digit & (below | ~plane))
    return below | _spread((threshold >> np.uint32(len(planes)) != 0).astype(jnp.uint32))


def majority_words(votes: UInt32[Array, "voters *shape"]) -> UInt32[Array, "*shape"]:
    """1 where more than half of an odd number of votes are 1; f_b of the trees, 32 at a time.

    Carry-save adders (x + y + z = sum + 2 carry) sum the voters into planes with about five operations a vote.

    >>> [int(majority_words(jnp.array(votes, jnp.uint32))) for votes in ([0b011, 0b101, 0b001], [1, 0, 0, 1, 1])]
    [1, 1]
    """
    voters = votes.shape[0]
    require_odd(voters, "votes.shape[0]")
    if voters == 3:
        x, y, z = votes
        return (x & y) | (z & (x ^ y))
    return ~planes_below(count_planes(votes), (voters + 1) // 2)


def count_planes(votes: UInt32[Array, "voters *shape"]) -> list[UInt32[Array, "*shape"]]:
    """The number of ones among the votes at each bit, as planes, lowest digit first.

    >>> [bin(plane) for plane in count_planes(jnp.array([0b011, 0b101, 0b001], jnp.uint32))]  # 3, 1, 1 ones
    ['0b111', '0b1']
    """
    voters, *shape = votes.shape
    if voters <= ADDED_AT_ONCE:
        return _carry_save([list(votes)])
    padding = [(0, -voters % ADDED_AT_ONCE)] + [(0, 0)] * len(shape)
    groups = jnp.pad(votes, padding).reshape(-1, ADDED_AT_ONCE, *shape)
    return _carry_save([list(plane) for plane in lax.map(count_planes, groups)])


def _carry_save(columns: list[list[Words]]) -> list[Words]:
    """One plane a column of equal weight, by x + y + z = sum + 2 carry; column j weighs 2^j."""
    planes, carried = [], []
    while columns or carried:
        column, *columns = columns or [[]]
        column, carried = column + carried, []
        while len(column) > 1:
            x, y, *column = column
            z, *column = column or [jnp.uint32(0)]
            column.append(x ^ y ^ z)
            carried.append((x & y) | (z & (x ^ y)))
        planes += column
    return planes


def count_ones(words: Words) -> Int[Array, ""]:
    """How many bits are 1, exact below 2^31.

    >>> int(count_ones(jnp.array([0b111, 0b100], jnp.uint32)))
    4
    """
    return jnp.sum(lax.population_count(words).astype(jnp.int32), dtype=jnp.int32)


def require_odd(voters: int, name: str) -> None:
    """Raise unless `voters` is odd: only then is a majority always decided.

    >>> require_odd(4, "voters")
    Traceback (most recent call last):
    ValueError: voters must be an odd positive int, got 4
    """
    if isinstance(voters, bool) or not isinstance(voters, int) or voters < 1 or voters % 2 == 0:
        raise ValueError(f"{name} must be an odd positive int, got {voters!r}")


def _spread(bit: UInt32[Array, ""]) -> UInt32[Array, ""]:
    """0 to no bit, 1 to every bit."""
    return bit * EVERY_BIT
