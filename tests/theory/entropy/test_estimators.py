from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.compiled import compiled
from theory.entropy import estimators, softmax
from theory.entropy.estimators import full_estimate, inverse_old_estimate, own_logit_estimate, sign_estimate

batch_covariance = compiled(estimators.batch_covariance)
entropy = compiled(softmax.entropy)
expected_discriminator = compiled(softmax.expected_discriminator)
log_prob = compiled(softmax.log_prob)


@pytest.fixture(scope="module")
def sampled():
    draw = np.random.default_rng(0)
    logits = 3 * draw.normal(size=(200, 30))
    token = np.argmax(logits + draw.gumbel(size=logits.shape), axis=1)  # sampled from the softmax
    return np.asarray(logits), np.asarray(token), draw.normal(size=200)


@partial(compiled, static_argnums=3)
def realised(logits, token, adv, move):
    """Exact change of the entropy under a small step, by central differences of -Σ p log p."""
    hot, prob, size = jax.nn.one_hot(token, 30), jax.nn.softmax(logits), 1e-5

    def plain(z):
        return -jnp.sum(jax.nn.softmax(z) * jax.nn.log_softmax(z), -1)

    change = adv[:, None] * move(hot, prob)
    return (plain(logits + size * change) - plain(logits - size * change)) / (2 * size)


def test_each_estimate_is_exact_for_the_update_it_assumes(sampled):
    logits, token, adv = sampled
    l, h, mean = compiled(lambda z, k: (log_prob(z, k), entropy(z), expected_discriminator(z)))(logits, token)
    cases = {
        "full": (compiled(full_estimate)(l, h, mean, adv), lambda hot, p: hot - p),
        "own logit": (compiled(own_logit_estimate)(l, h, adv), lambda hot, p: hot * (1 - p)),
        "sign": (compiled(sign_estimate)(l, h, adv), lambda hot, p: hot),
    }
    for name, (estimate, move) in cases.items():
        np.testing.assert_allclose(estimate, realised(logits, token, adv, move), atol=1e-9, err_msg=name)


def test_the_released_form_is_off_by_one_probability(sampled):
    logits, token, adv = sampled
    old = logits + 0.1 * np.random.default_rng(4).normal(size=logits.shape)
    l, h, l_old = log_prob(logits, token), entropy(logits), log_prob(old, token)
    l, l_old = np.asarray(l), np.asarray(l_old)
    printed = compiled(own_logit_estimate)(l, h, adv, np.exp(l - l_old))
    kept = np.exp(l) > 1e-8
    released = np.asarray(compiled(inverse_old_estimate)(l, l_old, h, adv))
    np.testing.assert_allclose((released * np.exp(l))[kept], np.asarray(printed)[kept], rtol=1e-10, atol=1e-15)


def test_masked_tokens_do_not_enter_the_covariance():
    l, adv = np.array([-1.0, -2.0, -9.0]), np.array([1.0, -1.0, 5.0])
    mask = np.array([1.0, 1.0, 0.0])
    np.testing.assert_allclose(batch_covariance(l, adv, mask), [0.5, 0.5, 0.0])
    np.testing.assert_array_equal(batch_covariance(l, adv, np.zeros(3)), np.zeros(3))
