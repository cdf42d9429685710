from itertools import pairwise

import numpy as np
import pytest

from theory.trees import warmup

V, RHO, NOISE = 1.3, 0.2, 0.05


def weights_of_leaves_and_messages(combine, agents):
    """Linear weights that an organisation gives each leaf estimate and each message's noise, by carrying unit vectors.

    `combine(own, noise)` gets the leaf vectors and a maker of fresh noise vectors.
    """
    fresh = []

    def noise():
        fresh.append(len(fresh))
        unit = np.zeros(agents + 200)
        unit[agents + fresh[-1]] = 1
        return unit

    return combine(np.eye(agents, agents + 200), noise)


def variance(weights, agents, correlation=RHO):
    leaves, noise = weights[:agents], weights[agents:]
    covariance = V * ((1 - correlation) * np.eye(agents) + correlation)
    return leaves @ covariance @ leaves + NOISE * noise @ noise


def test_star_is_its_own_linear_combination():
    weights = weights_of_leaves_and_messages(lambda own, noise: sum(x + noise() for x in own) / 7, 7)
    np.testing.assert_allclose(warmup.star(V, RHO, NOISE, 7), variance(weights, 7), rtol=1e-13)


def test_running_chain_is_its_own_linear_combination():
    def chain(own, noise):
        mean = own[0]
        for k, x in enumerate(own[1:], start=1):
            mean = (k * (mean + noise()) + x) / (k + 1)
        return mean

    np.testing.assert_allclose(
        warmup.chain_running(V, RHO, NOISE, 9), variance(weights_of_leaves_and_messages(chain, 9), 9), rtol=1e-13
    )


def test_best_chain_length_has_the_least_variance():
    lengths = np.linspace(1.0, 60.0, 590_001)
    best = lengths[np.argmin(warmup.chain_running(V, RHO, NOISE, lengths))]
    np.testing.assert_allclose(warmup.best_chain_length(V, RHO, NOISE), best, rtol=2e-5)
    assert warmup.best_chain_length(V, RHO, 0.0) == np.inf


def test_fixed_weight_chain_is_its_own_linear_combination_and_falls_to_its_floor():
    def chain(own, noise):
        value = own[0]
        for x in own[1:]:
            value = 0.7 * (value + noise()) + 0.3 * x
        return value

    series = warmup.chain_fixed_weight(V, RHO, NOISE, 0.3, 120)
    np.testing.assert_allclose(series[8], variance(weights_of_leaves_and_messages(chain, 9), 9), rtol=1e-13)
    np.testing.assert_allclose(series[-1], warmup.chain_fixed_weight_floor(V, RHO, NOISE, 0.3), rtol=1e-13)


def test_kalman_chain_is_the_best_weight_at_every_step():
    series = warmup.chain_kalman(V, NOISE, 200)
    weights = np.linspace(0, 1, 100_001)
    for before, after in pairwise(series[:6]):
        tried = (1 - weights) ** 2 * (before + NOISE) + weights**2 * V
        np.testing.assert_allclose(after, tried.min(), rtol=1e-8)
    np.testing.assert_allclose(series[-1], warmup.chain_kalman_floor(V, NOISE), rtol=1e-13)


def test_global_tree_is_its_own_linear_combination():
    def tree(own, noise):
        level = list(own)
        while len(level) > 1:
            level = [sum(x + noise() for x in level[i : i + 3]) / 3 for i in range(0, len(level), 3)]
        return level[0]

    exact = variance(weights_of_leaves_and_messages(tree, 27), 27)
    np.testing.assert_allclose(warmup.tree_global(V, RHO, NOISE, 3, 3), exact, rtol=1e-13)


def test_per_level_tree_is_an_ultrametric_law():
    """The leaves' joint covariance that makes siblings of every level correlate by ρ gives the recursion's variance."""
    fan_in, depth = 3, 3
    levels = [V]
    for _ in range(depth):
        levels.append((RHO + (1 - RHO) / fan_in) * levels[-1] + NOISE / fan_in)
    leaves = np.arange(fan_in**depth)
    # leaves that part k levels up share covariance ρ v_{k-1}
    covariance = np.full((27, 27), V)
    for k in range(1, depth + 1):
        apart = (leaves[:, None] // fan_in**k == leaves // fan_in**k) & (
            leaves[:, None] // fan_in ** (k - 1) != leaves // fan_in ** (k - 1)
        )
        covariance[apart] = RHO * levels[k - 1]
    assert np.linalg.eigvalsh(covariance).min() > 0
    share = np.full(27, 1 / 27)
    noise = NOISE * sum(fan_in**-k for k in range(1, depth + 1))
    exact = share @ covariance @ share + noise
    np.testing.assert_allclose(warmup.tree_per_level(V, RHO, NOISE, fan_in, depth), exact, rtol=1e-13)
    np.testing.assert_allclose(levels[-1], exact, rtol=1e-13)


def test_floor_is_the_fixed_point_and_mixing_depth_reaches_it():
    floor = warmup.tree_floor(RHO, NOISE, 5)
    np.testing.assert_allclose(warmup.contraction(5, RHO) * floor + NOISE / 5, floor, rtol=1e-14)
    depth = warmup.mixing_depth(V, RHO, NOISE, 5, 0.1)
    np.testing.assert_allclose(warmup.tree_per_level(V, RHO, NOISE, 5, depth), 1.1 * floor, rtol=1e-12)
    assert warmup.mixing_depth(floor, RHO, NOISE, 5, 0.1) == 0
    assert warmup.tree_global(V, RHO, NOISE, 5, 40) > RHO * V  # the floor that a fresh ρ at each level does not have


def test_limits_of_no_depth_and_one_agent():
    np.testing.assert_allclose(warmup.tree_per_level(V, RHO, NOISE, 3, 0), V)
    np.testing.assert_allclose(warmup.tree_global(V, RHO, NOISE, 3, 0), V)
    np.testing.assert_allclose(warmup.chain_running(V, RHO, NOISE, 1), V)
    np.testing.assert_allclose(warmup.star(V, RHO, NOISE, 1), V + NOISE)


@pytest.mark.parametrize(("arguments", "name"), [((-1.0, 0, 0, 3), "leaf_variance"), ((1.0, 2, 0, 3), "correlation")])
def test_bad_input_is_refused(arguments, name):
    with pytest.raises(ValueError, match=name):
        warmup.star(*arguments)
    with pytest.raises(ValueError, match="fan_in"):
        warmup.tree_floor(0.1, 0.1, 1)
    with pytest.raises(ValueError, match="agents"):
        warmup.chain_kalman(1.0, 0.1, 0)
