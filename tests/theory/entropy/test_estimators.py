from functools import partial

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
    draw = np.random.default_rng(0)
    logits = 3 * draw.normal(size=(200, 30))
    token = np.argmax(logits + draw.gumbel(size=logits.shape), axis=1)  # sampled from the softmax
    return jnp.asarray(logits), jnp.asarray(token), draw.normal(size=200)


@partial(jax.jit, static_argnums=3)
def realised(logits, token, adv, move):
    """Exact change of the entropy under a small step, by central differences of -Σ p log p."""
    hot, prob, size = jax.nn.one_hot(token, 30), jax.nn.softmax(logits), 1e-5

    def plain(z):
        return -jnp.sum(jax.nn.softmax(z) * jax.nn.log_softmax(z), -1)

    change = adv[:, None] * move(hot, prob)
    return (plain(logits + size * change) - plain(logits - size * change)) / (2 * size)


def test_each_estimate_is_exact_for_the_update_it_assumes(sampled):
    logits, token, adv = sampled
    l, h, mean = jax.jit(lambda z, k: (log_prob(z, k), entropy(z), expected_discriminator(z)))(logits, token)
    cases = {
        "full": (jax.jit(full_estimate)(l, h, mean, adv), lambda hot, p: hot - p),
        "own logit": (jax.jit(own_logit_estimate)(l, h, adv), lambda hot, p: hot * (1 - p)),
        "sign": (jax.jit(sign_estimate)(l, h, adv), lambda hot, p: hot),
    }
    for name, (estimate, move) in cases.items():
        np.testing.assert_allclose(estimate, realised(logits, token, adv, move), atol=1e-9, err_msg=name)


def test_the_released_form_is_off_by_one_probability(sampled):
    logits, token, adv = sampled
    old = logits + 0.1 * np.random.default_rng(4).normal(size=logits.shape)
    at = jax.jit(log_prob)
    l, h, l_old = at(logits, token), jax.jit(entropy)(logits), at(old, token)
    l, l_old = np.asarray(l), np.asarray(l_old)
    printed = jax.jit(own_logit_estimate)(l, h, adv, np.exp(l - l_old))
    kept = np.exp(l) > 1e-8
    released = np.asarray(jax.jit(inverse_old_estimate)(l, l_old, h, adv))
    np.testing.assert_allclose((released * np.exp(l))[kept], np.asarray(printed)[kept], rtol=1e-10, atol=1e-15)


def test_masked_tokens_do_not_enter_the_covariance():
    l, adv = jnp.array([-1.0, -2.0, -9.0]), jnp.array([1.0, -1.0, 5.0])
    mask = jnp.array([1.0, 1.0, 0.0])
    np.testing.assert_allclose(batch_covariance(l, adv, mask), [0.5, 0.5, 0.0])
    np.testing.assert_array_equal(batch_covariance(l, adv, jnp.zeros(3)), np.zeros(3))
