import jax
import numpy as np
import pytest
from scipy.special import softmax

from tests.compiled import compiled
from theory.entropy import tail_risk

lower_tail = compiled(tail_risk.lower_tail)
mixed_tail_value = compiled(tail_risk.mixed_tail_value)
tail_advantage = compiled(tail_risk.tail_advantage)


@pytest.fixture(scope="module")
def bandit():
    return tuple(np.asarray(np.random.default_rng(0).normal(size=(2, 9))))


def test_the_tail_is_the_integral_of_the_quantile_function(bandit):
    logits, rewards = bandit
    prob = softmax(logits)
    order = np.argsort(rewards)
    levels = (np.arange(200_000) + 0.5) / 200_000
    where = np.minimum(np.searchsorted(np.cumsum(prob[order]), levels), 8)
    quantile = np.asarray(rewards)[order][where]
    for level in (0.2, 0.8, 1.0):
        by_quadrature = np.mean(np.where(levels < level, quantile, 0))
        np.testing.assert_allclose(lower_tail(prob, rewards, level)[0], by_quadrature, atol=1e-4)
        below = prob[np.asarray(rewards) < lower_tail(prob, rewards, level)[1]].sum()
        assert below < level <= below + prob.max() + 1e-12


def test_the_advantage_has_the_gradient_of_the_risk_measure(bandit):
    logits, rewards = bandit
    prob = softmax(logits)
    quantiles = lower_tail(prob, rewards, 0.2)[1], lower_tail(prob, rewards, 0.8)[1]
    adv = tail_advantage(rewards, *quantiles, 0.5)
    step = 1e-6

    @compiled
    def value(z):
        return mixed_tail_value(jax.nn.softmax(z), rewards)

    slope = [(value(logits + step * e) - value(logits - step * e)) / (2 * step) for e in np.eye(9)]
    np.testing.assert_allclose(prob * (adv - prob @ adv), np.stack(slope), atol=1e-9)
