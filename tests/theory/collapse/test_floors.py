import numpy as np
import pytest
from scipy import integrate

from tests.compiled import compiled
from theory.collapse import floors

cosine_spread_floor = compiled(floors.cosine_spread_floor)
etf_error_floor = compiled(floors.etf_error_floor)
log_kernel_simplex = compiled(floors.log_kernel_simplex)
log_kernel_sphere = compiled(floors.log_kernel_sphere)
riesz_kernel_sphere = compiled(floors.riesz_kernel_sphere)


def etf_error(means):
    gram, etf = means @ means.T, np.eye(len(means)) - 1 / len(means)
    return np.linalg.norm(gram / np.linalg.norm(gram) - etf / np.linalg.norm(etf))


def cosine_spread(unit):
    return np.std((unit @ unit.T)[~np.eye(len(unit), dtype=bool)])


def harmonic_frame(classes, dimension):
    """Zero-sum tight frame of unit vectors: d/2 cosines and sines of whole frequencies."""
    angle = 2 * np.pi * np.outer(np.arange(classes), np.arange(1, dimension // 2 + 1)) / classes
    return np.concatenate([np.cos(angle), np.sin(angle)], 1) / np.sqrt(dimension / 2)


@pytest.mark.parametrize(("classes", "dimension"), [(7, 2), (12, 4), (13, 6)])
def test_floors_are_reached_by_tight_frames(classes, dimension):
    frame = harmonic_frame(classes, dimension)
    np.testing.assert_allclose(etf_error(frame), etf_error_floor(classes, dimension), atol=1e-12)
    np.testing.assert_allclose(cosine_spread(frame), cosine_spread_floor(classes, dimension), atol=1e-12)


def test_no_centred_means_fall_below_the_floor():
    rng = np.random.default_rng(0)
    for classes, dimension in ((5, 2), (20, 3), (50, 49), (10, 30)):
        for _ in range(50):
            means = rng.normal(size=(classes, dimension)) * rng.gamma(1.0, size=dimension)
            assert etf_error(means - means.mean(0)) >= etf_error_floor(classes, dimension) - 1e-12


def test_floors_vanish_once_the_simplex_fits():
    assert etf_error_floor(8, 7) == etf_error_floor(8, 100) == 0
    assert cosine_spread_floor(8, 7) == cosine_spread_floor(8, 100) == 0
    assert cosine_spread_floor(2, 1) == 0


def sphere_moments(kernel, dimension):
    """Quadrature over the angle between two uniform points, density sin^(d-2)."""

    def mean(f):
        def weight(t):
            return np.sin(t) ** (dimension - 2)

        return integrate.quad(lambda t: f(t) * weight(t), 0, np.pi)[0] / integrate.quad(weight, 0, np.pi)[0]

    def value(t):
        return kernel(2 * np.sin(t / 2))

    first = mean(value)
    return first, mean(lambda t: (value(t) - first) ** 2)


@pytest.mark.parametrize("dimension", [4, 9, 64])
def test_sphere_kernels_are_their_quadrature(dimension):
    np.testing.assert_allclose(log_kernel_sphere(dimension), sphere_moments(lambda r: -np.log(r), dimension), rtol=1e-7)
    np.testing.assert_allclose(riesz_kernel_sphere(dimension), sphere_moments(lambda r: 1 / r, dimension), rtol=1e-6)


def test_riesz_variance_is_undefined_where_its_integral_diverges():
    mean, variance = riesz_kernel_sphere(3, 1)
    np.testing.assert_allclose(mean, 1.0)  # harmonic on the sphere in three dimensions
    assert np.isnan(variance)


def test_simplex_kernel_is_that_of_a_simplex_and_below_chance():
    simplex = np.eye(9) - 1 / 9
    simplex /= np.linalg.norm(simplex, axis=1, keepdims=True)
    np.testing.assert_allclose(-np.log(np.linalg.norm(simplex[0] - simplex[1])), log_kernel_simplex(9), rtol=1e-12)
    assert log_kernel_simplex(9) < log_kernel_sphere(8)[0]
    with pytest.raises(ValueError, match="classes"):
        floors.log_kernel_simplex(1)
