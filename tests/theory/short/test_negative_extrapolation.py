import jax
import numpy as np
import pytest
from scipy.special import softmax

from tests.compiled import compiled
from theory.entropy import tempering
from theory.short import negative_extrapolation

tempered = compiled(tempering.tempered)
alignment = compiled(negative_extrapolation.alignment)
gaussian_best_weight = compiled(negative_extrapolation.gaussian_best_weight)
gaussian_risk = compiled(negative_extrapolation.gaussian_risk)
sharpening = compiled(negative_extrapolation.sharpening)
spreading = compiled(negative_extrapolation.spreading)
step_back = compiled(negative_extrapolation.step_back)


def test_the_step_back_undoes_the_temperature():
    logits, tau, w = np.array([0.3, -1.0, 2.0]), 0.6, 0.8
    np.testing.assert_allclose(step_back(logits, logits / tau, w), sharpening(tau, w) * logits, rtol=1e-14)
    np.testing.assert_allclose(
        step_back(np.log(1.3), np.log(0.6 * 1.3), w), np.log(spreading(tau, w) * 1.3), rtol=1e-14
    )


def test_gaussian_table():
    """The signs, and the numbers to the digits that a simulation of 2e5 fits had."""
    for tau, w, risk in ((0.7, 0.5, 0.1181), (0.9, 2.0, 0.1159), (1.0, 3.0, 0.1755), (1.1, 0.5, 0.2065)):
        np.testing.assert_allclose(gaussian_risk(10.0, spreading(tau, w)), risk, atol=3e-4)


def test_best_weight_is_stationary_and_has_the_sign_of_a_mode_seeking_sampler():
    slope = compiled(jax.grad(lambda w, tau: gaussian_risk(10.0, spreading(tau, w))))
    for tau in (0.7, 1.2):
        best = gaussian_best_weight(10.0, tau)
        np.testing.assert_allclose(slope(best, tau), 0, atol=1e-13)
        assert (best > 0) == (tau < 1)
    with pytest.raises(ValueError, match="samples"):
        negative_extrapolation.gaussian_risk(3.0)


def test_alignment_is_the_product_of_two_gradients():
    z, target = np.array([0.2, 1.0, -0.7]), np.array([0.5, 0.2, 0.3])
    sampled = tempered(z, 0.7)
    slope = compiled(jax.grad(lambda z, t: -t @ jax.nn.log_softmax(z)))
    grads = [slope(z, t) for t in (target, sampled)]
    np.testing.assert_allclose(alignment(softmax(z), target, sampled), grads[0] @ grads[1], rtol=1e-12)
