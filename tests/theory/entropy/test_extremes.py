import jax
import jax.numpy as jnp
import numpy as np
import pytest

from theory.entropy.extremes import discriminator_range, extreme_probabilities
from theory.entropy.softmax import discriminator


@pytest.mark.parametrize("vocabulary", [2, 3, 17])
def test_the_ends_are_reached_and_not_passed(vocabulary):
    low, high = discriminator_range(vocabulary)
    rare, common = extreme_probabilities(vocabulary)
    spread = jnp.log(jnp.concatenate([jnp.array([common]), jnp.full(vocabulary - 1, (1 - common) / (vocabulary - 1))]))
    paired = jnp.concatenate([jnp.log(jnp.array([rare, 1 - rare])), jnp.full(vocabulary - 2, -jnp.inf)])
    np.testing.assert_allclose(discriminator(spread)[0], high, rtol=1e-12)
    np.testing.assert_allclose(discriminator(paired)[0], low, rtol=1e-12)
    scale = jnp.exp(jax.random.normal(jax.random.key(0), (4000, 1)))
    score = discriminator(3 * scale * jax.random.normal(jax.random.key(1), (4000, vocabulary)))
    assert low <= score.min()
    assert score.max() <= high


def test_neighbours_of_the_extreme_row_are_lower():
    low, high = discriminator_range(np.array([2.0, 50.0, 151_936.0]))
    q = np.stack(extreme_probabilities(np.array([2.0, 50.0, 151_936.0])), -1)
    for shift in (-1e-3, 1e-3):
        x = np.log(q / (1 - q)) + shift
        s = np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))) ** 2
        assert (s[:, 0] * x[:, 0] > low).all()
        assert (s[:, 1] * (x[:, 1] + np.log(np.array([1.0, 49.0, 151_935.0]))) < high).all()


def test_one_token_is_no_choice():
    with pytest.raises(ValueError, match="vocabulary"):
        discriminator_range(1)
