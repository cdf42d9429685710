import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.compiled import compiled
from theory.entropy.clipping import change_by_clipping, clipping_step

LOW, HIGH, STRENGTH = 0.1, 0.15, 0.7
step_of, terms_of = compiled(clipping_step), compiled(change_by_clipping)


@pytest.fixture(scope="module")
def rows():
    draw = np.random.default_rng(0)
    old = 2 * draw.normal(size=(32, 9))
    return old + 0.3 * draw.normal(size=old.shape), old


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
    slope = compiled(jax.vmap(jax.grad(clipped_surrogate)))(logits, old)
    np.testing.assert_allclose(step_of(logits, old, LOW, HIGH, STRENGTH), slope, atol=1e-15)
    assert np.abs(slope).max() > 0.01


def test_the_two_terms_are_the_entropy_change(rows):
    logits, old = rows
    step = step_of(logits, old, LOW, HIGH, STRENGTH)
    slope = compiled(lambda z, v: jax.jvp(plain_entropy, (z,), (v,))[1])(logits, step)
    lower, upper = terms_of(logits, old, LOW, HIGH, STRENGTH)
    np.testing.assert_allclose(lower + upper, slope, atol=1e-14)
    without_low = terms_of(logits, old, 1.0, HIGH, STRENGTH)
    np.testing.assert_array_equal(without_low[0], np.zeros(32))
    np.testing.assert_array_equal(without_low[1], upper)


def test_unclipped_noise_does_nothing(rows):
    logits, old = rows
    np.testing.assert_array_equal(step_of(logits, old, 1.0, 1e9, STRENGTH), np.zeros((32, 9)))
