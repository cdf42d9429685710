import jax
import jax.numpy as jnp
import numpy as np
import pytest

from theory.entropy.one_state import success_gradient, tilted
from theory.short.support import entropy_peak, gradient_drift, pass_at, split_entropy, tilted_success

LOGITS, RIGHT = jnp.array([0.3, -1.0, 2.0, 0.0, -0.5]), np.array([True, True, False, False, False])


def _entropies(prob):
    return [-np.sum(part / part.sum() * np.log(part / part.sum())) for part in (prob[RIGHT], prob[~RIGHT])]


def test_the_split_is_the_entropy_of_every_tilt():
    base = np.asarray(jax.nn.softmax(LOGITS))
    for beta in (-2.0, 0.0, 1.5, 6.0):
        prob = np.asarray(tilted(LOGITS, RIGHT * 1.0, beta))
        rho = prob[RIGHT].sum()
        np.testing.assert_allclose(tilted_success(base[RIGHT].sum(), beta), rho, rtol=1e-13)
        np.testing.assert_allclose(split_entropy(rho, *_entropies(base)), -np.sum(prob * np.log(prob)), rtol=1e-12)
    assert tilted_success(0.0, 30.0) == 0


def test_the_peak_is_the_top():
    rho = jnp.linspace(0, 1, 10_001)
    at, top = entropy_peak(0.4, 1.3)
    values = split_entropy(rho, 0.4, 1.3)
    np.testing.assert_allclose(values.max(), top, rtol=1e-7)
    np.testing.assert_allclose(rho[jnp.argmax(values)], at, atol=1e-4)


def test_pass_at_k():
    np.testing.assert_allclose(pass_at(0.3, jnp.array([0.0, 1.0, 3.0])), [0, 0.3, 1 - 0.7**3], rtol=1e-13)


def test_the_drift_is_that_of_the_gradient():
    prob = jax.nn.softmax(LOGITS)
    step = success_gradient(LOGITS, RIGHT)
    np.testing.assert_allclose(gradient_drift(prob[0], prob[1], prob[:2].sum()), step[0] - step[1], rtol=1e-12)


def test_the_door():
    with pytest.raises(ValueError, match="success"):
        pass_at(1.2, 3)
