import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.compiled import compiled
from theory.consensus import decay, fokker_planck, quadrature

moment_rate = compiled(decay.moment_rate)
mean_field_init = compiled(fokker_planck.mean_field_init)
mean_field_step = compiled(fokker_planck.mean_field_step)
normal_log_density = compiled(quadrature.normal_log_density)


def rugged(x):
    return x**2 + 2.5 * (1 - jnp.cos(2 * jnp.pi * x))


def evolve(energy, alpha, drift, sigma, dt, steps, cells=800, mean=1.0):
    @compiled
    def path():
        law = mean_field_init(lambda x: normal_log_density(x, mean, 0.8), -8.0, 8.0, cells)
        step = lambda law, _: mean_field_step(law, energy, alpha, drift, sigma, dt)  # noqa: E731
        return jax.lax.scan(step, law, None, length=steps)

    return path()


def test_mass_is_conserved_and_positive_at_every_step_size():
    law, path = jax.vmap(lambda dt: evolve(rugged, 5.0, 1.0, 0.7, dt, 100))(np.array([0.01, 10.0]))
    np.testing.assert_allclose(np.asarray(law.mass).sum(1), 1, atol=1e-12)
    assert np.asarray(law.mass).min() >= 0
    assert np.isfinite(path).all()


def test_second_moment_decays_at_the_exact_rate():
    # an even energy and law keep c = 0; then V(t) = V(0) exp(-(2 λ - σ²) t)
    sizes, steps = np.array([0.02, 0.01]), 25
    law, path = jax.vmap(lambda dt: evolve(lambda x: x**2, 1.0, 1.0, 0.5, dt, steps, mean=0.0, cells=1600))(sizes)
    assert np.abs(path).max() < 1e-12
    square = np.sum(np.asarray(law.mass) * np.asarray(law.cells) ** 2, axis=1)
    errors = np.log(square / 0.64) / (steps * sizes) - float(moment_rate(2, 1.0, 0.5))
    assert abs(errors[1]) < 0.02
    assert errors[0] / errors[1] == pytest.approx(2, abs=0.15)


def test_the_consensus_point_converges_with_the_grid():
    ends = [float(evolve(rugged, 5.0, 1.0, 0.5, 0.02, 51, cells=cells)[1][-1]) for cells in (200, 400, 800)]
    assert abs(ends[2] - ends[1]) < 0.6 * abs(ends[1] - ends[0]) < 0.01


def test_a_step_of_zero_is_refused():
    law = mean_field_init(lambda x: -(x**2), -1.0, 1.0, 10)
    with pytest.raises(ValueError, match="dt"):
        fokker_planck.mean_field_step(law, rugged, 1.0, 1.0, 1.0, 0.0)
