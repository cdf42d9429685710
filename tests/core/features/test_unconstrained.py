import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.features.quasi_newton import minimise
from core.features.unconstrained import (
    Penalty,
    balance_residual,
    class_means,
    class_targets,
    cross_entropy_loss,
    layer_product,
    outputs,
    plant_model,
    sample_model,
    squared_loss,
)
from tests.compiled import compiled
from theory.collapse.deep_linear import deep_linear_minimum

SIZES = (6, 4, 2)
TARGETS = jnp.asarray(class_targets(SIZES))
PENALTY = Penalty(jnp.array([3e-3, 6e-3]), jnp.asarray(4e-3))
residual = compiled(jax.vmap(balance_residual, (0, None)))


@pytest.fixture(scope="module")
def descended():
    def run(key):
        return minimise(lambda m: squared_loss(m, TARGETS, PENALTY), sample_model(key, (5, 5, 3), 12, 0.5), 400)

    return compiled(lambda key: jax.vmap(run)(jax.random.split(key, 3)))(jax.random.key(0))


@pytest.fixture(scope="module")
def minimum():
    return compiled(deep_linear_minimum)(np.asarray(SIZES, float), 12, PENALTY.layers, PENALTY.features)


def test_random_starts_come_down_to_the_closed_form_and_not_below(descended, minimum):
    _model, value, slope = descended
    gap = np.asarray(value / minimum.value - 1)
    assert np.all(gap > -1e-13)
    assert gap.min() < 1e-12
    assert np.all(slope < 1e-12)


def test_the_layers_found_are_balanced(descended):
    model, _, _ = descended
    assert np.all(residual(model, PENALTY) < 1e-8)
    # and a wrong decay is seen
    wrong = Penalty(np.array([3e-3, 6.6e-3]), PENALTY.features)
    assert np.all(residual(model, wrong) > 0.05)


def test_planted_model_is_the_minimiser(minimum):
    @compiled
    def planted(energy, key):
        model = plant_model(energy, jnp.eye(3), TARGETS, PENALTY, key, 5)
        return squared_loss(model, TARGETS, PENALTY), class_means(model.features, TARGETS), layer_product(model.layers)

    loss, means, head = planted(minimum.layer_energy, jax.random.key(1))
    np.testing.assert_allclose(loss, minimum.value, rtol=1e-13)
    np.testing.assert_allclose(means.T @ means, np.diag(minimum.mean_energy), atol=1e-12)
    np.testing.assert_allclose(head @ means, np.diag(minimum.outputs), atol=1e-12)


def test_cross_entropy_is_the_negative_log_likelihood_and_bias_moves_only_where_asked():
    none = Penalty(jnp.zeros(2), jnp.zeros(()))

    @compiled
    def found(key):
        model = sample_model(key, (5, 5, 3), 12, 1.0)
        slope = jax.grad(lambda model, biased: squared_loss(model, TARGETS, none, biased=biased))
        slopes = jax.vmap(slope, (None, 0))(model, jnp.array([False, True])).bias
        return cross_entropy_loss(model, jnp.argmax(TARGETS, axis=0), none), jax.nn.softmax(outputs(model), 0), slopes

    value, chance, slopes = found(jax.random.key(2))
    np.testing.assert_allclose(value, -np.mean(np.log(np.sum(chance * TARGETS, axis=0))), rtol=1e-12)
    assert np.any(slopes != 0, axis=1).tolist() == [False, True]


def test_bad_shapes_are_refused():
    with pytest.raises(ValueError, match="widths"):
        sample_model(jax.random.key(0), (5,), 12, 1.0)
    with pytest.raises(ValueError, match="class_sizes"):
        class_targets((3, 0))
    with pytest.raises(ValueError, match="width is 2"):
        plant_model(jnp.ones((1, 3)), jnp.eye(3), TARGETS, PENALTY, jax.random.key(1), 2)
