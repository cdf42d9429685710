import jax
import numpy as np
import pytest

from tests.compiled import compiled
from theory.trees import predictors, recursion
from theory.trees.recursion import Tree

chord_bound = compiled(predictors.chord_bound)
logistic_in_log_agents = compiled(predictors.logistic_in_log_agents)
logistic_law = compiled(predictors.logistic_law)
mixing_depth = compiled(predictors.mixing_depth)
settling_depth = compiled(predictors.settling_depth)
amplification = compiled(recursion.amplification)
critical_decay = compiled(recursion.critical_decay)
critical_fidelity = compiled(recursion.critical_fidelity)
fixed_point = compiled(recursion.fixed_point)
tree_step = compiled(recursion.tree_step)
tree_trajectory = compiled(recursion.tree_trajectory, static_argnums=2)

RNG = np.random.default_rng(7)
POINTS, DEPTH = 300, 40
RANDOM = Tree(
    fan_in=RNG.choice([3.0, 5.0, 9.0, 21.0, 1001.0], POINTS),
    fidelity=RNG.uniform(0.05, 1.0, POINTS),
    correlation=RNG.uniform(0.0, 0.95, POINTS),
)
LEAVES = np.concatenate([10.0 ** RNG.uniform(-6, 0, POINTS - 2), [0.0, 1.0]])
LEVELS = np.arange(DEPTH + 1.0)

clip_levels, chord_levels, logistic_levels = (
    compiled(jax.vmap(predict, (None, None, 0)))
    for predict in (predictors.clip_bound, predictors.best_chord_bound, predictors.logistic_law)
)


def filled(values):
    """Repeated until they are as many as the random trees, whose programs then serve them too."""
    return np.resize(np.asarray(values, float), POINTS)


def trees(fan_in, fidelity, correlation):
    return Tree(filled(fan_in), filled(fidelity), filled(correlation))


@pytest.fixture(scope="module")
def truth():
    return tree_trajectory(LEAVES, RANDOM, DEPTH)


def test_clip_bounds_every_trajectory_from_above(truth):
    assert np.all(clip_levels(LEAVES, RANDOM, LEVELS) - truth >= -1e-13)


def test_best_chord_bounds_every_trajectory_from_below(truth):
    assert np.all(truth - chord_levels(LEAVES, RANDOM, LEVELS) >= -1e-13)


def test_best_chord_is_the_best_of_the_chords():
    tree, leaf, depth = trees(5, 0.9, 0.1), 1e-4, 9
    targets = np.geomspace(leaf, fixed_point(tree).bias[0], 4001)
    scanned = np.max(chord_bound(leaf, Tree(5.0, 0.9, 0.1), depth, targets))
    best = chord_levels(filled(leaf), tree, LEVELS)[depth, 0]
    assert scanned <= best * (1 + 1e-12)
    np.testing.assert_allclose(best, scanned, rtol=2e-3)


def test_logistic_law_solves_its_own_recursion():
    above = np.asarray(amplification(RANDOM) > 1)
    alpha, ceiling, values = amplification(RANDOM), fixed_point(RANDOM).bias, logistic_levels(LEAVES, RANDOM, LEVELS)
    bend = (alpha**2 - 1) / np.where(above, ceiling, 1) ** 2
    step = alpha[None] * values[:-1] / np.sqrt(1 + bend[None] * values[:-1] ** 2)
    np.testing.assert_allclose(values[1:, above], step[:, above], rtol=1e-10)
    assert np.all(np.isfinite(values))


def test_squared_bias_is_logistic_in_the_log_of_the_agents():
    tree, leaf = trees(5, 0.8, 0.05), filled([1e-3, 0.999])
    plateau, rate, midpoint = logistic_in_log_agents(leaf, tree)
    curve = plateau[0] / (1 + np.exp(-rate[0] * (LEVELS * np.log(5) - midpoint[0])))
    law = logistic_levels(leaf, tree, LEVELS)[:, 0]
    np.testing.assert_allclose(law**2, curve, rtol=2e-5)  # but for a share (μ_0/μ*)²
    np.testing.assert_allclose(rate, 2 * np.log(amplification(tree)) / np.log(5), rtol=1e-14)
    assert np.isnan(midpoint[1])


def test_exact_quality_is_roughly_logistic_in_the_log_of_the_agents():
    """No number is fitted, and over uncorrelated trees the law is off by up to a fifth of the plateau, not by more."""
    tree, leaf = trees(*np.meshgrid([3, 5, 9, 21], np.linspace(0.7, 1, 7)), 0), filled(1e-4)
    plateau, rate, midpoint = logistic_in_log_agents(leaf, tree)
    log_agents = LEVELS[:, None] * np.log(tree.fan_in)[None]
    curve = 1 / (1 + np.exp(-rate[None] * (log_agents - midpoint[None])))
    far = np.abs(tree_trajectory(leaf, tree, DEPTH) ** 2 / plateau[None] - curve).max(0)
    assert 0.12 < far.max() < 0.2


def test_logistic_law_lies_within_twelve_percent_below_an_uncorrelated_tree():
    tree = trees(*np.meshgrid([3, 9, 101, 1001], np.linspace(0.3, 1, 15)), 0)
    supercritical = amplification(tree) > 1.01
    leaf = np.minimum(1e-3, 0.5 * fixed_point(tree).bias)
    exact = tree_trajectory(leaf, tree, DEPTH)[:, supercritical]
    law = logistic_levels(leaf, tree, LEVELS)[:, supercritical]
    assert np.all(law <= exact * (1 + 1e-12))
    assert 0.08 < np.max(1 - law / exact) < 0.12


def test_at_the_critical_point_the_logistic_law_is_the_critical_decay():
    tree = Tree(7.0, critical_fidelity(7.0, 0.2), 0.2)
    later, late = logistic_law(filled(1), trees(*tree), filled([1e6, 4000]))[:2]
    np.testing.assert_allclose(later, critical_decay(tree, 1e6), rtol=1e-5)
    np.testing.assert_allclose(tree_trajectory(1.0, tree, 4000)[-1], late, rtol=2e-3)


def test_mixing_depth_is_where_the_clip_has_its_kink():
    tree, leaf = trees([3, 5, 9], 0.9, 0.05), filled(1e-4)
    depth = mixing_depth(leaf, tree)
    np.testing.assert_allclose(amplification(tree) ** depth * leaf, fixed_point(tree).bias, rtol=1e-12)
    reached = np.argmax(tree_trajectory(leaf, tree, DEPTH) >= 0.9 * fixed_point(tree).bias[None], axis=0)
    assert np.all((reached >= depth) & (reached <= depth + 3))
    settled = settling_depth(leaf, tree, 0.1)
    np.testing.assert_allclose(logistic_law(leaf, tree, settled), 0.9 * fixed_point(tree).bias, rtol=1e-12)
    assert np.all(np.abs(settled - reached) < 1.5)


def test_depths_without_a_climb():
    tree = trees(3, [0.5, 0.9, 0.9], 0)
    np.testing.assert_array_equal(mixing_depth(filled([1, 1, 0]), tree)[:3], [np.inf, 0, np.inf])
    np.testing.assert_array_equal(settling_depth(filled(1), tree, 0.01)[:2], [np.inf, 0])


@pytest.mark.parametrize("levels", [clip_levels, chord_levels, logistic_levels])
def test_degenerate_trees_are_predicted_exactly(levels):
    tree, leaf = trees(np.repeat([5, 5, 1], 3), np.repeat([0, 1, 1], 3), np.repeat([0.1, 1, 0], 3)), filled([0, 0.3, 1])
    np.testing.assert_allclose(levels(leaf, tree, LEVELS), tree_trajectory(leaf, tree, DEPTH), atol=1e-15)


def test_predictors_have_finite_gradients_at_the_edges():
    for predict in (predictors.clip_bound, predictors.logistic_law):
        slope = compiled(jax.grad(predict))
        assert np.isfinite([slope(leaf, Tree(5.0, 0.9, 0.1), 3.0) for leaf in (0.0, 1.0)]).all()


def test_bad_input_is_refused():
    tree = Tree(3, 0.9, 0.1)
    with pytest.raises(ValueError, match="leaf_bias"):
        predictors.clip_bound(-0.1, tree, 2)
    with pytest.raises(ValueError, match="depth"):
        predictors.logistic_law(0.1, tree, -1)
    with pytest.raises(ValueError, match="target"):
        predictors.chord_bound(0.1, tree, 2, 0.0)
    with pytest.raises(ValueError, match="gap"):
        predictors.settling_depth(0.1, tree, 0.0)


def test_a_step_from_above_the_ceiling_stays_above_it():
    tree = trees(3, 0.8, 0.1)
    assert np.all(tree_step(filled(1), tree) >= fixed_point(tree).bias)
