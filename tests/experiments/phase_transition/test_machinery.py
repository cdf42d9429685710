"""What the figures of this paper share."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.run.mesh import device_mesh
from core.trees.law import Shape
from experiments.phase_transition import _averages
from experiments.phase_transition._exact import tree_by_enumeration
from experiments.phase_transition._measure import nearest, root_bias, standard_error
from experiments.phase_transition._scaling import scaling_function
from tests.compiled import compiled


@pytest.mark.parametrize("leaf", [np.inf, 0.7])
def test_scaling_function_solves_its_equation(leaf):
    """On a path z = εt, y² ∝ t, with c = 1/2: μ = F/√t must solve μ' = εμ - μ³/2."""
    time, excess = np.linspace(0.5, 4.0, 8), -0.8

    def bias(t):
        start = np.inf if np.isinf(leaf) else leaf * jnp.sqrt(t)
        return scaling_function(excess * t, start) / jnp.sqrt(t)

    value, slope = compiled(jax.vmap(jax.value_and_grad(bias)), static_argnames=())(time)
    np.testing.assert_allclose(slope, excess * value - value**3 / 2, rtol=1e-10)


def test_scaling_function_is_smooth_through_the_transition():
    excess = np.array([-2e-6, -0.5e-6, 0.0, 0.5e-6, 2e-6])
    np.testing.assert_allclose(compiled(scaling_function)(excess), 1 + excess / 2, rtol=1e-10)


def test_leaves_of_levels_have_the_correlation_afresh_at_every_level():
    """Means of subtrees that meet have the correlation ρ at each level, noise of messages included."""
    fan_in, depth, correlation, noise = 3, 2, 0.4, 0.1
    shape = fan_in, depth, 40_000
    leaves = compiled(lambda key: _averages._leaves_of_levels(key, 1.0, correlation, noise, shape))(jax.random.key(1))
    own = np.cov(leaves)
    near, far = own[0, 1], own[0, 3]
    middle = (1 + 2 * correlation + noise) / 3  # variance of a mean one level up
    error = 4 / np.sqrt(shape[2])
    np.testing.assert_allclose(np.diag(own), 1, atol=error * np.sqrt(2))
    np.testing.assert_allclose([near, far], [correlation, correlation * middle], atol=error)


def test_root_bias_agrees_with_enumeration_of_one_tree():
    words = 128
    settings = nearest(np.array([0.5, -0.25]), np.array([0.75, 1.0]), np.array([0.25, 0.5]))
    measured = root_bias(device_mesh(), jax.random.key(2), Shape(3, 2), settings, words)
    exact = [
        tree_by_enumeration([float(leaf)] * 9, 3, float(sent), float(same))
        for leaf, sent, same in zip(*settings, strict=True)
    ]
    scores = (np.asarray(measured) - exact) / standard_error(np.array(exact), words)
    assert np.abs(scores).max() < 4


def test_nearest_changes_nothing_that_can_be_drawn_exactly():
    wanted = np.array([0.5]), np.array([0.75]), np.array([0.25])
    for part, found in zip(wanted, nearest(*wanted), strict=True):
        np.testing.assert_array_equal(part, found)
