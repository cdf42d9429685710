import math

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

from tests.compiled import compiled
from theory.consensus import quadrature

law_mean = compiled(quadrature.law_mean)
line_law = compiled(quadrature.line_law)
normal_log_density = compiled(quadrature.normal_log_density)
normal_mean = compiled(quadrature.normal_mean)


def test_a_normal_law_off_centre_has_its_moments():
    law = line_law(lambda x: normal_log_density(x, 1.5, 0.7), 0.0, 1.0)
    assert float(law.log_mass) == pytest.approx(0, abs=1e-14)
    assert float(law_mean(law)) == pytest.approx(1.5, abs=1e-14)
    assert float(law_mean(law, lambda x: (x - 1.5) ** 4)) == pytest.approx(3 * 0.7**4, abs=1e-13)


def test_a_kink_at_the_centre_costs_nothing():
    law = line_law(lambda x: -3 * jnp.abs(x), 0.0, 1.0, reach=20.0)
    assert float(law.log_mass) == pytest.approx(math.log(2 / 3), abs=1e-13)
    assert float(law_mean(law, jnp.abs)) == pytest.approx(1 / 3, abs=1e-13)


def test_a_rugged_law_agrees_with_adaptive_quadrature():
    def log_density(x):
        return -3 * (x**2 / 10 + 0.3 * (1 - jnp.cos(2 * jnp.pi * x)))

    mass = integrate.quad(lambda x: math.exp(float(log_density(x))), -12, 12, limit=400, epsabs=1e-13)[0]
    assert float(line_law(log_density, 0.0, 1.0).log_mass) == pytest.approx(math.log(mass), abs=1e-11)


def test_gauss_hermite_is_exact_for_polynomials():
    for power in range(0, 20, 2):
        exact = math.prod(range(1, power, 2))
        assert float(normal_mean(lambda x, p=power: x**p, order=12)) == pytest.approx(exact, rel=1e-12)
    assert float(normal_mean(jnp.cos)) == pytest.approx(np.exp(-0.5), abs=1e-14)


def test_bad_counts_are_refused():
    with pytest.raises(ValueError, match="panels"):
        quadrature.line_law(lambda x: -(x**2), 0.0, 1.0, panels=0)
    with pytest.raises(ValueError, match="order"):
        quadrature.normal_mean(jnp.cos, order=0)
