import jax
import numpy as np

from core.features.vocabulary import sample_vocabulary, vocabulary_loss, vocabulary_spectrum
from tests.compiled import compiled


def test_loss_and_spectrum_are_those_of_the_tokens_as_they_occur():
    counts = np.array([4, 2, 1, 1])
    model = compiled(sample_vocabulary, static_argnums=(1, 2))(jax.random.key(0), 4, 3, 1.0)
    tokens = np.repeat(np.arange(4), counts)
    rows = model.features[tokens]
    score = rows @ model.head.T
    chance = np.exp(score[np.arange(8), tokens]) / np.exp(score).sum(1)
    p = counts / 8
    np.testing.assert_allclose(compiled(vocabulary_loss)(model, p), -np.mean(np.log(chance)), rtol=1e-12)
    expected = np.linalg.eigvalsh(np.cov(rows.T, bias=True))[::-1]
    np.testing.assert_allclose(compiled(vocabulary_spectrum)(model, p), expected, atol=1e-12)
