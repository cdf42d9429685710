import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.data.zipf_language import language_matrices, least_loss, sample_language, sample_sequences

VOCABULARY, STATES = 6, 4


@pytest.fixture(scope="module")
def language():
    return sample_language(jax.random.key(0), VOCABULARY, STATES, branches=2, words=3)


def test_matrices_are_stochastic(language):
    for matrix in language_matrices(language, VOCABULARY):
        np.testing.assert_allclose(matrix.sum(1), 1)


def test_words_and_pairs_occur_as_often_as_the_model_says(language):
    texts = np.asarray(sample_sequences(jax.random.key(1), language, 20_000, 2))
    transition, emission = map(np.asarray, language_matrices(language, VOCABULARY))
    expected = np.einsum("sv,st,tw->vw", emission, transition, emission) / STATES
    counts = np.zeros((VOCABULARY, VOCABULARY))
    np.add.at(counts, (texts[:, 0], texts[:, 1]), 1)
    error = np.sqrt(np.maximum(expected * (1 - expected), 1e-12) / 20_000)
    assert np.max(np.abs(counts / 20_000 - expected) / np.maximum(error, 1e-5)) < 4.5


def test_least_loss_is_the_enumerated_one(language):
    texts = jnp.asarray(list(itertools.product(range(VOCABULARY), repeat=2)))
    transition, emission = map(np.asarray, language_matrices(language, VOCABULARY))
    possible = [t for t in np.asarray(texts) if (emission[:, t[0]].sum() > 0) and _pair(transition, emission, t) > 0]
    chances = [_pair(transition, emission, t) / (emission[:, t[0]].sum() / STATES) for t in possible]
    np.testing.assert_allclose(
        least_loss(language, jnp.asarray(possible), VOCABULARY), -np.mean(np.log(chances)), rtol=1e-9
    )


def _pair(transition, emission, text):
    return np.sum(emission[:, text[0], None] * transition * emission[None, :, text[1]]) / STATES


def test_bad_sizes_are_refused():
    with pytest.raises(ValueError, match="vocabulary is 2"):
        sample_language(jax.random.key(0), 2, 3, words=3)
