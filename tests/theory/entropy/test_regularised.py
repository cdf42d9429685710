import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import softmax

from tests.compiled import compiled
from theory.entropy import regularised

policy = compiled(regularised.regularised_policy)
REWARDS = np.array([1.0, 0.0, 0.3, -0.5])
REFERENCE = np.array([-1.0, 0.5, 0.2, 1.0])


def objective(logits, bonus, penalty):
    p = jax.nn.softmax(logits)
    return p @ REWARDS - bonus * p @ jnp.log(p) - penalty * p @ (jnp.log(p) - jax.nn.log_softmax(REFERENCE))


slope_of = compiled(jax.grad(objective))


@pytest.mark.parametrize(("bonus", "penalty"), [(0.3, 0.0), (0.0, 0.4), (0.2, 0.7)])
def test_the_objective_is_stationary_there_and_nowhere_near(bonus, penalty):
    best = np.log(policy(REWARDS, REFERENCE, bonus, penalty))
    slope = slope_of(best, bonus, penalty)
    np.testing.assert_allclose(slope, 0, atol=1e-14)
    assert np.abs(slope_of(best + 0.1 * np.asarray(REFERENCE), bonus, penalty)).max() > 1e-3


def test_limits():
    np.testing.assert_allclose(policy(REWARDS, REFERENCE, 0.0, 1e9), softmax(REFERENCE), rtol=1e-8)
    np.testing.assert_allclose(policy(REWARDS, REFERENCE, 1e9, 0.0), 0.25, rtol=1e-8)
    np.testing.assert_allclose(policy(REWARDS, REFERENCE, 1e-3, 0.0), [1, 0, 0, 0], atol=1e-12)
    masked = np.append(-np.inf, REFERENCE[1:])
    assert policy(REWARDS, masked, 0.1, 0.5)[0] == 0
    assert np.isfinite(policy(REWARDS, masked, 0.5, 0.0)).all()


def test_the_door():
    with pytest.raises(ValueError, match="penalty"):
        regularised.regularised_policy(REWARDS, REFERENCE, 0.1, -1.0)
    with pytest.raises(ValueError, match=r"bonus \+ penalty"):
        regularised.regularised_policy(REWARDS, REFERENCE, 0.0, 0.0)
