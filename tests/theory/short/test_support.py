import numpy as np
import pytest
from scipy.special import softmax

from tests.compiled import compiled
from theory.entropy import one_state
from theory.short import support

success_gradient = compiled(one_state.success_gradient)
tilted = compiled(one_state.tilted)
entropy_peak = compiled(support.entropy_peak)
gradient_drift = compiled(support.gradient_drift)
pass_at = compiled(support.pass_at)
split_entropy = compiled(support.split_entropy)
tilted_success = compiled(support.tilted_success)

LOGITS, RIGHT = np.array([0.3, -1.0, 2.0, 0.0, -0.5]), np.array([True, True, False, False, False])


def _entropies(prob):
    return [-np.sum(part / part.sum() * np.log(part / part.sum())) for part in (prob[RIGHT], prob[~RIGHT])]


def test_the_split_is_the_entropy_of_every_tilt():
    base = softmax(LOGITS)
    for beta in (-2.0, 0.0, 1.5, 6.0):
        prob = np.asarray(tilted(LOGITS, RIGHT * 1.0, beta))
        rho = prob[RIGHT].sum()
        np.testing.assert_allclose(tilted_success(base[RIGHT].sum(), beta), rho, rtol=1e-13)
        np.testing.assert_allclose(split_entropy(rho, *_entropies(base)), -np.sum(prob * np.log(prob)), rtol=1e-12)
    assert tilted_success(0.0, 30.0) == 0


def test_the_peak_is_the_top():
    rho = np.linspace(0, 1, 10_001)
    at, top = entropy_peak(0.4, 1.3)
    values = split_entropy(rho, 0.4, 1.3)
    np.testing.assert_allclose(values.max(), top, rtol=1e-7)
    np.testing.assert_allclose(rho[np.argmax(values)], at, atol=1e-4)


def test_pass_at_k():
    np.testing.assert_allclose(pass_at(0.3, np.array([0.0, 1.0, 3.0])), [0, 0.3, 1 - 0.7**3], rtol=1e-13)


def test_the_drift_is_that_of_the_gradient():
    prob = softmax(LOGITS)
    step = success_gradient(LOGITS, RIGHT)
    np.testing.assert_allclose(gradient_drift(prob[0], prob[1], prob[:2].sum()), step[0] - step[1], rtol=1e-12)


def test_the_door():
    with pytest.raises(ValueError, match="success"):
        support.pass_at(1.2, 3)
