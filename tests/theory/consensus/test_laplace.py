import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from theory.consensus.laplace import flat_spread, laplace_bound, laplace_shift, soft_minimum_shift
from theory.consensus.quadrature import law_mean, line_law, normal_log_density


def skew(x):
    return x**2 / 2 + 0.2 * x**3 + 0.1 * x**4


def rugged(x):
    return x**2 + 2.5 * (1 - jnp.cos(2 * jnp.pi * x))


def log_density(x):
    return normal_log_density(x, 1.0, 0.8)


@pytest.mark.parametrize("energy", [skew, rugged])
def test_consensus_error_and_soft_minimum_reach_their_first_order_constants(energy):
    point = jnp.zeros(1)
    of_vector = (lambda x: energy(x[0])), (lambda x: log_density(x[0]))
    for alpha in (1e5, 1e6):
        curvature = jax.grad(jax.grad(energy))(0.0)
        law = line_law(lambda x, a=alpha: log_density(x) - a * energy(x), 0.0, (alpha * curvature) ** -0.5)
        shift = float(laplace_shift(*of_vector, point)[0])
        assert float(law_mean(law)) * alpha == pytest.approx(shift, rel=500 / alpha)
        soft = float(soft_minimum_shift(*of_vector, point, alpha))
        assert -float(law.log_mass) / alpha == pytest.approx(soft, rel=100 / alpha)


def test_shift_in_two_dimensions_against_tensor_quadrature():
    def energy(x):
        return (
            x[0] ** 2 + x[0] * x[1] + 2 * x[1] ** 2 + 0.5 * x[0] ** 2 * x[1] + 0.3 * x[1] ** 3 + x[0] ** 4 + x[1] ** 4
        )

    def density(x):
        return -((x[0] - 1) ** 2 + (x[1] + 0.5) ** 2) / 2

    alpha = 1e5
    axis = np.linspace(-12, 12, 241) / math.sqrt(alpha)
    grid = jnp.asarray(np.stack(np.meshgrid(axis, axis, indexing="ij")))
    weight = np.exp(np.asarray(density(grid) - alpha * energy(grid)))
    mean = (np.asarray(grid) * weight).sum((1, 2)) / weight.sum()
    np.testing.assert_allclose(mean * alpha, laplace_shift(energy, density, jnp.zeros(2)), rtol=2e-3)


@pytest.mark.parametrize("power", [1.0, 2.0, 4.0])
def test_spread_at_a_flat_minimum(power):
    alpha = 37.0
    law = line_law(lambda x: -alpha * jnp.abs(x) ** power, 0.0, alpha ** (-1 / power), reach=40.0)
    assert math.sqrt(law_mean(law, jnp.square)) == pytest.approx(float(flat_spread(alpha, power)), rel=1e-12)


def test_the_quantitative_bound_holds_for_every_radius_and_gap():
    # E = x², so |x - x*| = (E - E*)^(1/2): ν = 1/2, η = 1; ρ = N(1, 1)
    from scipy.stats import norm

    radius, gap = np.meshgrid(np.geomspace(1e-2, 2, 30), np.geomspace(1e-2, 4, 30))
    mean_distance = 2 * norm.pdf(1) + 1 - 2 * norm.cdf(-1)
    for alpha in (1.0, 10.0, 1000.0):
        bound = laplace_bound(
            alpha,
            gap=gap,
            ball_oscillation=radius**2,
            ball_mass=norm.cdf(radius - 1) - norm.cdf(-radius - 1),
            mean_distance=mean_distance,
            coercivity=1.0,
            exponent=0.5,
        )
        assert (np.asarray(bound) >= 1 / (1 + 2 * alpha)).all()  # the consensus point, exactly
