import jax
import numpy as np
import pytest

from core.trees.bits import dyadic
from core.trees.forest import _numbers_under, decide, default_cut, root_words
from core.trees.law import Law, Shape
from tests.compiled import compiled

simulate = compiled(root_words, static_argnums=2, static_argnames="cut")
NOISY = Law(leaf=dyadic(3, 2), flip=dyadic(1, 2), correlation=dyadic(1, 2))


def word_indices(count, first=0):
    return np.arange(first, first + count, dtype=np.uint32)


def recursive_vote(level, position, leaves, flips, same, fan_in, offsets, widths):
    """One tree, one vote, one bit: what a node at `position` of `level` says, by the definition of the tree."""
    if level == 0:
        return leaves[position]
    heard = []
    for child in range(fan_in):
        below = child * widths[level] + position
        said = recursive_vote(level - 1, below, leaves, flips, same, fan_in, offsets, widths)
        heard.append(said ^ flips[offsets[level - 1] + below])
    deciders_before = offsets[level] - offsets[1]
    return heard[0] if same[deciders_before + position] else int(sum(heard) > fan_in / 2)


@pytest.mark.parametrize(("fan_in", "levels"), [(3, 3), (5, 2), (1, 3), (3, 0), (7, 1)])
def test_a_decision_follows_the_definition_bit_by_bit(fan_in, levels):
    widths = [fan_in ** (levels - level) for level in range(levels + 1)]
    offsets = np.concatenate([[0], np.cumsum(widths)])
    rng = np.random.default_rng(fan_in)
    sizes = (widths[0], sum(widths[:-1]), sum(widths[1:]))
    leaves, flips, same = (rng.integers(0, 2**32, (size, 2), dtype=np.uint32) for size in sizes)
    decided = compiled(decide, static_argnums=(3, 4))(leaves, flips, same, fan_in, levels)
    for word in range(2):
        for bit in range(32):
            one = [array[:, word] >> bit & 1 for array in (leaves, flips, same)]
            expected = recursive_vote(levels, 0, *one, fan_in, offsets, widths)
            assert decided[word] >> bit & 1 == expected


def test_the_cut_does_not_change_a_single_tree():
    roots = [simulate(jax.random.key(1), NOISY, Shape(3, 3), word_indices(8), cut=cut) for cut in (0, 2, 3)]
    assert len({np.asarray(words).tobytes() for words in roots}) == 1


def test_the_default_cut_bounds_both_halves():
    assert default_cut(Shape(3, 6)) == 6
    assert default_cut(Shape(3, 12)) == 8
    assert default_cut(Shape(3, 20)) == 10
    assert default_cut(Shape(1001, 2)) == 1
    assert default_cut(Shape(3, 0)) == 0


def test_every_node_has_its_own_number_however_the_tree_is_cut():
    shape, inner = Shape(3, 5), sum(3**level for level in range(5))
    for cut in range(1, 5):
        roots = np.arange(3 ** (5 - cut))[:, None]
        below = _numbers_under(shape, range(1, cut + 1), cut)[None] + roots
        above = _numbers_under(shape, range(cut + 1, 6), 5)
        assert sorted([*below.ravel(), *above]) == list(range(inner))
        leaves = _numbers_under(shape, range(1), cut)[None] + roots
        assert sorted(leaves.ravel()) == list(range(3**5))


def test_a_tree_depends_on_its_index_alone():
    key, shape = jax.random.key(7), Shape(3, 3)
    many = simulate(key, NOISY, shape, word_indices(16))
    assert np.array_equal(simulate(key, NOISY, shape, word_indices(8)), many[:8])
    assert np.array_equal(simulate(key, NOISY, shape, word_indices(8, first=8)), many[8:])
    assert not np.array_equal(simulate(jax.random.key(8), NOISY, shape, word_indices(8)), many[:8])


@pytest.mark.parametrize("depth", [0, 3])
def test_noiseless_limits(depth):
    key, words, shape = jax.random.key(0), word_indices(8), Shape(3, depth)
    assert (simulate(key, Law(dyadic(1, 0)), shape, words) == 0xFFFFFFFF).all()
    assert not simulate(key, Law(dyadic(0, 0)), shape, words).any()
    certain_flip = simulate(key, Law(dyadic(1, 0), flip=dyadic(1, 0)), shape, words)
    assert (certain_flip == (0xFFFFFFFF if depth % 2 == 0 else 0)).all()


def test_full_correlation_relays_the_first_leaf():
    """With ρ = 1 and no flips the root says what leaf 0 said, whatever the depth."""
    key, words, law = jax.random.key(4), word_indices(8), Law(dyadic(3, 3), correlation=dyadic(1, 0))
    chain = simulate(key, law, Shape(1, 1), words)
    assert np.array_equal(simulate(key, law, Shape(3, 3), words), chain)


def test_a_cut_outside_the_tree_is_refused():
    with pytest.raises(ValueError, match="cut"):
        simulate(jax.random.key(0), NOISY, Shape(3, 2), word_indices(1), cut=3)
