import itertools

import numpy as np
import pytest
from scipy import integrate, stats

from tests.compiled import compiled
from theory.consensus import finite_swarm
from theory.consensus.finite_swarm import best_of_n

batch_square_error = compiled(finite_swarm.batch_square_error)
effective_share_linear = compiled(finite_swarm.effective_share_linear)
effective_temperature = compiled(finite_swarm.effective_temperature)
hop_covariance_linear = compiled(finite_swarm.hop_covariance_linear)
langevin_limit = compiled(finite_swarm.langevin_limit)
noise_deviation = compiled(finite_swarm.noise_deviation)

BEST = compiled(best_of_n)

# share, covariance and the shift of an infinite swarm are claims c13 and c29 of gradient_is_all_you_need


def test_the_temperature_is_that_of_the_noise_across_the_gradient():
    alpha, width, z, particles = 2.0, 0.4, 0.8, 300
    across = hop_covariance_linear(z, width)[1]
    assert float(2 * alpha * width**2 * effective_temperature(alpha, particles, z)) == pytest.approx(across / particles)


def test_the_error_of_a_batch_is_exact_for_equal_weights():
    points = np.array([[0.0, 1.0, 3.0, -2.0], [1.0, 0.5, 0.0, 2.0]])
    for size in (1, 2, 3):
        means = [points[:, list(batch)].mean(1) for batch in itertools.combinations(range(4), size)]
        exact = np.mean(np.sum((np.array(means) - points.mean(1)) ** 2, axis=1))
        assert float(batch_square_error(np.asarray(points), np.ones(4), size)) == pytest.approx(exact, rel=1e-12)


def test_the_noise_of_many_particles_averages_out():
    assert float(noise_deviation(0.1, 4.0, 100, 3)) == pytest.approx(0.1 * np.sqrt(3 * 4 / 100))


@pytest.mark.parametrize("particles", [1, 2, 3, 20, 200, 10**6])
def test_best_of_n_against_the_order_statistic_integral(particles):
    exact = integrate.quad(
        lambda x: x * particles * stats.norm.pdf(x) * stats.norm.cdf(x) ** (particles - 1),
        -9,
        9,
        points=[3, 5],
        epsabs=1e-13,
    )[0]
    found = float(BEST(float(particles)))
    assert found == pytest.approx(exact, abs=1e-9)
    assert found <= np.sqrt(2 * np.log(particles)) + 1e-12


def test_at_the_langevin_limit_one_particle_counts():
    assert float(10**4 * effective_share_linear(langevin_limit(10**4))) == pytest.approx(1)
