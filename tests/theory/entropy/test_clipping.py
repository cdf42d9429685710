import jax
import jax.numpy as jnp
import numpy as np
import pytest

from theory.entropy.clipping import change_by_clipping, clipping_step

LOW, HIGH, STRENGTH = 0.1, 0.15, 0.7


@pytest.fixture(scope="module")
def rows():
    keys = jax.random.split(jax.random.key(0), 2)
    old = 2 * jax.random.normal(keys[0], (32, 9))
    return old + 0.3 * jax.random.normal(keys[1], old.shape), old


def plain_entropy(z):
    return -jnp.sum(jax.nn.softmax(z) * jax.nn.log_softmax(z), -1)


def clipped_surrogate(z, z_old):
    """E over actions and over the advantage, ±2m with equal odds, of min(r A, clip(r) A): the objective as coded."""
    old = jax.nn.softmax(z_old)
    ratio = jax.nn.softmax(z) / old
    advantages = 2 * STRENGTH * jnp.array([1.0, -1.0])[:, None]
    terms = jnp.minimum(ratio[None] * advantages, jnp.clip(ratio, 1 - LOW, 1 + HIGH)[None] * advantages)
    return jnp.sum(old * terms.mean(0))


def test_the_step_is_the_gradient_of_the_clipped_surrogate(rows):
    logits, old = rows
    slope = jax.vmap(jax.grad(clipped_surrogate))(logits, old)
    np.testing.assert_allclose(clipping_step(logits, old, LOW, HIGH, STRENGTH), slope, atol=1e-15)
    assert jnp.abs(slope).max() > 0.01


def test_the_two_terms_are_the_entropy_change(rows):
    logits, old = rows
    step = clipping_step(logits, old, LOW, HIGH, STRENGTH)
    lower, upper = change_by_clipping(logits, old, LOW, HIGH, STRENGTH)
    np.testing.assert_allclose(lower + upper, jax.jvp(plain_entropy, (logits,), (step,))[1], atol=1e-14)
    without_low = change_by_clipping(logits, old, 1.0, HIGH, STRENGTH)
    np.testing.assert_array_equal(without_low[0], np.zeros(32))
    np.testing.assert_array_equal(without_low[1], upper)


def test_unclipped_noise_does_nothing(rows):
    logits, old = rows
    np.testing.assert_array_equal(clipping_step(logits, old, 1.0, 1e9, STRENGTH), np.zeros((32, 9)))
