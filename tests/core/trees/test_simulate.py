from functools import partial

import jax
import numpy as np
import pytest
from scipy import stats

from core.trees.bits import Dyadic, dyadic
from core.trees.forest import root_words
from core.trees.law import Law, Shape
from core.trees.simulate import simulate_sharded, simulate_words
from tests.compiled import compiled

NOISY = Law(leaf=dyadic(3, 2), flip=dyadic(1, 2), correlation=dyadic(1, 2))


def exact_success(shape, leaf, flip, correlation):
    """The chance of a correct root in probabilities and binomial sums: no bias coordinates, no integrals."""
    for _ in range(shape.depth):
        leaf = leaf * (1 - flip) + (1 - leaf) * flip
        leaf = correlation * leaf + (1 - correlation) * stats.binom.sf(shape.fan_in // 2, shape.fan_in, leaf)
    return leaf


def settings(count, seed):
    """Numerators over 2^4 of trees whose root is neither almost surely right nor wrong."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.integers(2, 15, count), rng.integers(0, 7, count), rng.integers(0, 13, count)], 1)


WORDS = 2000
EXPERIMENTS = [(Shape(3, 4), settings(70, 1)), (Shape(11, 2), settings(70, 2))]


@pytest.fixture(scope="module")
def counts():
    """Correct roots of 140 settings, each with its own key."""

    def simulate(shape, setting):
        key, numerators = setting
        leaf, flip, correlation = (Dyadic(n, 4) for n in numerators)
        return simulate_words(key, Law(leaf, flip, correlation), shape, WORDS)

    results = []
    for shape, numerators in EXPERIMENTS:
        keys = jax.random.split(jax.random.key(shape.fan_in), len(numerators))
        run = compiled(partial(jax.lax.map, partial(simulate, shape)))
        results.append(run((keys, tuple(numerators.T.astype(np.uint32)))))
    return results


def pooled_chance(counts, wrong_flip=0.0):
    """The chance of at least this sum of squared z-scores if the trees follow the exact recursion."""
    scores = []
    for (shape, numerators), observed in zip(EXPERIMENTS, counts, strict=True):
        leaf, flip, correlation = numerators.T / 2**4
        p, trees = exact_success(shape, leaf, flip + wrong_flip, correlation), 32 * WORDS
        usable = trees * np.minimum(p, 1 - p) > 100  # else a normal score is a bad score
        scores.append(((observed - trees * p) / np.sqrt(trees * p * (1 - p)))[usable])
    scores = np.concatenate(scores)
    assert scores.size >= 100
    return stats.chi2.sf(np.sum(scores**2), scores.size), scores


def test_trees_follow_the_exact_recursion(counts):
    chance, scores = pooled_chance(counts)
    assert 1e-4 < chance < 1 - 1e-4
    assert abs(scores.mean()) * np.sqrt(scores.size) < 4
    assert np.abs(scores).max() < 4.5


def test_a_flip_wrong_by_one_in_256_is_seen(counts):
    assert pooled_chance(counts, wrong_flip=1 / 256)[0] < 1e-6


def in_blocks(key, first):
    """Eight words from the given one on, of which the last block is not full."""
    run = compiled(simulate_words, static_argnames=("shape", "words", "block"))
    return int(run(key, NOISY, Shape(3, 3), 8, block=3, first=first))


def test_static_and_traced_laws_count_alike():
    """In lowest terms already, so that both use the same random words."""
    static = compiled(lambda key: simulate_words(key, NOISY, Shape(3, 3), 8, block=3))
    assert in_blocks(jax.random.key(3), 0) == static(jax.random.key(3))


def test_blocks_and_pieces_add_up_to_the_same_trees():
    key = jax.random.key(5)
    roots = compiled(root_words, static_argnums=2)(key, NOISY, Shape(3, 3), np.arange(16, dtype=np.uint32))
    halves = [np.bitwise_count(half).sum() for half in np.split(roots, 2)]
    assert [in_blocks(key, first) for first in (0, 8)] == halves
    assert halves[0] != halves[1]


def test_counts_map_over_laws_and_keys():
    def count(key, leaf):
        return simulate_words(key, Law(Dyadic(leaf, 2), dyadic(1, 2)), Shape(3, 2), 20)

    keys, leaves = jax.random.split(jax.random.key(0), 3), np.array([1, 2, 3], np.uint32)
    mapped = compiled(jax.vmap(count))(keys, leaves)
    one_by_one = compiled(partial(jax.lax.map, lambda one: count(*one)))((keys, leaves))
    assert mapped.tolist() == one_by_one.tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"words": 0}, "words"),
        ({"words": 2**26}, "words"),
        ({"words": 2.5}, "words"),
        ({"block": 0}, "block"),
        ({"shape": Shape(4, 2)}, "fan_in"),
        ({"key": jax.random.key(0, impl="rbg")}, "key"),
    ],
)
def test_bad_input_is_refused(change, message):
    good = {"key": jax.random.key(0), "law": NOISY, "shape": Shape(3, 2), "words": 4}
    with pytest.raises((ValueError, TypeError), match=message):
        simulate_words(**{**good, **change})


def test_an_axis_that_the_mesh_lacks_is_refused():
    mesh = jax.make_mesh((1,), ("seeds",), axis_types=(jax.sharding.AxisType.Auto,))
    with pytest.raises(ValueError, match="axis"):
        simulate_sharded(mesh, jax.random.key(0), NOISY, Shape(3, 2), 4)
