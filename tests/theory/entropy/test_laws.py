import jax
import jax.numpy as jnp
import numpy as np
import pytest

from theory.entropy.laws import (
    change_along,
    change_natural_gradient,
    change_one_logit,
    change_policy_gradient,
    change_sampled_token,
    exact_change_one_logit,
    policy_gradient_step,
    second_change_one_logit,
)
from theory.entropy.softmax import entropy_curvature, log_prob

ROWS, VOCAB = 64, 12


def plain_entropy(z):
    return -jnp.sum(jax.nn.softmax(z) * jax.nn.log_softmax(z), -1)


@pytest.fixture(scope="module")
def rows():
    keys = jax.random.split(jax.random.key(3), 3)
    logits = 3 * jax.random.normal(keys[0], (ROWS, VOCAB))
    return logits, jax.random.randint(keys[1], (ROWS,), 0, VOCAB), 1 + jax.random.normal(keys[2], (ROWS, VOCAB))


def moved(logits, change):
    """Directional derivative of the entropy, by forward mode."""
    return jax.jvp(plain_entropy, (logits,), (change,))[1]


def test_each_law_is_the_directional_derivative(rows):
    logits, token, adv = rows
    prob, hot = jax.nn.softmax(logits), jax.nn.one_hot(token, VOCAB)
    value = jnp.full((ROWS,), 0.3)
    cases = {
        "along": (change_along(logits, adv), adv),
        "one logit": (change_one_logit(logits, token, value), value[:, None] * hot),
        "sampled token": (change_sampled_token(logits, token, value), value[:, None] * (hot - prob)),
        "natural": (change_natural_gradient(logits, adv, value), value[:, None] * adv),
        "gradient": (change_policy_gradient(logits, adv, value), value[:, None] * policy_gradient_step(logits, adv)),
    }
    for name, (law, change) in cases.items():
        np.testing.assert_allclose(law, moved(logits, change), rtol=1e-11, atol=1e-14, err_msg=name)


def test_the_step_is_the_gradient_of_the_expected_advantage(rows):
    logits, _, adv = rows
    slope = jax.vmap(jax.grad(lambda z, a: jax.nn.softmax(z) @ a))(logits, adv)
    np.testing.assert_allclose(policy_gradient_step(logits, adv), slope, atol=1e-14)


def test_the_printed_form_needs_centred_advantages(rows):
    logits, _, adv = rows
    prob, one = jax.nn.softmax(logits), jnp.ones(ROWS)
    centred = adv - jnp.sum(prob * adv, -1, keepdims=True)
    exact, printed = (change_policy_gradient(logits, centred, one, literal=flag) for flag in (False, True))
    np.testing.assert_allclose(printed, exact, rtol=1e-10, atol=1e-14)
    gap = change_policy_gradient(logits, adv, one, literal=True) - change_policy_gradient(logits, adv, one)
    mean = jnp.sum(prob * adv, -1)
    expected = -mean * jnp.sum(prob * (prob - jnp.sum(prob**2, -1, keepdims=True)) * jnp.log(prob), -1)
    np.testing.assert_allclose(gap, expected, rtol=1e-9, atol=1e-13)
    assert jnp.abs(gap).max() > 0.1


def test_sampled_tokens_average_to_the_exact_gradient(rows):
    logits, _, adv = rows
    prob = jax.nn.softmax(logits)
    every = jax.vmap(lambda k: change_sampled_token(logits, jnp.full(ROWS, k), adv[:, k]))(jnp.arange(VOCAB))
    mean = jnp.sum(prob * every.T, -1)
    np.testing.assert_allclose(mean, change_policy_gradient(logits, adv, jnp.ones(ROWS)), rtol=1e-10, atol=1e-14)


def test_the_finite_bump_is_exact_and_its_series_begins_right(rows):
    logits, token, _ = rows
    l, h = log_prob(logits, token), plain_entropy(logits)
    hot = jax.nn.one_hot(token, VOCAB)
    for bump in (-5.0, -0.1, 1e-6, 2.0, 30.0):
        recomputed = plain_entropy(logits + bump * hot) - h
        np.testing.assert_allclose(exact_change_one_logit(l, h, bump), recomputed, atol=2e-14)
    np.testing.assert_allclose(second_change_one_logit(l, h), entropy_curvature(logits, hot), rtol=1e-9, atol=1e-14)
    small = 1e-4
    series = change_one_logit(logits, token, jnp.full(ROWS, small)) + small**2 / 2 * second_change_one_logit(l, h)
    np.testing.assert_allclose(exact_change_one_logit(l, h, small), series, atol=1e-12)
