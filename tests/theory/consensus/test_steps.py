import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import linalg

from tests.compiled import compiled
from theory.consensus import steps

gradient_flow = compiled(steps.gradient_flow)
minimising_movement = compiled(steps.minimising_movement)
moreau_envelope = compiled(steps.moreau_envelope)
proximal_point = compiled(steps.proximal_point)

# the bounds are claims c08 to c12 of gradient_is_all_you_need
CURVATURE = np.array([[2.0, 0.3], [0.3, 0.5]])


def quadratic(x):
    return x @ CURVATURE @ x / 2


def wavy(x):
    return jnp.sum(x**2 / 2 + 0.5 * jnp.cos(2 * x))  # E'' in [-1, 3], |E'''| <= 4


def test_proximal_point_of_a_quadratic_and_the_gradient_of_its_envelope():
    y, step = np.array([1.0, -2.0]), 0.7
    exact = np.linalg.solve(np.eye(2) + step * np.asarray(CURVATURE), y)
    point, slope = compiled(
        lambda y: (proximal_point(quadratic, y, step, 5), jax.grad(lambda y: moreau_envelope(quadratic, y, step))(y))
    )(y)
    np.testing.assert_allclose(point, exact, atol=1e-14)
    np.testing.assert_allclose(slope, (np.asarray(y) - exact) / step, atol=1e-12)


def test_a_proximal_point_is_stationary():
    y = np.linspace(-3, 3, 41)[:, None]
    points = np.asarray(compiled(jax.vmap(lambda y: proximal_point(wavy, y, 0.4)))(y))
    assert np.abs(points + 0.4 * (points - np.sin(2 * points)) - y).max() < 1e-13


def test_gradient_flow_is_the_matrix_exponential_and_minimising_movement_follows_it_to_first_order():
    start = np.array([1.0, -2.0])
    exact = linalg.expm(-np.asarray(CURVATURE)) @ np.asarray(start)
    np.testing.assert_allclose(gradient_flow(quadratic, start, 1.0, 200)[-1], exact, atol=1e-9)
    errors = [float(np.linalg.norm(minimising_movement(quadratic, start, 1 / n, 100)[n] - exact)) for n in (50, 100)]
    assert errors[0] / errors[1] == pytest.approx(2, abs=0.05)


def test_a_step_beyond_the_convex_range_is_refused():
    with pytest.raises(ValueError, match="weak_convexity"):
        steps.hop_bound_convex(1.0, 2.0, 1.0)
