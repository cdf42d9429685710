import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats

from tests.compiled import compiled
from theory.consensus import decay

critical_noise = compiled(decay.critical_noise)
euler_moment_factor = compiled(decay.euler_moment_factor)
euler_path_exponent = compiled(decay.euler_path_exponent)
euler_square_factor = compiled(decay.euler_square_factor)
moment_rate = compiled(decay.moment_rate)
path_rate = compiled(decay.path_rate)


def test_moment_rates_against_the_generator():
    # L|x|^p = -λ x·∇|x|^p + (σ²/2)|x|² Δ|x|^p, by autodiff in four dimensions
    x = np.array([0.3, -1.0, 0.7, 0.2])

    def generator(p):
        power = lambda x: jnp.sum(x**2) ** (p / 2)  # noqa: E731
        drift, diffusion = -0.9 * x @ jax.grad(power)(x), 0.6**2 / 2 * jnp.sum(x**2) * jnp.trace(jax.hessian(power)(x))
        return (drift + diffusion) / power(x)

    powers = np.array([1.0, 2.0, 3.5, 6.0])
    np.testing.assert_allclose(compiled(jax.vmap(generator))(powers), moment_rate(powers, 0.9, 0.6, 4), rtol=1e-12)


def test_path_rate_is_the_slope_of_the_moment_rate_at_zero():
    slope = compiled(jax.grad(lambda p, d: moment_rate(p, 1.1, 0.7, d)))
    for d in (1, 2, 20):
        assert float(slope(0.0, d)) == pytest.approx(float(path_rate(1.1, 0.7, d)), rel=1e-14)


def test_square_factor_agrees_with_gauss_hermite():
    assert float(euler_moment_factor(2, 0.1, 0.4)) == pytest.approx(float(euler_square_factor(0.1, 0.4)), rel=1e-14)


@pytest.mark.parametrize("noise", [0.05, 0.3, 1.0, 5.0])
def test_path_exponent_on_the_line_against_adaptive_quadrature(noise):
    root = -0.9 / noise

    def integrand(xi):
        return math.log(abs(0.9 + noise * xi)) * stats.norm.pdf(xi)

    points = sorted({min(max(root, -12), 12), 0.0})
    exact = integrate.quad(integrand, -12, 12, points=points, limit=500)[0]
    assert float(euler_path_exponent(0.1, noise)) == pytest.approx(exact, abs=1e-8)


def test_path_exponent_in_space_against_simulation():
    draws = np.random.default_rng(0).normal(size=(10**5, 8))
    step = np.log(np.linalg.norm(0.95 * np.eye(8)[0] + 0.3 * draws, axis=1))
    error = step.std() / math.sqrt(len(step))
    assert abs(step.mean() - float(euler_path_exponent(0.05, 0.3, 8))) < 4 * error


def test_thresholds():
    assert float(critical_noise(0.01)) == pytest.approx(1.5647, abs=1e-4)
    assert float(critical_noise(0.02)) == pytest.approx(1.5731, abs=1e-4)
    # small steps: isotropic noise contracts below σ² = 2 λ / (d - 2)
    assert float(critical_noise(1e-3, 8)) ** 2 / 1e-3 == pytest.approx(2 / 6, rel=0.01)
    assert abs(float(euler_path_exponent(0.01, float(critical_noise(0.01, 8)), 8))) < 1e-10
