from fractions import Fraction
from itertools import product

import jax
import numpy as np
import pytest

from core.trees.bits import Dyadic, dyadic
from core.trees.law import Law, Shape, first_number, leaf_as_received, require_shape


def fraction(probability):
    return Fraction(int(probability.numerator), 2**probability.bits)


def test_the_received_leaf_is_the_exact_mixture():
    everything = [dyadic(k, q) for q in range(4) for k in range(2**q + 1)]
    for leaf, flip in product(everything, everything):
        p, f = fraction(leaf), fraction(flip)
        received = leaf_as_received(Law(leaf, flip))
        assert fraction(received) == p * (1 - f) + (1 - p) * f
        assert received.bits <= max(leaf.bits + flip.bits - 1, leaf.bits, flip.bits, 0)


def test_traced_numerators_give_the_same_probability():
    def traced(leaf, flip):
        return leaf_as_received(Law(Dyadic(leaf, 3), Dyadic(flip, 4)))

    received = jax.jit(traced)
    for leaf, flip in [(0, 0), (8, 16), (3, 5), (7, 11), (1, 16)]:
        expected = fraction(leaf_as_received(Law(dyadic(leaf, 3), dyadic(flip, 4))))
        assert fraction(received(np.uint32(leaf), np.uint32(flip))) == expected


def test_levels_are_numbered_without_gap_or_overlap():
    shape = Shape(5, 4)
    for level in range(1, 4):
        assert first_number(shape, level + 1) == first_number(shape, level) + 5 ** (4 - level)
    assert first_number(shape, 1) == 0


@pytest.mark.parametrize(
    "shape", [Shape(4, 2), Shape(-3, 2), Shape(3, -1), Shape(3, 21), Shape(3, 10**9), Shape(2**31 + 1, 2)]
)
def test_an_impossible_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"fan_in|depth|leaves"):
        require_shape(shape)


def test_the_deepest_trees_that_fit_are_accepted():
    require_shape(Shape(3, 20))
    require_shape(Shape(1, 40))
    require_shape(Shape(2**32 - 1, 1))
