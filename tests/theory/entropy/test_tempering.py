import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.compiled import compiled
from theory.entropy import tempering
from theory.entropy.tempering import tempered_covariance

tempered = compiled(tempering.tempered)

imitate = compiled(tempering.change_by_imitation)


@pytest.fixture(scope="module")
def rows():
    draw = np.random.default_rng(0)
    logits = np.exp(draw.normal(size=(8000, 1))) * 2 * draw.normal(size=(8000, 10))
    return logits, np.exp(2 * draw.normal(size=8000))


def test_the_sign_is_that_of_the_temperature(rows):
    logits, temperature = rows
    change = np.asarray(imitate(logits, temperature))
    assert (change * np.sign(temperature - 1) >= -1e-16).all()
    # to the last bit where no compiler fuses the division by T = 1 away
    np.testing.assert_array_equal(tempering.change_by_imitation(logits[:5], np.ones(5)), np.zeros(5))


def test_it_is_the_directional_derivative(rows):
    def plain_entropy(z):
        return -jnp.sum(jax.nn.softmax(z) * jax.nn.log_softmax(z), -1)

    @compiled
    def slope(logits, temperature):
        return jax.jvp(plain_entropy, (logits,), (tempered(logits, temperature) - jax.nn.softmax(logits),))[1]

    np.testing.assert_allclose(imitate(*rows), slope(*rows), atol=1e-14)


def test_groups_stand_for_their_tokens():
    masses, counts = np.array([0.5, 0.3, 0.2]), np.array([1, 4, 7])
    logits = np.log(np.repeat(masses / counts, counts))
    for temperature in (0.3, 2.0):
        grouped = compiled(tempered_covariance)(masses, np.log(counts), temperature)
        np.testing.assert_allclose(grouped, imitate(logits, temperature), rtol=1e-12)
