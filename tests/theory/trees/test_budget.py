import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.compiled import compiled
from theory.trees import budget, recursion
from theory.trees.budget import Leaf
from theory.trees.recursion import Tree

best_leaf_compute = compiled(budget.best_leaf_compute)
best_tree = compiled(budget.best_tree)
compute_for = compiled(budget.compute_for)
continuous_threshold = compiled(budget.continuous_threshold)
growth_threshold = compiled(budget.growth_threshold)
leaf_bias = compiled(budget.leaf_bias)
message_cost = compiled(budget.message_cost)
saturation_budget = compiled(budget.saturation_budget)
tree_options = compiled(budget.tree_options)
winning_budget = compiled(budget.winning_budget)
amplification = compiled(recursion.amplification)
fixed_point = compiled(recursion.fixed_point)
organisation_exponent = compiled(recursion.organisation_exponent)
tree_trajectory = compiled(recursion.tree_trajectory)

TREE, LEAF = Tree(5.0, 0.95, 0.05), Leaf(1e-3, 0.15)
COST = message_cost(10.0, 5.0)


def test_message_cost_counts_every_edge_twice():
    for fan_in, depth in ((3, 4), (5, 2), (7, 1)):
        edges = sum(fan_in**level for level in range(1, depth + 1))
        np.testing.assert_allclose(message_cost(6.0, fan_in) * (fan_in**depth - 1), 2 * 6.0 * edges, rtol=1e-14)


def test_leaf_bias_and_its_inverse():
    compute = np.geomspace(1e-3, 1e15, 30)
    np.testing.assert_allclose(compute_for(leaf_bias(compute, LEAF), LEAF), compute, rtol=1e-11)
    assert leaf_bias(1e40, LEAF) == 1
    assert leaf_bias(0.0, LEAF) == 0


@pytest.mark.parametrize(("growth", "exponent"), [(0.35, 0.15), (0.5, 0.4), (0.4, 0.01)])
def test_allocation_and_threshold_are_the_numerical_optimum(growth, exponent):
    compute = np.geomspace(1e-4, 1e4, 2_000_001)  # in units of c_0
    gain = exponent * np.log(compute) - growth * np.log(compute + 1)
    best = np.argmax(gain)
    np.testing.assert_allclose(best_leaf_compute(growth, exponent, 1.0), compute[best], rtol=1e-4)
    # ln of mixture over single = gain + (t - β) ln B, which is 0 at B_min
    threshold = continuous_threshold(growth, exponent, 1.0)
    np.testing.assert_allclose(threshold, np.exp(-gain[best] / (growth - exponent)), rtol=1e-8)
    leaves = threshold / (compute[best] + 1)
    np.testing.assert_allclose(leaves, (growth / exponent) ** (exponent / (growth - exponent)), rtol=1e-4)
    assert 1 < leaves < np.e


def test_nothing_is_won_where_the_organisation_grows_no_faster_than_the_leaf():
    weak = Tree(3.0, 0.75, 0.2)
    leaf = Leaf(1e-6, organisation_exponent(weak) + 1e-9)
    assert best_leaf_compute(0.2, 0.2, 1.0) == np.inf
    assert continuous_threshold(0.2, 0.3, 1.0) == np.inf
    for threshold in (growth_threshold, winning_budget):
        assert threshold(weak, leaf, 1.0, 2) == np.inf
    assert saturation_budget(weak, leaf, 1.0) == np.inf


@pytest.mark.parametrize(("exponent", "depth"), [(0.1, 1), (0.15, 1), (0.2, 2), (0.3, 1)])
def test_growth_threshold_is_where_an_infinitely_weak_tree_draws_level(exponent, depth):
    leaf = Leaf(1e-12, exponent)
    threshold = float(growth_threshold(TREE, leaf, COST, depth))
    bias, _ = tree_options(threshold * np.array([1 - 1e-6, 1 + 1e-6]), TREE, leaf, COST, depth)
    below, above = bias[depth] - bias[0]
    assert below < 0 < above
    assert growth_threshold(TREE, leaf, COST, 1) <= threshold


def test_synergy_exists_iff_the_organisation_exponent_exceeds_the_leafs():
    rng = np.random.default_rng(3)
    points = 120
    trees = Tree(rng.choice([3.0, 5.0, 9.0, 21.0], points), rng.uniform(0.3, 1, points), rng.uniform(0, 0.7, points))
    exponents = rng.uniform(0.02, 0.5, points)
    margin = organisation_exponent(trees) - exponents
    budgets = np.geomspace(1e0, 1e12, 60)

    @compiled
    @jax.vmap
    def wins(tree, exponent):
        bias, _ = tree_options(budgets, tree, Leaf(1e-12, exponent), 1.0, 8)
        return jnp.any(jnp.max(bias[1:], axis=0) > bias[0] * (1 + 1e-9))

    clear = np.abs(margin) > 0.03
    assert clear.sum() > 90
    np.testing.assert_array_equal(wins(trees, exponents)[clear], margin[clear] > 0)


@pytest.mark.parametrize("depth", [1, 3])
def test_winning_budget_is_the_first_crossing_of_the_exact_curves(depth):
    leaf = Leaf(0.15, 0.15)  # strong enough for saturation to matter
    exact = float(winning_budget(TREE, leaf, COST, depth))
    assert exact > growth_threshold(TREE, leaf, COST, depth) * 1.001
    budgets = np.concatenate([np.geomspace(COST, exact * (1 - 1e-6), 4000), [exact * (1 + 1e-6)]])
    bias, _ = tree_options(budgets, TREE, leaf, COST, depth)
    ahead = np.asarray(bias[depth] > bias[0])
    assert not ahead[:-1].any()
    assert ahead[-1]
    assert winning_budget(TREE, Leaf(0.9, 0.15), COST, depth) == np.inf  # too strong a baseline


def test_a_strong_baseline_is_beaten_by_no_tree():
    rng = np.random.default_rng(5)
    trees = Tree(rng.choice([3.0, 5.0, 21.0], 60), rng.uniform(0.1, 1, 60), rng.uniform(0, 0.9, 60))
    single = np.minimum(fixed_point(trees).bias * (1 + 1e-9), 1)
    for weaker in (1.0, 0.7, 0.1):
        assert np.all(tree_trajectory(single * weaker, trees, 12) <= single[None] + 1e-15)


def test_best_tree_is_the_best_of_a_plain_loop():
    budgets = np.geomspace(10.0, 1e9, 12)
    bias, depth, compute = best_tree(budgets, TREE, LEAF, COST, 9)
    for i, whole in enumerate(budgets):
        rows = []
        for levels in range(10):
            leaves = 5**levels
            x = (whole - 2 * 10 * sum(5**k for k in range(1, levels + 1))) / leaves
            mu = min(1.0, 1e-3 * max(x, 0.0) ** 0.15)
            for _ in range(levels):
                h = 0.95 * mu
                mu = 0.05 * h + 0.95 * (15 * h - 10 * h**3 + 3 * h**5) / 8  # f_5
            rows.append((mu, -levels, x))
        best = max(rows)
        np.testing.assert_allclose((bias[i], depth[i], compute[i]), (best[0], -best[1], best[2]), rtol=1e-10)


def test_best_bias_grows_with_the_organisation_exponent_and_saturates_where_said():
    leaf = Leaf(1e-9, 0.15)
    saturation = float(saturation_budget(TREE, leaf, COST))
    weak, mid, short, full = best_tree(saturation * np.array([1e-14, 1e-4, 1, 1e3]), TREE, leaf, COST, 48).bias
    slope = np.log(mid / weak) / np.log(1e10)
    np.testing.assert_allclose(slope, organisation_exponent(TREE), atol=5e-3)
    ceiling = fixed_point(TREE).bias
    assert full > 0.999 * ceiling
    assert short < 0.95 * ceiling
    assert amplification(TREE) > 1


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="budget"):
        budget.best_tree(-1.0, TREE, LEAF, COST, 3)
    with pytest.raises(ValueError, match="max_depth"):
        budget.best_tree(1.0, TREE, LEAF, COST, -1)
    with pytest.raises(ValueError, match="fan_in"):
        budget.message_cost(10.0, 1)
    with pytest.raises(ValueError, match="message_length"):
        budget.message_cost(-1.0, 3)
    with pytest.raises(ValueError, match="compute"):
        budget.leaf_bias(-1.0, LEAF)
    with pytest.raises(ValueError, match="scale"):
        budget.leaf_bias(1.0, Leaf(0.0, 0.1))
    with pytest.raises(ValueError, match="exponent"):
        budget.growth_threshold(TREE, Leaf(1.0, -0.1), COST, 1)
    with pytest.raises(ValueError, match="depth"):
        budget.growth_threshold(TREE, LEAF, COST, 0)


def test_depth_zero_is_the_single_agent():
    bias, depth, compute = best_tree(50.0, TREE, LEAF, COST, 0)
    np.testing.assert_allclose((bias, depth, compute), (leaf_bias(50.0, LEAF), 0, 50.0))
