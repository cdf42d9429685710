"""What a voting tree is made of: its shape and the three dyadic probabilities of its noise."""

from typing import NamedTuple

from core.trees.bits import Dyadic, dyadic, require_odd

MOST_LEAVES = 2**32  # a leaf's number is half of a random word's address; other nodes are fewer
NEVER = Dyadic(0, 0)


class Shape(NamedTuple):
    """A regular tree: `depth` levels of nodes that each hear `fan_in` votes, so fan_in^depth leaves."""

    fan_in: int  # b, odd; 1 is the chain, which only relays
    depth: int  # L; 0 is a lone leaf


class Law(NamedTuple):
    """The noise of a tree.

    Attributes:
        leaf: a leaf votes correctly, (1 + μ_0)/2.
        flip: a message arrives inverted, (1 - γ)/2.
        correlation: all votes that enter a node are one and the same vote, ρ.
    """

    leaf: Dyadic
    flip: Dyadic = NEVER
    correlation: Dyadic = NEVER


def leaf_as_received(law: Law) -> Dyadic:
    """A leaf's vote after the first channel as one draw: its bias is γ μ_0.

    With leaf k/2^q and flip j/2^r that takes q + r - 1 bits, one less than two draws.

    >>> leaf_as_received(Law(leaf=dyadic(3, 2), flip=dyadic(1, 3)))  # 3/4 * 7/8 + 1/4 * 1/8
    Dyadic(numerator=11, bits=4)
    """
    leaf, flip = _with_a_bit(law.leaf), _with_a_bit(law.flip)
    half_leaf, half_flip = 1 << (leaf.bits - 1), 1 << (flip.bits - 1)
    product = (leaf.numerator - half_leaf) * (half_flip - flip.numerator)
    return dyadic(half_leaf * half_flip + product, leaf.bits + flip.bits - 1)


def require_shape(shape: Shape) -> None:
    """Raise unless the fan-in is odd and all nodes together can be numbered in 32 bits.

    >>> require_shape(Shape(fan_in=3, depth=21))
    Traceback (most recent call last):
    ValueError: a tree must have at most 2**32 leaves, got Shape(fan_in=3, depth=21)
    """
    require_odd(shape.fan_in, "shape.fan_in")
    if isinstance(shape.depth, bool) or not isinstance(shape.depth, int) or shape.depth < 0:
        raise ValueError(f"shape.depth must be an int >= 0, got {shape.depth!r}")
    if shape.depth * (shape.fan_in - 1).bit_length() > 64 or shape.fan_in**shape.depth > MOST_LEAVES:
        raise ValueError(f"a tree must have at most 2**32 leaves, got {shape}")


def first_number(shape: Shape, level: int) -> int:
    """The least number of a node at `level`. Leaves, level 0, count for themselves; nodes count on from level 1.

    >>> [first_number(Shape(fan_in=3, depth=3), level) for level in (1, 2, 3)]  # after 9 nodes, after 3 more
    [0, 9, 12]
    """
    return sum(shape.fan_in ** (shape.depth - below) for below in range(1, level))


def _with_a_bit(probability: Dyadic) -> Dyadic:
    return probability if probability.bits else Dyadic(2 * probability.numerator, 1)
