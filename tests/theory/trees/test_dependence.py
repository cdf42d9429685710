from fractions import Fraction
from math import comb, prod

import jax
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import beta as beta_law

from tests.compiled import compiled
from theory.trees import dependence, majority

majority_map = compiled(majority.majority_map)
majority_slope = compiled(majority.majority_slope)
beta_binomial_limit_map = compiled(dependence.beta_binomial_limit_map)
beta_binomial_limit_slope = compiled(dependence.beta_binomial_limit_slope)
beta_binomial_map = compiled(dependence.beta_binomial_map, static_argnums=0)
beta_binomial_slope = compiled(dependence.beta_binomial_slope, static_argnums=0)
common_cause_map = compiled(dependence.common_cause_map)
common_cause_slope = compiled(dependence.common_cause_slope)


def urn_law(fan_in, chance, correlation):
    """P(j right) for every j in exact fractions, and the pairwise correlation of that law."""
    wins, losses = ((1 - correlation) / correlation * share for share in (chance, 1 - chance))
    law = [
        comb(fan_in, j)
        * prod(((wins + k) for k in range(j)), start=Fraction(1))
        * prod(((losses + k) for k in range(fan_in - j)), start=Fraction(1))
        / prod(((wins + losses + k) for k in range(fan_in)), start=Fraction(1))
        for j in range(fan_in + 1)
    ]
    pairs = sum(p * ((2 * j - fan_in) ** 2 - fan_in) for j, p in enumerate(law)) / (fan_in * (fan_in - 1))
    mean = 2 * chance - 1
    return law, (pairs - mean**2) / (1 - mean**2)


@pytest.mark.parametrize("fan_in", [3, 5, 11])
def test_beta_binomial_equals_exact_fractions(fan_in):
    chances = [Fraction(1, 2), Fraction(5, 8), Fraction(3, 4), Fraction(31, 32)]
    correlation = Fraction(3, 16)
    exact = []
    for chance in chances:
        law, pairwise = urn_law(fan_in, chance, correlation)
        assert sum(law) == 1
        assert pairwise == correlation  # at every bias
        exact.append(float(2 * sum(law[fan_in // 2 + 1 :]) - 1))
    biases = np.array([float(2 * chance - 1) for chance in chances])
    np.testing.assert_allclose(beta_binomial_map(fan_in, biases, float(correlation)), exact, atol=1e-14)
    np.testing.assert_allclose(beta_binomial_map(fan_in, -biases, float(correlation)), -np.array(exact), atol=1e-14)


def test_beta_binomial_slope_of_three_is_its_closed_form():
    rho = np.linspace(0, 1, 21)
    np.testing.assert_allclose(beta_binomial_slope(3, rho), (3 - rho * (3 - rho) / (1 + rho)) / 2, rtol=1e-14)


def test_beta_binomial_slope_is_the_gradient_of_the_map():
    rho = np.array([0.01, 0.1, 0.5, 0.9])
    gradient = compiled(jax.vmap(jax.grad(lambda mu, r: beta_binomial_map(101, mu, r)), (None, 0)))(0.0, rho)
    np.testing.assert_allclose(beta_binomial_slope(101, rho), gradient, rtol=1e-11)


@pytest.mark.parametrize("fan_in", [3, 101])
def test_independence_and_full_correlation_are_the_ends_of_every_law(fan_in):
    bias = np.array([-0.4, 0.0, 0.3, 1.0])
    for law in (common_cause_map, beta_binomial_map):
        np.testing.assert_allclose(law(fan_in, bias, 0.0), majority_map(fan_in, bias), atol=2e-13)
        np.testing.assert_allclose(law(fan_in, bias, 1.0), bias, atol=1e-14)
    for slope in (common_cause_slope, beta_binomial_slope):
        np.testing.assert_allclose(slope(fan_in, 0.0), majority_slope(fan_in), rtol=1e-12)
        np.testing.assert_allclose(slope(fan_in, 1.0), 1, rtol=1e-12)


@pytest.mark.parametrize("rho", [0.01, 0.1, 0.4])
def test_limit_slope_is_the_integral_over_abilities(rho):
    weight = 1 / rho - 1
    ability = beta_law(weight / 2, weight / 2)
    score = quad(lambda z: weight * z * ability.pdf(expit(z)) * expit(z) * expit(-z), 0, 30)[0]
    np.testing.assert_allclose(beta_binomial_limit_slope(rho), score, rtol=1e-8)


def test_limits_are_where_growing_fan_ins_go():
    rho, bias = 0.3, np.array([0.1, 0.2, 0.3, 0.5])
    gaps = [abs(beta_binomial_map(b, bias, rho) - beta_binomial_limit_map(bias, rho)) for b in (101, 201)]
    slopes = [abs(beta_binomial_slope(b, rho) - beta_binomial_limit_slope(rho)) for b in (101, 201)]
    for near, nearer in (gaps, slopes):  # both close as 1/b
        np.testing.assert_allclose(near / nearer, 2, rtol=0.05)
    small = np.full(4, 1e-5)
    np.testing.assert_allclose(beta_binomial_limit_map(small, rho) / small, beta_binomial_limit_slope(rho), rtol=1e-8)


def test_only_the_common_cause_is_overcome_by_fan_in():
    assert common_cause_slope(100_001.0, 0.3) > 100
    assert beta_binomial_slope(201, 0.3) < beta_binomial_limit_slope(0.3) < 1.5


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="fan_in"):
        dependence.beta_binomial_map(4, 0.1, 0.1)
    with pytest.raises(ValueError, match="correlation"):
        dependence.beta_binomial_slope(3, 1.5)
    with pytest.raises(ValueError, match="correlation"):
        dependence.beta_binomial_limit_slope(0.0)
    with pytest.raises(ValueError, match="bias"):
        dependence.common_cause_map(3, 1.5, 0.5)
