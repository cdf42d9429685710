import jax
import numpy as np
import pytest

from tests.compiled import compiled
from theory.trees import predictors, recursion
from theory.trees.recursion import Tree

best_chord_bound = compiled(predictors.best_chord_bound)
chord_bound = compiled(predictors.chord_bound)
clip_bound = compiled(predictors.clip_bound)
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


@pytest.fixture(scope="module")
def truth():
    return tree_trajectory(LEAVES, RANDOM, DEPTH)


def every_level(predict):
    return compiled(jax.vmap(lambda level: predict(LEAVES, RANDOM, level)))(LEVELS)


def test_clip_bounds_every_trajectory_from_above(truth):
    assert np.all(every_level(clip_bound) - truth >= -1e-13)


def test_best_chord_bounds_every_trajectory_from_below(truth):
    assert np.all(truth - every_level(best_chord_bound) >= -1e-13)


def test_best_chord_is_the_best_of_the_chords():
    tree, leaf, depth = Tree(5.0, 0.9, 0.1), 1e-4, 9.0
    targets = np.geomspace(leaf, fixed_point(tree).bias, 4001)
    scanned = np.max(chord_bound(leaf, tree, depth, targets))
    best = best_chord_bound(leaf, tree, depth)
    assert scanned <= best * (1 + 1e-12)
    np.testing.assert_allclose(best, scanned, rtol=2e-3)


def test_logistic_law_solves_its_own_recursion():
    above = np.asarray(amplification(RANDOM) > 1)
    alpha, ceiling, values = amplification(RANDOM), fixed_point(RANDOM).bias, every_level(logistic_law)
    bend = (alpha**2 - 1) / np.where(above, ceiling, 1) ** 2
    step = alpha[None] * values[:-1] / np.sqrt(1 + bend[None] * values[:-1] ** 2)
    np.testing.assert_allclose(values[1:, above], step[:, above], rtol=1e-10)
    assert np.all(np.isfinite(values))


def test_squared_bias_is_logistic_in_the_log_of_the_agents():
    tree, leaf = Tree(5.0, 0.8, 0.05), 1e-3
    plateau, rate, midpoint = logistic_in_log_agents(leaf, tree)
    curve = plateau / (1 + np.exp(-rate * (LEVELS * np.log(5) - midpoint)))
    np.testing.assert_allclose(logistic_law(leaf, tree, LEVELS) ** 2, curve, rtol=2e-5)  # but for a share (μ_0/μ*)²
    np.testing.assert_allclose(rate, 2 * np.log(amplification(tree)) / np.log(5), rtol=1e-14)
    assert np.isnan(logistic_in_log_agents(0.999, tree).midpoint)


def test_exact_quality_is_roughly_logistic_in_the_log_of_the_agents():
    """No number is fitted, and over uncorrelated trees the law is off by up to a fifth of the plateau, not by more."""
    fan_in, fidelity = (part.ravel() for part in np.meshgrid([3.0, 5.0, 9.0, 21.0], np.linspace(0.7, 1, 7)))
    tree = Tree(fan_in, fidelity, 0.0)
    plateau, rate, midpoint = logistic_in_log_agents(1e-4, tree)
    log_agents = LEVELS[:, None] * np.log(fan_in)[None]
    curve = 1 / (1 + np.exp(-np.asarray(rate)[None] * (log_agents - np.asarray(midpoint)[None])))
    far = np.abs(tree_trajectory(1e-4, tree, DEPTH) ** 2 / plateau[None] - curve).max(0)
    assert 0.12 < far.max() < 0.2


def test_logistic_law_lies_within_twelve_percent_below_an_uncorrelated_tree(truth):
    fan_in, fidelity = (part.ravel() for part in np.meshgrid([3.0, 9.0, 101.0, 1001.0], np.linspace(0.3, 1, 15)))
    tree = Tree(fan_in, fidelity, 0.0)
    supercritical = np.asarray(amplification(tree) > 1.01)
    leaf = np.minimum(1e-3, 0.5 * fixed_point(tree).bias)
    exact = tree_trajectory(leaf, tree, DEPTH)[:, supercritical]
    law = compiled(jax.vmap(lambda level: logistic_law(leaf, tree, level)))(LEVELS)[:, supercritical]
    assert np.all(law <= exact * (1 + 1e-12))
    assert 0.08 < np.max(1 - law / exact) < 0.12


def test_at_the_critical_point_the_logistic_law_is_the_critical_decay():
    tree = Tree(7.0, critical_fidelity(7.0, 0.2), 0.2)
    np.testing.assert_allclose(logistic_law(1.0, tree, 1e6), critical_decay(tree, 1e6), rtol=1e-5)
    np.testing.assert_allclose(tree_trajectory(1.0, tree, 4000)[-1], logistic_law(1.0, tree, 4000.0), rtol=2e-3)


def test_mixing_depth_is_where_the_clip_has_its_kink():
    tree = Tree(np.array([3.0, 5.0, 9.0]), 0.9, 0.05)
    depth = mixing_depth(1e-4, tree)
    np.testing.assert_allclose(amplification(tree) ** depth * 1e-4, fixed_point(tree).bias, rtol=1e-12)
    reached = np.argmax(tree_trajectory(1e-4, tree, DEPTH) >= 0.9 * fixed_point(tree).bias[None], axis=0)
    assert np.all((reached >= depth) & (reached <= depth + 3))
    settled = settling_depth(1e-4, tree, 0.1)
    np.testing.assert_allclose(logistic_law(1e-4, tree, settled), 0.9 * fixed_point(tree).bias, rtol=1e-12)
    assert np.all(np.abs(settled - reached) < 1.5)


def test_depths_without_a_climb():
    tree = Tree(3.0, np.array([0.5, 0.9]), 0.0)
    np.testing.assert_array_equal(mixing_depth(1.0, tree), [np.inf, 0])
    np.testing.assert_array_equal(settling_depth(1.0, tree, 0.01), [np.inf, 0])
    assert mixing_depth(0.0, Tree(3.0, 0.9, 0.0)) == np.inf


@pytest.mark.parametrize("tree", [Tree(5.0, 0.0, 0.1), Tree(5.0, 1.0, 1.0), Tree(1.0, 1.0, 0.0)])
@pytest.mark.parametrize("leaf", [0.0, 0.3, 1.0])
def test_degenerate_trees_are_predicted_exactly(tree, leaf):
    exact = tree_trajectory(leaf, tree, 3)
    for predict in (clip_bound, best_chord_bound, logistic_law):
        np.testing.assert_allclose(predict(leaf, tree, np.arange(4.0)), exact, atol=1e-15)


def test_predictors_have_finite_gradients_at_the_edges():
    for predict in (clip_bound, logistic_law):
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
    tree = Tree(3.0, 0.8, 0.1)
    assert tree_step(1.0, tree) >= fixed_point(tree).bias
