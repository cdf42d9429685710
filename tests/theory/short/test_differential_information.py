import jax
import numpy as np
import pytest
from scipy import optimize
from scipy.special import log_softmax, softmax

from tests.compiled import compiled
from theory.short import differential_information as laws
from theory.short.differential_information import mean_log_ratio

chernoff_place = compiled(laws.chernoff_place)
differential_information = compiled(laws.differential_information)
learned_policy = compiled(laws.learned_policy)
on_the_line = compiled(laws.on_the_line)
preference_loss = compiled(laws.preference_loss)

REFERENCE, TARGET = (log_softmax(row) for row in np.random.default_rng(0).normal(size=(2, 5)) * 1.5)


def test_the_line_joins_reference_and_target():
    np.testing.assert_allclose(on_the_line(REFERENCE, TARGET, 0.0), REFERENCE, rtol=1e-13)
    np.testing.assert_allclose(on_the_line(REFERENCE, TARGET, 1.0), TARGET, rtol=1e-13)
    q = np.exp(TARGET - REFERENCE)
    np.testing.assert_allclose(differential_information(TARGET, REFERENCE), q / q.sum(), rtol=1e-13)


def test_the_loss_against_a_loop():
    r, chosen, rejected = np.arange(5.0), np.exp(REFERENCE), np.exp(TARGET)
    total = sum(-chosen[i] * rejected[j] * np.log(1 / (1 + np.exp(r[j] - r[i]))) for i in range(5) for j in range(5))
    np.testing.assert_allclose(preference_loss(r, REFERENCE, TARGET), total, rtol=1e-13)


def test_the_learned_policy_minimises_the_loss():
    rejected = on_the_line(REFERENCE, TARGET, -0.7)
    slope = compiled(
        jax.value_and_grad(lambda z: preference_loss(0.7 * (jax.nn.log_softmax(z) - REFERENCE), REFERENCE, rejected))
    )
    found = optimize.minimize(slope, np.zeros(5), jac=True, method="BFGS", options={"gtol": 1e-10})
    closed = learned_policy(REFERENCE, REFERENCE, rejected, 0.7)
    np.testing.assert_allclose(softmax(found.x), np.exp(closed), atol=1e-7)
    np.testing.assert_allclose(closed, TARGET, rtol=1e-12)


def test_the_mean_log_ratio_is_the_slope_of_the_normaliser():
    def psi(c):
        return jax.nn.logsumexp((1 - c) * REFERENCE + c * TARGET)

    slope, ratio = compiled(jax.grad(psi)), compiled(mean_log_ratio)
    for c in (-0.5, 0.0, 0.4, 1.0):
        np.testing.assert_allclose(ratio(REFERENCE, TARGET, c), slope(c), rtol=1e-12)
    least = optimize.minimize_scalar(compiled(psi), bounds=(0, 1), method="bounded", options={"xatol": 1e-10}).x
    np.testing.assert_allclose(chernoff_place(REFERENCE, TARGET), least, atol=1e-7)


def test_the_door():
    with pytest.raises(ValueError, match="sharpness"):
        laws.learned_policy(REFERENCE, REFERENCE, TARGET, 0.0)
