import jax
import jax.numpy as jnp
import numpy as np
import pytest

from theory.entropy.unlearning import forget_speed
from theory.short.unlearning_times import ascent_time, bounded_depth_limit, bounded_time

DEPTH = jnp.array([0.0, 0.3, 2.0, 9.0])


def test_the_times_integrate_the_speeds():
    """dt/du is one over the speed of the flow, which another file has from the gradient of the loss."""
    slope = jax.vmap(jax.grad(ascent_time))(DEPTH)
    np.testing.assert_allclose(slope, -1 / forget_speed(-DEPTH, bounded=False), rtol=1e-12)
    for beta in (0.5, 1.0, 3.0):
        slope = jax.vmap(jax.grad(bounded_time), (0, None))(DEPTH, beta)
        np.testing.assert_allclose(slope, -1 / forget_speed(-DEPTH, bounded=True, sharpness=beta), rtol=1e-10)


def test_sharpness_one_has_a_closed_form():
    u = jnp.array([0.0, 0.1, 4.0, 30.0])
    np.testing.assert_allclose(bounded_time(u), (4 * u + jnp.exp(u) - 3 * jnp.exp(-u) + 2) / 4, rtol=1e-11, atol=1e-15)


def test_the_limit_undoes_the_time():
    for beta in (0.5, 1.0, 2.0):
        u = jnp.array([10.0 / beta + 8, 16.0 / beta + 8])
        off = np.abs(bounded_depth_limit(bounded_time(u, beta), beta) - u)
        assert off[1] < off[0] < 1e-2


def test_the_door():
    with pytest.raises(ValueError, match="sharpness"):
        bounded_time(1.0, 0.0)
    with pytest.raises(ValueError, match="depth"):
        ascent_time(-1.0)
