import itertools

import jax
import numpy as np
import pytest

from core.data.zipf_language import language_matrices, least_loss, sample_language, sample_sequences

VOCABULARY, STATES = 6, 4


@pytest.fixture(scope="module")
def language():
    return jax.jit(lambda key: sample_language(key, VOCABULARY, STATES, branches=2, words=3))(jax.random.key(0))


@pytest.fixture(scope="module")
def matrices(language):
    return [np.asarray(matrix) for matrix in jax.jit(language_matrices, static_argnums=1)(language, VOCABULARY)]


def test_matrices_are_stochastic(matrices):
    for matrix in matrices:
        np.testing.assert_allclose(matrix.sum(1), 1)


def test_words_and_pairs_occur_as_often_as_the_model_says(language, matrices):
    texts = np.asarray(jax.jit(lambda key: sample_sequences(key, language, 20_000, 2))(jax.random.key(1)))
    transition, emission = matrices
    expected = np.einsum("sv,st,tw->vw", emission, transition, emission) / STATES
    counts = np.zeros((VOCABULARY, VOCABULARY))
    np.add.at(counts, (texts[:, 0], texts[:, 1]), 1)
    error = np.sqrt(np.maximum(expected * (1 - expected), 1e-12) / 20_000)
    assert np.max(np.abs(counts / 20_000 - expected) / np.maximum(error, 1e-5)) < 4.5


def test_least_loss_is_the_enumerated_one(language, matrices):
    texts = np.array(list(itertools.product(range(VOCABULARY), repeat=2)))
    transition, emission = matrices
    possible = [t for t in texts if (emission[:, t[0]].sum() > 0) and _pair(transition, emission, t) > 0]
    chances = [_pair(transition, emission, t) / (emission[:, t[0]].sum() / STATES) for t in possible]
    found = jax.jit(lambda texts: least_loss(language, texts, VOCABULARY))(np.array(possible))
    np.testing.assert_allclose(found, -np.mean(np.log(chances)), rtol=1e-9)


def _pair(transition, emission, text):
    return np.sum(emission[:, text[0], None] * transition * emission[None, :, text[1]]) / STATES


def test_bad_sizes_are_refused():
    with pytest.raises(ValueError, match="vocabulary is 2"):
        sample_language(jax.random.key(0), 2, 3, words=3)
