import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

from tests.compiled import compiled
from theory.short import policy_cliff

greedy_policy = compiled(policy_cliff.greedy_policy)
optimal_values = compiled(policy_cliff.optimal_values)
shift_bound = compiled(policy_cliff.shift_bound)
soft_policy = compiled(policy_cliff.soft_policy)
stability_price = compiled(policy_cliff.stability_price)


def _process(seed=0, states=4, actions=3):
    rng = np.random.default_rng(seed)
    return jnp.asarray(rng.normal(size=(states, actions))), jnp.asarray(
        rng.dirichlet(np.ones(states), (states, actions))
    )


def test_greedy_shares_ties():
    np.testing.assert_array_equal(
        greedy_policy(np.array([[1.0, 2.0, 2.0], [3.0, 0.0, 1.0]])), [[0, 0.5, 0.5], [1, 0, 0]]
    )


def test_the_values_are_fixed_points():
    r, p = _process()
    hard, soft = (optimal_values(r, p, 0.9, alpha) for alpha in (0.0, 0.3))
    np.testing.assert_allclose(hard, r + 0.9 * p @ np.max(hard, 1), rtol=1e-12)
    np.testing.assert_allclose(soft, r + 0.9 * p @ (0.3 * special.logsumexp(soft / 0.3, axis=1)), rtol=1e-12)
    assert np.all(soft > hard)
    np.testing.assert_allclose(optimal_values(r, p, 0.9, 1e-7), hard, rtol=1e-5)


def test_no_policy_does_better():
    """Against all deterministic policies, each by a linear system."""
    r, p = (np.asarray(x) for x in _process(1, 3, 2))
    best = -np.inf
    for choice in np.ndindex(2, 2, 2):
        rows = np.arange(3)
        value = np.linalg.solve(np.eye(3) - 0.8 * p[rows, choice], r[rows, choice])
        best = np.maximum(best, value)
    np.testing.assert_allclose(optimal_values(r, p, 0.8).max(1), best, rtol=1e-12)


def test_the_bound_is_reached_by_two_actions():
    move = soft_policy(np.array([0.2, -0.2]), 0.5)[0] - soft_policy(np.array([-0.2, 0.2]), 0.5)[0]
    np.testing.assert_allclose(shift_bound(0.4, 0.5), move, rtol=1e-13)


def test_the_price_is_the_largest_loss():
    gaps = np.linspace(0, 20, 20_001)
    for actions in (2, 10):
        loss = gaps * (1 - 1 / (1 + (actions - 1) * np.exp(-gaps)))
        np.testing.assert_allclose(stability_price(1.0 * actions, 1.0), loss.max(), rtol=1e-7)
    np.testing.assert_allclose(stability_price(7.0, 2.0), 2 * special.lambertw(6 / np.e).real, rtol=1e-13)


def test_the_door():
    with pytest.raises(ValueError, match="temperature"):
        policy_cliff.shift_bound(0.1, 0.0)
    with pytest.raises(ValueError, match="discount"):
        policy_cliff.optimal_values(*_process(), 1.5)
