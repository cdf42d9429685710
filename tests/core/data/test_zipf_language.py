import jax
import numpy as np
import pytest

from core.data.zipf_language import sample_language, sample_sequences
from tests.compiled import compiled

VOCABULARY, STATES = 6, 4


@pytest.fixture(scope="module")
def language():
    return compiled(lambda key: sample_language(key, VOCABULARY, STATES, branches=2, words=3))(jax.random.key(0))


@pytest.fixture(scope="module")
def matrices(language):
    """Transition and emission probabilities."""
    transition, emission = np.zeros((STATES, STATES)), np.zeros((STATES, VOCABULARY))
    for state in range(STATES):
        np.add.at(transition[state], language.successors[state], language.branch_odds)
        np.add.at(emission[state], language.words[state], language.word_odds)
    return transition, emission


def test_odds_are_probabilities(matrices):
    for matrix in matrices:
        np.testing.assert_allclose(matrix.sum(1), 1)


def test_words_and_pairs_occur_as_often_as_the_model_says(language, matrices):
    texts = compiled(lambda key, language: sample_sequences(key, language, 20_000, 2))(jax.random.key(1), language)
    transition, emission = matrices
    expected = np.einsum("sv,st,tw->vw", emission, transition, emission) / STATES
    counts = np.zeros((VOCABULARY, VOCABULARY))
    np.add.at(counts, (texts[:, 0], texts[:, 1]), 1)
    error = np.sqrt(np.maximum(expected * (1 - expected), 1e-12) / 20_000)
    assert np.max(np.abs(counts / 20_000 - expected) / np.maximum(error, 1e-5)) < 4.5


def test_bad_sizes_are_refused():
    with pytest.raises(ValueError, match="vocabulary is 2"):
        sample_language(jax.random.key(0), 2, 3, words=3)
