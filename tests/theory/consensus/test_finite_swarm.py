import jax
import numpy as np
import pytest
from scipy import integrate, stats

from theory.consensus.finite_swarm import (
    best_of_n,
    effective_share_linear,
    effective_temperature,
    hop_covariance_linear,
    langevin_limit,
    slope_number,
)
from theory.consensus.gibbs import consensus_point, effective_sample_size, gibbs_weights


def test_linear_energy_share_and_covariance_against_many_swarms():
    alpha, width, slope, particles, swarms = 2.0, 0.4, 1.0, 2000, 2000
    z = slope_number(alpha, width, slope)

    def one(key):
        x = width * jax.random.normal(key, (2, particles))
        return consensus_point(x, slope * x[0], alpha), effective_sample_size(gibbs_weights(slope * x[0], alpha))

    points, sizes = jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(1), swarms))
    assert float(sizes.mean()) / particles == pytest.approx(float(effective_share_linear(z)), rel=0.02)
    along, across = hop_covariance_linear(z, width)
    for found, exact in zip(np.var(points, axis=0, ddof=1) * particles, (along, across), strict=True):
        assert abs(found / float(exact) - 1) < 4 * np.sqrt(2 / swarms)
    # the temperature is defined by the noise across the gradient: 2 τ T = V/N
    assert float(2 * alpha * width**2 * effective_temperature(alpha, particles, z)) == pytest.approx(
        float(across) / particles
    )


@pytest.mark.parametrize("particles", [1, 2, 3, 20, 200, 10**6])
def test_best_of_n_against_the_order_statistic_integral(particles):
    exact = integrate.quad(
        lambda x: x * particles * stats.norm.pdf(x) * stats.norm.cdf(x) ** (particles - 1),
        -9,
        9,
        points=[3, 5],
        epsabs=1e-13,
    )[0]
    assert float(best_of_n(float(particles))) == pytest.approx(exact, abs=1e-9)
    assert float(best_of_n(float(particles))) <= np.sqrt(2 * np.log(particles)) + 1e-12


def test_at_the_langevin_limit_one_particle_counts():
    assert float(10**4 * effective_share_linear(langevin_limit(10**4))) == pytest.approx(1)
