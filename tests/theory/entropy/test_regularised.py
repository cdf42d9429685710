import jax
import jax.numpy as jnp
import numpy as np
import pytest

from theory.entropy.regularised import regularised_policy

REWARDS = jnp.array([1.0, 0.0, 0.3, -0.5])
REFERENCE = jnp.array([-1.0, 0.5, 0.2, 1.0])


def objective(logits, bonus, penalty):
    p = jax.nn.softmax(logits)
    return p @ REWARDS - bonus * p @ jnp.log(p) - penalty * p @ (jnp.log(p) - jax.nn.log_softmax(REFERENCE))


@pytest.mark.parametrize(("bonus", "penalty"), [(0.3, 0.0), (0.0, 0.4), (0.2, 0.7)])
def test_the_objective_is_stationary_there_and_nowhere_near(bonus, penalty):
    best = jnp.log(regularised_policy(REWARDS, REFERENCE, bonus, penalty))
    slope = jax.grad(objective)(best, bonus, penalty)
    np.testing.assert_allclose(slope, 0, atol=1e-14)
    assert np.abs(jax.grad(objective)(best + 0.1 * REFERENCE, bonus, penalty)).max() > 1e-3


def test_limits():
    np.testing.assert_allclose(regularised_policy(REWARDS, REFERENCE, 0.0, 1e9), jax.nn.softmax(REFERENCE), rtol=1e-8)
    np.testing.assert_allclose(regularised_policy(REWARDS, REFERENCE, 1e9, 0.0), 0.25, rtol=1e-8)
    np.testing.assert_allclose(regularised_policy(REWARDS, REFERENCE, 1e-3, 0.0), [1, 0, 0, 0], atol=1e-12)
    masked = REFERENCE.at[0].set(-jnp.inf)
    assert regularised_policy(REWARDS, masked, 0.1, 0.5)[0] == 0
    assert jnp.isfinite(regularised_policy(REWARDS, masked, 0.5, 0.0)).all()


def test_the_door():
    with pytest.raises(ValueError, match="penalty"):
        regularised_policy(REWARDS, REFERENCE, 0.1, -1.0)
    with pytest.raises(ValueError, match=r"bonus \+ penalty"):
        regularised_policy(REWARDS, REFERENCE, 0.0, 0.0)
