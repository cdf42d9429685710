import jax
import numpy as np
import pytest

from theory.entropy.unlearning import forget_speed
from theory.short.unlearning_times import ascent_time, bounded_depth_limit, bounded_time

DEPTH = np.array([0.0, 0.3, 2.0, 9.0])


def test_the_times_integrate_the_speeds():
    """dt/du is one over the speed of the flow, which another file has from the gradient of the loss."""
    slope = jax.jit(jax.vmap(jax.grad(ascent_time)))(DEPTH)
    bounded_slope = jax.jit(jax.vmap(jax.grad(bounded_time), (0, None)))
    bounded_speed = jax.jit(lambda u, beta: forget_speed(-u, bounded=True, sharpness=beta))
    np.testing.assert_allclose(slope, -1 / forget_speed(-DEPTH, bounded=False), rtol=1e-12)
    for beta in (0.5, 1.0, 3.0):
        expected = -1 / np.asarray(bounded_speed(DEPTH, beta))
        np.testing.assert_allclose(bounded_slope(DEPTH, beta), expected, rtol=1e-10)


def test_sharpness_one_has_a_closed_form():
    u = np.array([0.0, 0.1, 4.0, 30.0])
    closed = (4 * u + np.exp(u) - 3 * np.exp(-u) + 2) / 4
    np.testing.assert_allclose(jax.jit(bounded_time)(u), closed, rtol=1e-11, atol=1e-15)


def test_the_limit_undoes_the_time():
    there_and_back = jax.jit(lambda u, beta: bounded_depth_limit(bounded_time(u, beta), beta))
    for beta in (0.5, 1.0, 2.0):
        u = np.array([10.0 / beta + 8, 16.0 / beta + 8])
        off = np.abs(there_and_back(u, beta) - u)
        assert off[1] < off[0] < 1e-2


def test_the_door():
    with pytest.raises(ValueError, match="sharpness"):
        bounded_time(1.0, 0.0)
    with pytest.raises(ValueError, match="depth"):
        ascent_time(-1.0)
