import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import jet

from tests.compiled import compiled
from theory.short import ghosts
from theory.short.ghosts import partial_sums

guarded_step = compiled(ghosts.guarded_step)
least_modulus = compiled(ghosts.least_modulus)
two_class_radius = compiled(ghosts.two_class_radius)
two_class_zeros = compiled(ghosts.two_class_zeros)

series_of = compiled(ghosts.log_partition_series, static_argnums=2)


def test_the_zeros_are_zeros_and_the_nearest_is_at_the_radius():
    zeros = np.asarray(two_class_zeros(1.3, 0.7, turns=3))
    np.testing.assert_allclose(np.abs(1 + np.exp(1.3 + 0.7 * zeros)), 0, atol=1e-13)
    np.testing.assert_allclose(np.abs(zeros).min(), two_class_radius(1.3, 0.7), rtol=1e-14)
    assert len(zeros) == len(np.unique(zeros)) == 8


def test_the_series_against_taylor_mode():
    z, a = np.array([[0.3, -1.0, 2.0], [0.0, 0.0, 0.0]]), np.array([[1.0, 0.2, -0.7], [2.0, 1.0, 0.0]])

    @compiled
    def terms(row, slope):
        return jet.jet(lambda x: jnp.log(jnp.sum(jnp.exp(x))), (row,), ((slope, *[jnp.zeros(3)] * 5),))[1]

    for row, slope in zip(z, a, strict=True):
        scale = np.array([1, 2, 6, 24, 120, 720])
        np.testing.assert_allclose(series_of(row, slope, 6), np.array(terms(row, slope)) / scale, atol=1e-13)


def test_it_converges_inside_the_radius_only():
    series = series_of(np.array([0.0, 0.6]), np.array([0.0, 1.0]), 120)
    rho = float(two_class_radius(0.6, 1.0))
    for ratio, order in ((0.8, 1), (1.2, -1)):
        t = ratio * rho
        truth = np.logaddexp(0.0, 0.6 + t) - np.logaddexp(0.0, 0.6)
        off = np.abs(compiled(partial_sums)(series, t) - truth)
        assert off[:40].max() ** order > 100 * off[80:].max() ** order


def test_the_modulus_is_reached_by_two_equal_logits():
    y = np.linspace(-1.5, 1.5, 7)
    np.testing.assert_allclose(least_modulus(2.0, y), np.abs(np.exp(1j * y) + np.exp(-1j * y)) / 2, atol=1e-15)
    assert least_modulus(2.0, 2.0) == 0


def test_the_guard():
    assert guarded_step(10.0, np.array([3.0, 2.0, np.inf]), 0.5) == 1.0
    assert guarded_step(0.1, np.array([3.0, 2.0])) == 0.1
    with pytest.raises(ValueError, match="spread"):
        ghosts.two_class_radius(0.0, 0.0)
    with pytest.raises(ValueError, match="orders"):
        ghosts.log_partition_series(jnp.zeros(2), jnp.ones(2), 0)
