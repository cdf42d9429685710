import jax
import numpy as np
import pytest

from tests.compiled import compiled
from theory.collapse import proximity
from theory.collapse.deep_linear import deep_linear_minimum
from theory.collapse.proximity import best_head, collapse_map, flow_velocity, reduced_loss

class_scatter = compiled(proximity.class_scatter)
collapsed_features = compiled(proximity.collapsed_features)
near_collapse_levels = compiled(proximity.near_collapse_levels)
within_attenuation = compiled(proximity.within_attenuation)

CLASSES, PER_CLASS, DIMENSION = 3, 4, 5
HEAD, FEATURE, PULL = 0.5, 0.05, 50.0
velocity, head_of = compiled(flow_velocity, static_argnums=1), compiled(best_head, static_argnums=1)


@pytest.fixture(scope="module")
def answer():
    features = collapsed_features(DIMENSION, CLASSES, PER_CLASS, HEAD, FEATURE)
    return np.asarray(compiled(collapse_map, static_argnums=1)(features, CLASSES, HEAD, FEATURE, PULL))


def test_velocity_is_minus_the_scaled_gradient_of_the_reduced_loss():
    features = np.random.default_rng(0).normal(size=(DIMENSION, CLASSES * PER_CLASS))
    slope = compiled(jax.grad(reduced_loss), static_argnums=1)(features, CLASSES, 0.3, 0.2)
    np.testing.assert_allclose(
        velocity(features, CLASSES, 0.3, 0.2), -CLASSES * PER_CLASS * slope, rtol=1e-10, atol=1e-12
    )


def test_best_head_beats_its_neighbours():
    features = np.random.default_rng(1).normal(size=(DIMENSION, CLASSES * PER_CLASS))
    head = head_of(features, CLASSES, 0.3)
    targets = np.kron(np.eye(CLASSES), np.ones((1, PER_CLASS)))
    slope = (head @ features - targets) @ features.T + PER_CLASS * 0.3 * head
    np.testing.assert_allclose(slope, 0, atol=1e-12)


def test_collapsed_features_are_stationary_and_those_of_the_deep_linear_model():
    features = collapsed_features(DIMENSION, CLASSES, PER_CLASS, HEAD, FEATURE)
    np.testing.assert_allclose(velocity(features, CLASSES, HEAD, FEATURE), 0, atol=1e-14)
    samples = CLASSES * PER_CLASS
    other = compiled(deep_linear_minimum)(
        np.full(CLASSES, float(PER_CLASS)), samples, np.array([HEAD / CLASSES]), FEATURE / samples
    )
    np.testing.assert_allclose((features**2).sum(0)[0], other.mean_energy[0], rtol=1e-12)
    np.testing.assert_allclose((head_of(features, CLASSES, HEAD) ** 2).sum(1)[0], other.head_energy[0], rtol=1e-12)
    np.testing.assert_allclose(
        compiled(reduced_loss, static_argnums=1)(features, CLASSES, HEAD, FEATURE), other.value, rtol=1e-12
    )


def test_map_spectrum_has_the_predicted_levels_and_multiplicities(answer):
    n, d, k = PER_CLASS, DIMENSION, CLASSES
    block = answer[:n, :, :n, :].reshape(n * d, n * d)
    singular = np.sort(np.linalg.svd(block, compute_uv=False))
    inside, outside = 1 / (1 + np.sqrt(FEATURE / HEAD) / PULL), 1 / (1 + FEATURE / PULL)
    assert np.sum(np.abs(singular - inside) < 1e-10) == (n - 1) * k
    assert np.sum(np.abs(singular - outside) < 1e-10) == (n - 1) * (d - k)
    assert np.sum(np.abs(singular - 1) < 1e-10) == d - k
    smallest, cross = near_collapse_levels(HEAD, FEATURE, PULL)
    np.testing.assert_allclose(singular[0], smallest, atol=2 / PULL**2)
    other = np.linalg.svd(answer[:n, :, n : 2 * n, :].reshape(n * d, n * d), compute_uv=False)
    np.testing.assert_allclose(other[0], cross, atol=2 / PULL**2)
    assert other[1] < 1e-12


def test_attenuation_is_what_the_map_does_to_a_displacement_within_a_class(answer):
    shift = np.random.default_rng(2).normal(size=(CLASSES * PER_CLASS, DIMENSION))
    blocks = shift.reshape(CLASSES, PER_CLASS, DIMENSION)
    shift = (blocks - blocks.mean(1, keepdims=True)).reshape(shift.shape)
    after = np.einsum("idje,je->id", answer, shift)
    share = (shift[:, :CLASSES] ** 2).sum() / (shift**2).sum()
    expected = within_attenuation(HEAD, FEATURE, PULL, share)
    np.testing.assert_allclose((after**2).sum() / (shift**2).sum(), expected, rtol=1e-12)


def test_scatter_of_known_features():
    features = np.array([[0.0, 2.0, 4.0, 6.0]])
    found = class_scatter(jax.numpy.asarray(features), 2)
    assert float(found.within) == 1.0
    assert float(found.between) == 4.0


def test_head_decay_works_against_collapse_and_feature_decay_for_it():
    base = within_attenuation(0.1, 0.1, 10.0, 0.5)
    assert within_attenuation(0.2, 0.1, 10.0, 0.5) > base > within_attenuation(0.1, 0.2, 10.0, 0.5)


def test_too_much_decay_and_too_few_dimensions_are_refused():
    with pytest.raises(ValueError, match="head_decay"):
        proximity.collapsed_features(5, 3, 4, 2.0, 0.6)
    with pytest.raises(ValueError, match="head_decay must lie in"):
        proximity.collapsed_features(5, 3, 4, -0.1, -0.1)
    with pytest.raises(ValueError, match="feature_decay must lie in"):
        proximity.within_attenuation(0.1, -0.1, 1.0, 0.5)
    with pytest.raises(ValueError, match="dimension must be >= classes"):
        proximity.collapsed_features(2, 3, 4, 0.1, 0.1)
    with pytest.raises(ValueError, match="pull"):
        proximity.within_attenuation(0.1, 0.1, 0.0, 0.5)
