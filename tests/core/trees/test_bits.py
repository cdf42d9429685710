import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from core.trees import bits
from core.trees.bits import (
    Dyadic,
    bernoulli_words,
    count_ones,
    dyadic,
    majority_words,
    planes_below,
)
from tests.compiled import compiled


def unpack(words):
    """The bits of uint32 words on a new last axis, by NumPy's own unpacking."""
    bits = np.unpackbits(np.ascontiguousarray(words).view(np.uint8), bitorder="little")
    return bits.reshape(*words.shape, 32)


def random_words(seed, shape):
    return np.random.default_rng(seed).integers(0, 2**32, shape, dtype=np.uint32)


@pytest.mark.parametrize("voters", [1, 3, 5, 7, 9, 11, 31, 101])
def test_majority_equals_brute_force(voters):
    words = random_words(voters, (voters, 2, 40))
    expected = unpack(words).sum(0, dtype=int) > voters // 2
    assert np.array_equal(unpack(compiled(majority_words)(words)), expected)


@pytest.mark.parametrize(("voters", "at_once"), [(7, 128), (8, 128), (8, 8), (9, 4), (29, 8)])
def test_planes_hold_the_count_however_the_voters_are_grouped(voters, at_once, monkeypatch):
    monkeypatch.setattr(bits, "ADDED_AT_ONCE", at_once)
    words = random_words(voters, (voters, 40))
    planes = compiled(lambda votes: jnp.stack(bits.count_planes(votes)))(words)
    digits = unpack(planes).astype(int)
    assert np.array_equal(np.tensordot(2 ** np.arange(len(digits)), digits, 1), unpack(words).sum(0, dtype=int))


def test_majority_of_every_vote_of_seven():
    """All 128 ballots, four words of them: nothing is left to chance."""
    ballots = np.array(list(itertools.product([0, 1], repeat=7)), np.uint8)
    words = np.packbits(ballots.T.copy(), axis=1, bitorder="little").view(np.uint32)
    assert np.array_equal(unpack(compiled(majority_words)(words)).ravel(), ballots.sum(1) > 3)


def test_ones_are_counted():
    words = random_words(1, (3, 50))
    assert count(words) == unpack(words).sum()


@pytest.mark.parametrize("flips", [0, 1, 2, 5])
def test_a_draw_is_exactly_dyadic(flips):
    """Over all 2^flips outcomes of the fair flips exactly k are ones, for each k, the ends included."""
    outcomes = np.arange(2**flips)
    planes = [np.where(outcomes >> j & 1, 0xFFFFFFFF, 0).astype(np.uint32) for j in range(flips)]
    below = jax.vmap(lambda planes, k: jnp.broadcast_to(planes_below(planes, k), outcomes.shape), (None, 0))
    ones = compiled(below)(planes, np.arange(2**flips + 1))
    assert np.isin(ones, [0, 0xFFFFFFFF]).all()
    assert np.array_equal((ones > 0).sum(1), np.arange(2**flips + 1))


def addresses(rows, columns):
    return np.arange(rows, dtype=np.uint32)[:, None], np.arange(columns, dtype=np.uint32)[None, :]


drawn, count = compiled(bernoulli_words), compiled(count_ones)


def draw(seed, probability, shape=(64, 64)):
    return drawn(jax.random.key(seed), *addresses(*shape), probability)


def test_certain_and_impossible_events():
    for flips in (0, 6):
        assert not draw(0, Dyadic(np.uint32(0), flips)).any()
        assert (draw(0, Dyadic(np.uint32(2**flips), flips)) == 0xFFFFFFFF).all()


def test_lowest_terms_save_words_and_keep_the_law():
    assert dyadic(24, 6) == dyadic(3, 3) == Dyadic(3, 3)
    assert dyadic(64, 6) == Dyadic(1, 0)
    assert dyadic(0, 6) == Dyadic(0, 0)
    assert dyadic(jnp.uint32(24), 6).bits == 6
    assert np.array_equal(draw(3, dyadic(3, 3)), draw(3, Dyadic(np.uint32(3), 3)))  # traced or not


def chance(scores):
    """The chance of a larger sum of squares, were the scores independent standard normal."""
    return stats.chi2.sf(np.sum(np.square(scores)), np.size(scores))


def test_frequencies_match_within_their_own_error():
    ones = np.array([int(count(draw(1, Dyadic(np.uint32(k), 6)))) for k in range(1, 64)])
    p, trials = np.arange(1, 64) / 64, 64 * 64 * 32
    # One seed for every k makes the draws nested, not independent: differences of neighbours are multinomial counts.
    cells = np.diff(ones, prepend=0, append=trials)
    assert 1e-4 < stats.chisquare(cells, trials * np.diff(p, prepend=0, append=1)).pvalue < 1 - 1e-4


def neighbour_scores(words, p):
    """z-scores of the products of neighbouring bits: along rows, along columns, within a word, across the planes."""
    x = (unpack(words) - p) / np.sqrt(p * (1 - p))
    pairs = [(x[1:], x[:-1]), (x[:, 1:], x[:, :-1]), (x[..., 1:], x[..., :-1]), (x[..., 16:], x[..., :16])]
    pairs += [(x[lag:], x[:-lag]) for lag in (2, 3, 8, 32)] + [(x[:, lag:], x[:, :-lag]) for lag in (2, 3, 8, 32)]
    return np.array([np.sum(one * other) / np.sqrt(one.size) for one, other in pairs])


def test_bits_are_uncorrelated_over_nodes_words_and_places():
    laws = itertools.product(range(3), (2, 16, 26, 32, 62))
    scores = [neighbour_scores(draw(seed, Dyadic(np.uint32(k), 6)), k / 64) for seed, k in laws]
    assert 1e-4 < chance(scores) < 1 - 1e-4
    assert np.abs(scores).max() < 4.5  # of 180


def test_a_draw_that_repeats_a_word_is_seen():
    words = np.array(draw(0, Dyadic(np.uint32(26), 6)))
    words[1::2, ::8] = words[::2, ::8]
    assert chance(neighbour_scores(words, 26 / 64)) < 1e-6


def test_different_keys_and_probabilities_are_independent():
    x, y = unpack(draw(1, dyadic(1, 3))), unpack(draw(2, dyadic(1, 3)))
    both, trials = int((x & y).sum()), x.size
    assert stats.binomtest(both, trials, 1 / 64).pvalue > 1e-4


@pytest.mark.parametrize("call", [lambda: dyadic(65, 6), lambda: dyadic(-1, 6), lambda: dyadic(1, 32)])
def test_an_impossible_probability_is_refused(call):
    with pytest.raises(ValueError, match=r"numerator|bits"):
        call()


def test_an_even_vote_is_refused():
    with pytest.raises(ValueError, match="odd"):
        majority_words(jnp.zeros((4, 1), jnp.uint32))
