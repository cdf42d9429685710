import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import softmax

from tests.compiled import compiled
from theory.entropy import laws
from theory.entropy.laws import exact_change_one_logit
from theory.entropy.softmax import entropy_curvature, log_prob

change_along = compiled(laws.change_along)
change_natural_gradient = compiled(laws.change_natural_gradient)
change_one_logit = compiled(laws.change_one_logit)
change_policy_gradient = compiled(laws.change_policy_gradient)
change_sampled_token = compiled(laws.change_sampled_token)
policy_gradient_step = compiled(laws.policy_gradient_step)
second_change_one_logit = compiled(laws.second_change_one_logit)

ROWS, VOCAB = 64, 12


def plain_entropy(z):
    return -jnp.sum(jax.nn.softmax(z) * jax.nn.log_softmax(z), -1)


@pytest.fixture(scope="module")
def rows():
    draw = np.random.default_rng(3)
    logits, adv = draw.normal(size=(2, ROWS, VOCAB)) * [[[3.0]], [[1.0]]] + [[[0.0]], [[1.0]]]
    return np.asarray(logits), np.asarray(draw.integers(0, VOCAB, ROWS)), np.asarray(adv)


plain = compiled(plain_entropy)


def moved(logits, change):
    """Directional derivative of the entropy, by forward mode."""
    return jax.jvp(plain_entropy, (logits,), (change,))[1]


def test_each_law_is_the_directional_derivative(rows):
    def both(logits, token, adv):
        prob, hot = jax.nn.softmax(logits), jax.nn.one_hot(token, VOCAB)
        value = jnp.full((ROWS,), 0.3)
        step = policy_gradient_step(logits, adv)
        cases = {
            "along": (change_along(logits, adv), adv),
            "one logit": (change_one_logit(logits, token, value), value[:, None] * hot),
            "sampled token": (change_sampled_token(logits, token, value), value[:, None] * (hot - prob)),
            "natural": (change_natural_gradient(logits, adv, value), value[:, None] * adv),
            "gradient": (change_policy_gradient(logits, adv, value), value[:, None] * step),
        }
        return {name: (law, moved(logits, change)) for name, (law, change) in cases.items()}

    for name, (law, change) in compiled(both)(*rows).items():
        np.testing.assert_allclose(law, change, rtol=1e-11, atol=1e-14, err_msg=name)


def test_the_step_is_the_gradient_of_the_expected_advantage(rows):
    logits, _, adv = rows
    slope = compiled(jax.vmap(jax.grad(lambda z, a: jax.nn.softmax(z) @ a)))(logits, adv)
    np.testing.assert_allclose(policy_gradient_step(logits, adv), slope, atol=1e-14)


def test_the_printed_form_needs_centred_advantages(rows):
    logits, _, adv = rows
    prob, adv, one = softmax(logits, axis=-1), np.asarray(adv), np.ones(ROWS)
    centred = adv - np.sum(prob * adv, -1, keepdims=True)
    exact, printed = (change_policy_gradient(logits, centred, one, literal=flag) for flag in (False, True))
    np.testing.assert_allclose(printed, exact, rtol=1e-10, atol=1e-14)
    gap = change_policy_gradient(logits, adv, one, literal=True) - change_policy_gradient(
        logits, adv, one, literal=False
    )
    mean = np.sum(prob * adv, -1)
    expected = -mean * np.sum(prob * (prob - np.sum(prob**2, -1, keepdims=True)) * np.log(prob), -1)
    np.testing.assert_allclose(gap, expected, rtol=1e-9, atol=1e-13)
    assert np.abs(gap).max() > 0.1


def test_sampled_tokens_average_to_the_exact_gradient(rows):
    logits, _, adv = rows
    prob = softmax(logits, axis=-1)
    each = compiled(jax.vmap(lambda k, a: change_sampled_token(logits, jnp.full(ROWS, k), a)))
    every = each(np.arange(VOCAB), adv.T)
    mean = np.sum(prob * np.asarray(every).T, -1)
    np.testing.assert_allclose(
        mean, change_policy_gradient(logits, adv, np.ones(ROWS), literal=False), rtol=1e-10, atol=1e-14
    )


def test_the_finite_bump_is_exact_and_its_series_begins_right(rows):
    logits, token, _ = rows
    l, h = compiled(log_prob)(logits, token), plain(logits)
    hot = np.eye(VOCAB)[np.asarray(token)]
    exact = compiled(exact_change_one_logit)
    for bump in (-5.0, -0.1, 1e-6, 2.0, 30.0):
        recomputed = plain(logits + bump * hot) - h
        np.testing.assert_allclose(exact(l, h, bump), recomputed, atol=2e-14)
    np.testing.assert_allclose(
        second_change_one_logit(l, h), compiled(entropy_curvature)(logits, hot), rtol=1e-9, atol=1e-14
    )
    small = 1e-4
    series = change_one_logit(logits, token, np.full(ROWS, small)) + small**2 / 2 * second_change_one_logit(l, h)
    np.testing.assert_allclose(exact(l, h, small), series, atol=1e-12)
