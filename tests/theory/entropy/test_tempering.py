import jax
import jax.numpy as jnp
import numpy as np
import pytest

from theory.entropy.tempering import change_by_imitation, tempered, tempered_covariance


@pytest.fixture(scope="module")
def rows():
    keys = jax.random.split(jax.random.key(0), 2)
    logits = jnp.exp(jax.random.normal(keys[0], (8000, 1))) * 2 * jax.random.normal(keys[1], (8000, 10))
    return logits, jnp.exp(2 * jax.random.normal(keys[1], (8000,)))


def test_the_sign_is_that_of_the_temperature(rows):
    logits, temperature = rows
    change = change_by_imitation(logits, temperature)
    assert (change * jnp.sign(temperature - 1) >= -1e-16).all()
    np.testing.assert_array_equal(change_by_imitation(logits[:5], jnp.ones(5)), np.zeros(5))


def test_it_is_the_directional_derivative(rows):
    logits, temperature = rows[0][:50], rows[1][:50]

    def plain_entropy(z):
        return -jnp.sum(jax.nn.softmax(z) * jax.nn.log_softmax(z), -1)

    change = tempered(logits, temperature) - jax.nn.softmax(logits)
    np.testing.assert_allclose(
        change_by_imitation(logits, temperature), jax.jvp(plain_entropy, (logits,), (change,))[1], atol=1e-14
    )


def test_groups_stand_for_their_tokens():
    masses, counts = jnp.array([0.5, 0.3, 0.2]), np.array([1, 4, 7])
    logits = jnp.log(jnp.repeat(masses / counts, counts, total_repeat_length=12))
    for temperature in (0.3, 2.0):
        grouped = tempered_covariance(masses, jnp.log(counts), temperature)
        np.testing.assert_allclose(grouped, change_by_imitation(logits, temperature), rtol=1e-12)
