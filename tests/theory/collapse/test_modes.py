import jax
import numpy as np
import pytest

from tests.compiled import compiled
from theory.collapse import modes

death_threshold = compiled(modes.death_threshold)
mode_cost = compiled(modes.mode_cost)
mode_root = compiled(modes.mode_root, static_argnums=2)
spinodal_threshold = compiled(modes.spinodal_threshold)

DEPTHS = np.array([1.0, 2.0, 3.0, 6.0, 9.0])


@pytest.fixture(scope="module")
def roots():
    """Loads at shares of the threshold, below and above, against depths."""
    shares = np.array([0.01, 0.3, 0.7, 0.98, 0.999, 1.001, 1.3])[:, None]
    loads = shares * np.asarray(death_threshold(DEPTHS))
    return shares, loads, np.asarray(mode_root(loads, np.broadcast_to(DEPTHS, loads.shape)))


def test_root_is_the_global_minimum_of_the_cost_on_a_fine_grid(roots):
    _, loads, found = roots
    grid = np.concatenate([[0.0], np.geomspace(1e-4, 2e3, 4000)])
    costs = np.asarray(mode_cost(found, loads, np.broadcast_to(DEPTHS, found.shape)))
    assert np.all(costs <= 1)
    for row, load in zip(costs, loads, strict=True):
        for depth, cost, c in zip(DEPTHS, row, load, strict=True):
            # any point whatever costs at least as much as the root
            assert np.min(1 / (1 + grid**depth) + c * grid) >= cost - 1e-14


def test_root_lives_exactly_below_the_death_threshold_and_jumps_there(roots):
    shares, _, found = roots
    assert np.array_equal(found > 0, np.broadcast_to(shares < 1, found.shape))
    just_alive = np.asarray(mode_root(death_threshold(DEPTHS) * (1 - 1e-12), DEPTHS))
    np.testing.assert_allclose(just_alive, (DEPTHS - 1) ** (1 / DEPTHS), atol=3e-6)  # continuous for M = 1


def test_root_solves_its_equation(roots):
    _, loads, found = roots
    alive = found > 0
    left = DEPTHS * found ** (DEPTHS - 1) / (1 + found**DEPTHS) ** 2
    np.testing.assert_allclose(left[alive], loads[alive], rtol=1e-12)


def test_metastable_branch_is_a_local_minimum_up_to_the_spinodal_and_none_lives_beyond():
    depths, grid = DEPTHS[1:], np.geomspace(1e-2, 20, 20000)
    for depth in depths:
        edge = float(spinodal_threshold(depth))
        x = float(mode_root(0.99 * edge, depth, "metastable"))
        near = x * np.array([1 - 1e-3, 1 + 1e-3])
        assert np.all(mode_cost(near, 0.99 * edge, depth) > mode_cost(x, 0.99 * edge, depth))
        assert mode_cost(x, 0.99 * edge, depth) > 1  # a dead mode is cheaper
        assert np.all(np.diff(mode_cost(grid, 1.001 * edge, depth)) > 0)
        assert mode_root(1.001 * edge, depth, "metastable") == 0


def test_spinodal_lies_above_death_and_meets_it_for_one_layer():
    assert np.all(spinodal_threshold(DEPTHS)[1:] > death_threshold(DEPTHS)[1:])
    assert spinodal_threshold(1) == death_threshold(1) == 1


def test_derivative_in_the_load_is_that_of_the_root():
    load, depth, h = 0.3, 3.0, 1e-5
    slope = compiled(jax.grad(mode_root))(load, depth)
    difference = (mode_root(load + h, depth) - mode_root(load - h, depth)) / (2 * h)
    np.testing.assert_allclose(slope, difference, rtol=1e-8)


def test_infinite_load_is_a_dead_mode_and_bad_input_is_refused():
    assert mode_root(np.inf, 3.0) == 0
    with pytest.raises(ValueError, match="load must lie in"):
        modes.mode_root(0.0, 2)
    with pytest.raises(ValueError, match="depth must lie in"):
        modes.death_threshold(0)
    with pytest.raises(ValueError, match="branch must be"):
        modes.mode_root(0.1, 2, "largest")
    assert np.isfinite(mode_root(1e-12, 9.0))
