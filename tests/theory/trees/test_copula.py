from itertools import pairwise

import jax
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import bdtrc, ndtr, ndtri
from scipy.stats import multivariate_normal

from tests.compiled import compiled
from theory.trees import copula, majority
from theory.trees.copula import gaussian_copula_map

gaussian_copula_limit_slope = compiled(copula.gaussian_copula_limit_slope)
gaussian_copula_slope = compiled(copula.gaussian_copula_slope)
gaussian_factor_limit_map = compiled(copula.gaussian_factor_limit_map)
gaussian_factor_map = compiled(copula.gaussian_factor_map)
latent_correlation = compiled(copula.latent_correlation)
pairwise_correlation = compiled(copula.pairwise_correlation)
majority_map = compiled(majority.majority_map)
majority_slope = compiled(majority.majority_slope)

factor_map, copula_map, copula_slope = map(compiled, (gaussian_factor_map, gaussian_copula_map, gaussian_copula_slope))


def by_quadrature(fan_in, bias, latent):
    """E over the factor of the binomial tail, by an adaptive rule that is told where the step lies."""
    threshold = ndtri((1 + bias) / 2)

    def integrand(g):
        chance = ndtr((threshold + np.sqrt(latent) * g) / np.sqrt(1 - latent))
        return np.exp(-(g**2) / 2) / np.sqrt(2 * np.pi) * (2 * bdtrc(fan_in // 2, fan_in, chance) - 1)

    step = -threshold / np.sqrt(latent)
    width = np.sqrt((1 - latent) / (latent * fan_in))
    ends = sorted({-10.0, 10.0, *(x for x in step + width * np.array([-5, -1, 0, 1, 5]) if abs(x) < 10)})
    pieces = pairwise(ends)
    return sum(quad(integrand, low, high, epsabs=1e-13, epsrel=1e-13)[0] for low, high in pieces)


def test_factor_map_equals_adaptive_quadrature():
    points = [(3, 0.3, 0.2), (3, 0.9, 0.9), (11, 0.01, 0.09), (11, 0.3, 0.14), (101, 0.3, 0.001), (1001, 0.05, 0.5)]
    fan_in, bias, latent = np.array(points).T
    exact = [by_quadrature(int(b), mu, r) for b, mu, r in points]
    np.testing.assert_allclose(factor_map(fan_in, bias, latent), exact, atol=2e-12)
    np.testing.assert_allclose(factor_map(fan_in, -bias, latent), -np.array(exact), atol=2e-12)


def test_one_vote_is_itself_whatever_the_factor():
    latent = np.linspace(0, 1, 6)
    np.testing.assert_allclose(factor_map(np.ones(6), np.full(6, 0.35), latent), 0.35, atol=1e-12)
    np.testing.assert_allclose(copula_slope(np.ones(6), latent), 1, rtol=1e-12)


def test_pairwise_correlation_is_that_of_the_orthant():
    bias, latent = 0.5, 0.3
    threshold = ndtri((1 + bias) / 2)
    both = multivariate_normal(cov=[[1, latent], [latent, 1]]).cdf([threshold, threshold])
    pair = 4 * both - 4 * (1 + bias) / 2 + 1
    np.testing.assert_allclose(pairwise_correlation(bias, latent), (pair - bias**2) / (1 - bias**2), rtol=1e-10)


def test_latent_correlation_inverts_the_pairwise_one():
    bias, rho = np.array([0.0, 0.0, 0.4, -0.9, 0.999]), np.array([0.1, 0.9, 0.3, 0.05, 0.2])
    latent = latent_correlation(bias, rho)
    np.testing.assert_allclose(pairwise_correlation(bias, latent), rho, rtol=1e-10)
    np.testing.assert_allclose(latent[:2], np.sin(np.pi * rho[:2] / 2), rtol=1e-12)


def test_ends_are_independence_and_one_vote():
    bias = np.array([-1.0, -0.3, 0.0, 0.6, 1.0])
    np.testing.assert_allclose(copula_map(9.0, bias, 0.0), majority_map(9.0, bias), atol=1e-12)
    np.testing.assert_allclose(copula_map(9.0, bias, 1.0), bias, atol=1e-12)
    np.testing.assert_allclose(
        copula_slope(np.full(6, 9.0), np.array([0.0, 1, 0, 1, 0, 1])), [majority_slope(9.0), 1] * 3, rtol=1e-12
    )


def test_slope_is_the_gradient_of_the_map_and_grows_to_its_limit():
    fan_in, rho = np.array([3.0, 11.0, 101.0, 3.0, 1001.0, 1.0]), np.array([0.1, 0.1, 0.02, 0.9, 0.3, 0.5])
    gradient = compiled(jax.vmap(jax.grad(gaussian_factor_map, 1), (0, None, 0)))(fan_in, 0.0, np.sin(np.pi * rho / 2))
    np.testing.assert_allclose(copula_slope(fan_in, rho), gradient, rtol=1e-10)
    gaps = gaussian_copula_limit_slope(0.1) - copula_slope(
        np.array([201.0, 401, 801, 1001, 2001, 4001]), np.full(6, 0.1)
    )
    np.testing.assert_allclose(gaps[:2] / gaps[1:3], 2, rtol=0.02)
    np.testing.assert_allclose(
        factor_map(np.full(6, 100_001.0), np.full(6, 0.2), np.full(6, 0.3)),
        gaussian_factor_limit_map(0.2, 0.3),
        atol=1e-5,
    )


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="latent"):
        copula.gaussian_factor_map(3, 0.1, 1.5)
    with pytest.raises(ValueError, match="correlation"):
        copula.gaussian_copula_slope(3, -0.1)
    with pytest.raises(ValueError, match="fan_in"):
        copula.gaussian_factor_map(2, 0.1, 0.5)
