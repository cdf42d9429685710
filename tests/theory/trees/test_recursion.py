import itertools
import math

import jax
import numpy as np
import pytest

from tests.compiled import compiled
from theory.trees import recursion
from theory.trees.recursion import Tree

amplification = compiled(recursion.amplification)
critical_amplitude = compiled(recursion.critical_amplitude)
critical_decay = compiled(recursion.critical_decay)
critical_fidelity = compiled(recursion.critical_fidelity)
cubic_coefficient = compiled(recursion.cubic_coefficient)
fixed_point = compiled(recursion.fixed_point)
fixed_point_of_three = compiled(recursion.fixed_point_of_three)
log_error_step = compiled(recursion.log_error_step)
log_error_trajectory = compiled(recursion.log_error_trajectory, static_argnums=2)
organisation_exponent = compiled(recursion.organisation_exponent)
tree_step = compiled(recursion.tree_step)
tree_step_derivative = compiled(recursion.tree_step_derivative)
tree_trajectory = compiled(recursion.tree_trajectory, static_argnums=2)

RNG = np.random.default_rng(20260124)
POINTS = 400
RANDOM = Tree(
    fan_in=RNG.choice([3.0, 5.0, 7.0, 11.0, 21.0, 101.0, 1001.0], POINTS),
    fidelity=RNG.uniform(0.02, 1.0, POINTS),
    correlation=RNG.uniform(0.0, 0.95, POINTS),
)


def enumerated_step(bias, fan_in, fidelity, correlation):
    """The node's mean vote and the children's correlation, by listing every pattern of received votes."""
    heard = (1 + fidelity * bias) / 2
    mean = pair = 0.0
    for votes in itertools.product((1, -1), repeat=fan_in):
        chance = math.prod(heard if v == 1 else 1 - heard for v in votes) * (1 - correlation)
        same = abs(sum(votes)) == fan_in
        chance += same * correlation * (heard if votes[0] == 1 else 1 - heard)
        mean += chance * (1 if sum(votes) > 0 else -1)
        pair += chance * votes[0] * votes[1]
    single = 2 * heard - 1
    return mean, (pair - single**2) / (1 - single**2)


@pytest.mark.parametrize("fan_in", [3, 5, 7])
@pytest.mark.parametrize(("bias", "fidelity", "correlation"), [(0.3, 0.8, 0.25), (-0.6, 1.0, 0.0), (0.9, 0.4, 0.9)])
def test_step_equals_enumeration_of_votes(fan_in, bias, fidelity, correlation):
    mean, pairwise = enumerated_step(bias, fan_in, fidelity, correlation)
    np.testing.assert_allclose(tree_step(bias, Tree(fan_in, fidelity, correlation)), mean, rtol=1e-13)
    np.testing.assert_allclose(pairwise, correlation, atol=1e-13)  # ρ is the correlation at every bias


def test_amplification_is_the_slope_at_zero():
    slope = compiled(jax.vmap(jax.grad(recursion.tree_step), (None, 0)))(0.0, RANDOM)
    np.testing.assert_allclose(amplification(RANDOM), slope, rtol=1e-14)
    np.testing.assert_allclose(RANDOM.fan_in ** organisation_exponent(RANDOM), slope, rtol=1e-12)


def test_cubic_coefficient_is_a_sixth_of_the_third_derivative():
    tree = Tree(*(part[:8] for part in RANDOM))
    third = compiled(jax.vmap(jax.grad(jax.grad(jax.grad(recursion.tree_step))), (None, 0)))
    np.testing.assert_allclose(cubic_coefficient(tree), -third(0.0, tree) / 6, rtol=1e-12)


def test_noise_threshold_is_that_of_noisy_gates():
    for b in (3, 5, 7, 9, 101):
        gates = 0.5 - 2.0 ** (b - 2) / (b * math.comb(b - 1, (b - 1) // 2))
        np.testing.assert_allclose((1 - critical_fidelity(b, 0.0)) / 2, gates, rtol=1e-13)
    np.testing.assert_allclose(
        amplification(RANDOM._replace(fidelity=1.0)) * critical_fidelity(RANDOM[0], RANDOM[2]), 1
    )


def test_amplification_decides_the_fate_of_every_bias():
    far = np.abs(amplification(RANDOM) - 1) > 0.02
    end = compiled(lambda leaf: jax.lax.fori_loop(0, 3000, lambda _, bias: tree_step(bias, RANDOM), leaf))
    point = fixed_point(RANDOM)
    above = np.asarray(amplification(RANDOM) > 1)
    assert 100 < above.sum() < 300
    assert np.all((point.bias > 0) == above)
    for leaf in (0.01, 1.0):
        reached = end(np.full(POINTS, leaf))
        np.testing.assert_allclose(reached[far], point.bias[far], rtol=0, atol=1e-12)
    np.testing.assert_allclose(tree_step(point.bias, RANDOM), point.bias, atol=1e-15)


def test_multiplier_is_the_rate_of_approach():
    point = fixed_point(RANDOM)
    below = point.bias * (1 - 1e-4)
    shrink = (tree_step(below, RANDOM) - point.bias) / (below - point.bias)
    settled = np.asarray(point.bias > 0.05)
    np.testing.assert_allclose(shrink[settled], point.multiplier[settled], rtol=0, atol=5e-3)
    assert np.all((point.multiplier >= 0) & (point.multiplier < 1))


def test_fixed_point_of_three_is_a_root_of_the_cubic():
    fidelity, correlation = (part.ravel() for part in np.meshgrid(np.linspace(0, 1, 41), np.linspace(0, 0.99, 12)))
    closed = fixed_point_of_three(fidelity, correlation)
    np.testing.assert_allclose(closed, fixed_point(Tree(3.0, fidelity, correlation)).bias, atol=1e-12)
    np.testing.assert_allclose(fixed_point_of_three(1.0, np.array([0.0, 0.5, 0.9])), 1, rtol=1e-15)


def test_fixed_point_carries_the_implicit_derivative():
    by_root = compiled(jax.grad(lambda g, r: fixed_point(Tree(3.0, g, r)).bias, argnums=(0, 1)))
    closed = compiled(jax.grad(recursion.fixed_point_of_three, argnums=(0, 1)))
    np.testing.assert_allclose(by_root(0.9, 0.1), closed(0.9, 0.1), rtol=1e-13)


def test_order_parameter_opens_with_the_square_root():
    for fan_in in (3.0, 5.0, 11.0, 101.0):
        excess = np.array([1e-3, 1e-4, 1e-5])
        tree = Tree(fan_in, (1 + excess) * critical_fidelity(fan_in, 0.2), 0.2)
        deviation = fixed_point(tree).bias / critical_amplitude(tree) - 1
        assert np.all(np.abs(deviation) < 5 * excess)  # first order in α - 1, so the amplitude itself is right


def test_at_the_critical_point_the_bias_decays_as_the_inverse_root():
    fan_in = np.array([3.0, 11.0, 101.0])
    tree = Tree(fan_in, critical_fidelity(fan_in, 0.1), 0.1)
    end = jax.lax.fori_loop(0, 20_000, lambda _, bias: tree_step(bias, tree), np.ones(3))
    np.testing.assert_allclose(end / critical_decay(tree, 20_000), 1, rtol=2e-3)


def test_step_is_odd_increasing_concave_and_monotone_in_fidelity():
    bias = np.linspace(0, 1, POINTS)
    np.testing.assert_allclose(tree_step(-bias, RANDOM), -tree_step(bias, RANDOM), rtol=1e-15)
    assert np.all(tree_step_derivative(bias, RANDOM) >= 0)
    more = RANDOM._replace(fidelity=np.minimum(RANDOM.fidelity * 1.1, 1.0))
    assert np.all(tree_step(bias, more) >= tree_step(bias, RANDOM))
    third = 0.5 * (tree_step(0.5 * bias, RANDOM) * 2 - tree_step(bias, RANDOM))
    assert np.all(third >= -1e-15)


@pytest.mark.parametrize("tree", [Tree(1.0, 0.7, 0.3), Tree(9.0, 0.7, 1.0)])
def test_one_child_or_full_correlation_only_relays(tree):
    np.testing.assert_allclose(tree_trajectory(0.4, tree, 3), 0.4 * 0.7 ** np.arange(4), rtol=1e-15)
    assert fixed_point(tree).bias == 0


def test_edges_of_the_recursion():
    assert tree_trajectory(1.0, Tree(5.0, 1.0, 0.3), 3)[-1] == 1
    assert tree_trajectory(0.2, Tree(5.0, 0.0, 0.3), 3)[1] == 0
    np.testing.assert_array_equal(tree_trajectory(0.2, Tree(5, 0.9, 0.3), 0), [0.2])
    np.testing.assert_array_equal(fixed_point(Tree(5, 1.0, np.array([0.0, 0.9, 1.0]))).bias, [1, 1, 0])
    slope = compiled(jax.grad(lambda bias: tree_trajectory(bias, Tree(5.0, 1.0, 0.0), 9)[-1]))
    assert np.isfinite([slope(edge) for edge in (0.0, 1.0)]).all()


def test_log_error_recursion_is_the_bias_recursion_where_both_can_see():
    tree = Tree(*(part[:50] for part in RANDOM))
    bias = tree_trajectory(0.3, tree, 6)
    error = np.exp(log_error_trajectory(math.log(0.35), tree, 6))
    # an incomplete beta of b votes is as ill-conditioned as b, and that of JAX 0.10 good to some 30 units; six levels
    rounding = 6 * np.maximum(tree.fan_in, 32) * np.finfo(float).eps
    assert (np.abs(error - (1 - bias) / 2) <= rounding).all()


def test_error_of_a_deep_tree_doubles_its_exponent_as_votes_demand():
    logs = log_error_trajectory(math.log(0.45), Tree(1001.0, 1.0, 0.0), 60)
    assert np.all(np.isfinite(logs))
    # ln q falls by a = 501 a level once C(1001, 501) stops to matter
    np.testing.assert_allclose(logs[-1] / logs[-2], 501, rtol=1e-14)
    assert logs[-1] < -1e160
    np.testing.assert_allclose(log_error_step(-1e9, Tree(5.0, 0.5, 0.0)), log_error_step(-1e12, Tree(5.0, 0.5, 0.0)))


def test_weak_signal_in_a_deep_subcritical_tree_keeps_its_digits():
    tree = Tree(3.0, 0.5, 0.1)
    bias = tree_trajectory(1e-3, tree, 60)
    exact = 1e-3  # the cubic g(μ) = αμ - cμ³, whose correction dies out
    for _ in range(60):
        exact = 0.725 * exact - 0.05625 * exact**3
    np.testing.assert_allclose(bias[-1], exact, rtol=1e-13)


@pytest.mark.parametrize(
    ("tree", "name"),
    [
        (Tree(4, 0.9, 0.1), "fan_in"),
        (Tree(3, 1.1, 0.1), "fidelity"),
        (Tree(3, -0.1, 0.1), "fidelity"),
        (Tree(3, 0.9, 1.2), "correlation"),
        (Tree(3, 0.9, np.nan), "correlation"),
    ],
)
def test_bad_trees_are_refused_by_name(tree, name):
    for function in (
        recursion.amplification,
        recursion.fixed_point,
        recursion.organisation_exponent,
        recursion.cubic_coefficient,
    ):
        with pytest.raises(ValueError, match=name):
            function(tree)
    with pytest.raises(ValueError, match=name):
        recursion.tree_step(0.1, tree)


@pytest.mark.parametrize("depth", [-1, 1.5])
def test_bad_depth_is_refused(depth):
    with pytest.raises((ValueError, TypeError)):
        recursion.tree_trajectory(0.1, Tree(3, 0.9, 0.1), depth)
