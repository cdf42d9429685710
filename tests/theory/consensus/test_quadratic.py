import numpy as np

from tests.compiled import compiled
from theory.consensus import quadratic

consensus_covariance = compiled(quadratic.consensus_covariance)
consensus_noise = compiled(quadratic.consensus_noise)
effective_share = compiled(quadratic.effective_share)
hopping_variance = compiled(quadratic.hopping_variance)
tilted_normal = compiled(quadratic.tilted_normal)

ROOT = np.random.default_rng(0).normal(size=(2, 3, 3))
COVARIANCE = np.asarray(ROOT[0] @ ROOT[0].T / 3 + 0.2 * np.eye(3))
CURVATURE = np.asarray(ROOT[1] @ ROOT[1].T / 3)
MEAN, MINIMISER = np.array([0.5, -0.4, 0.3]), np.array([0.1, 0.2, -0.1])


def test_the_tilted_law_is_the_product_of_densities():
    tilted = tilted_normal(MEAN, COVARIANCE, CURVATURE, MINIMISER, 1.3)
    at = np.random.default_rng(1).normal(size=(20, 3))

    def log_normal(x, mean, covariance):
        off = x - np.asarray(mean)
        quadratic = np.einsum("ni,ij,nj->n", off, np.linalg.inv(covariance), off)
        return -quadratic / 2 - np.linalg.slogdet(2 * np.pi * np.asarray(covariance))[1] / 2

    off = at - np.asarray(MINIMISER)
    product = log_normal(at, MEAN, COVARIANCE) - 1.3 / 2 * np.einsum("ni,ij,nj->n", off, CURVATURE, off)
    np.testing.assert_allclose(product - tilted.log_mass, log_normal(at, tilted.mean, tilted.covariance), rtol=1e-11)


def test_singular_covariance_and_curvature_are_welcome():
    tilted = tilted_normal(MEAN, np.diag(np.array([1.0, 0.0, 1.0])), np.diag(np.array([1.0, 1.0, 0.0])), MINIMISER, 2.0)
    np.testing.assert_allclose(tilted.mean, [0.1 + 0.4 / 3, -0.4, 0.3], atol=1e-15)


def test_noise_by_curvature_and_share_are_the_matrix_formulas_on_the_diagonal():
    width, alpha, curvature = 0.4, 2.0, np.diag(np.array([0.1, 1.0, 10.0]))
    t = alpha * width**2 * np.diagonal(curvature)
    eye, zero = np.eye(3), np.zeros(3)
    share = effective_share(zero, width**2 * eye, curvature, zero, alpha)
    np.testing.assert_allclose(share, np.prod(np.sqrt(1 + 2 * t) / (1 + t)), rtol=1e-13)
    whole = np.diagonal(consensus_covariance(zero, width**2 * eye, curvature, zero, alpha))
    # the other directions only cost effective sample size
    own = whole * share * ((1 + t) / np.sqrt(1 + 2 * t))
    np.testing.assert_allclose(own / width**2, consensus_noise(t), rtol=1e-13)
    assert (np.diff(consensus_noise(np.geomspace(1e-3, 1e3, 50))) < 0).all()


def test_stationary_variance_tends_to_the_temperature_over_the_curvature():
    alpha, particles, curvature = 50.0, 100, 2.0
    for step in (1e-3, 1e-4):
        variance = hopping_variance(step * curvature, (step / alpha) ** 0.5, particles)
        np.testing.assert_allclose(variance, 1 / (2 * alpha * particles) / curvature, rtol=4 * step * curvature)
