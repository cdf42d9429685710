import jax
import jax.numpy as jnp
import numpy as np
import pytest

from theory.entropy.estimators import (
    batch_covariance,
    full_estimate,
    inverse_old_estimate,
    own_logit_estimate,
    sign_estimate,
)
from theory.entropy.softmax import entropy, expected_discriminator, log_prob


@pytest.fixture(scope="module")
def sampled():
    logits = 3 * jax.random.normal(jax.random.key(0), (200, 30))
    token = jax.random.categorical(jax.random.key(1), logits)
    return logits, token, jax.random.normal(jax.random.key(2), (200,))


def realised(logits, token, adv, move):
    """Exact change of the entropy under a small step, by central differences of -Σ p log p."""
    hot, prob, size = jax.nn.one_hot(token, 30), jax.nn.softmax(logits), 1e-5

    def plain(z):
        return -jnp.sum(jax.nn.softmax(z) * jax.nn.log_softmax(z), -1)

    change = adv[:, None] * move(hot, prob)
    return (plain(logits + size * change) - plain(logits - size * change)) / (2 * size)


def test_each_estimate_is_exact_for_the_update_it_assumes(sampled):
    logits, token, adv = sampled
    l, h, mean = log_prob(logits, token), entropy(logits), expected_discriminator(logits)
    cases = {
        "full": (full_estimate(l, h, mean, adv), lambda hot, p: hot - p),
        "own logit": (own_logit_estimate(l, h, adv), lambda hot, p: hot * (1 - p)),
        "sign": (sign_estimate(l, h, adv), lambda hot, p: hot),
    }
    for name, (estimate, move) in cases.items():
        np.testing.assert_allclose(estimate, realised(logits, token, adv, move), atol=1e-9, err_msg=name)


def test_the_released_form_is_off_by_one_probability(sampled):
    logits, token, adv = sampled
    old = logits + 0.1 * jax.random.normal(jax.random.key(4), logits.shape)
    l, h, l_old = log_prob(logits, token), entropy(logits), log_prob(old, token)
    printed = own_logit_estimate(l, h, adv, jnp.exp(l - l_old))
    kept = jnp.exp(l) > 1e-8
    released = inverse_old_estimate(l, l_old, h, adv)
    np.testing.assert_allclose((released * jnp.exp(l))[kept], printed[kept], rtol=1e-10, atol=1e-15)


def test_masked_tokens_do_not_enter_the_covariance():
    l, adv = jnp.array([-1.0, -2.0, -9.0]), jnp.array([1.0, -1.0, 5.0])
    mask = jnp.array([1.0, 1.0, 0.0])
    np.testing.assert_allclose(batch_covariance(l, adv, mask), [0.5, 0.5, 0.0])
    np.testing.assert_array_equal(batch_covariance(l, adv, jnp.zeros(3)), np.zeros(3))
