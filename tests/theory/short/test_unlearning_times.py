import jax
import numpy as np
import pytest

from tests.compiled import compiled
from theory.entropy import unlearning
from theory.short import unlearning_times

forget_speed = compiled(unlearning.forget_speed)
ascent_time = compiled(unlearning_times.ascent_time)
bounded_depth_limit = compiled(unlearning_times.bounded_depth_limit)
bounded_time = compiled(unlearning_times.bounded_time)

DEPTH = np.array([0.0, 0.3, 2.0, 9.0])


def test_the_times_integrate_the_speeds():
    """dt/du is one over the speed of the flow, which another file has from the gradient of the loss."""
    slope = compiled(jax.vmap(jax.grad(ascent_time)))(DEPTH)
    bounded_slope = compiled(jax.vmap(jax.grad(bounded_time), (0, None)))
    bounded_speed = compiled(lambda u, beta: forget_speed(-u, bounded=True, sharpness=beta))
    np.testing.assert_allclose(slope, -1 / forget_speed(-DEPTH, bounded=False), rtol=1e-12)
    for beta in (0.5, 1.0, 3.0):
        expected = -1 / np.asarray(bounded_speed(DEPTH, beta))
        np.testing.assert_allclose(bounded_slope(DEPTH, beta), expected, rtol=1e-10)


def test_sharpness_one_has_a_closed_form():
    u = np.array([0.0, 0.1, 4.0, 30.0])
    closed = (4 * u + np.exp(u) - 3 * np.exp(-u) + 2) / 4
    np.testing.assert_allclose(bounded_time(u), closed, rtol=1e-11, atol=1e-15)


def test_the_limit_undoes_the_time():
    there_and_back = compiled(lambda u, beta: bounded_depth_limit(bounded_time(u, beta), beta))
    for beta in (0.5, 1.0, 2.0):
        u = np.array([10.0 / beta + 8, 16.0 / beta + 8])
        off = np.abs(there_and_back(u, beta) - u)
        assert off[1] < off[0] < 1e-2


def test_the_door():
    with pytest.raises(ValueError, match="sharpness"):
        unlearning_times.bounded_time(1.0, 0.0)
    with pytest.raises(ValueError, match="depth"):
        unlearning_times.ascent_time(-1.0)
