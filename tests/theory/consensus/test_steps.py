import jax
import jax.numpy as jnp
import numpy as np
import pytest

from theory.consensus.envelope import hop, hopping_width
from theory.consensus.finite_swarm import kink_distance
from theory.consensus.steps import (
    explicit_bound,
    gradient_flow,
    hop_bound_convex,
    hop_bound_smooth,
    minimising_movement,
    moreau_envelope,
    proximal_point,
)

CURVATURE = jnp.array([[2.0, 0.3], [0.3, 0.5]])


def quadratic(x):
    return x @ CURVATURE @ x / 2


def wavy(x):
    return jnp.sum(x**2 / 2 + 0.5 * jnp.cos(2 * x))  # E'' in [-1, 3], |E'''| <= 4


def test_proximal_point_of_a_quadratic_and_the_gradient_of_its_envelope():
    y, step = jnp.array([1.0, -2.0]), 0.7
    exact = jnp.linalg.solve(jnp.eye(2) + step * CURVATURE, y)
    np.testing.assert_allclose(proximal_point(quadratic, y, step), exact, atol=1e-14)
    slope = jax.grad(lambda y: moreau_envelope(quadratic, y, step))(y)
    np.testing.assert_allclose(slope, (y - exact) / step, atol=1e-12)


def test_a_proximal_point_is_stationary():
    y = jnp.linspace(-3, 3, 41)[:, None]
    points = jax.jit(jax.vmap(lambda y: proximal_point(wavy, y, 0.4)))(y)
    residual = points + 0.4 * jax.vmap(jax.grad(wavy))(points) - y
    assert float(jnp.abs(residual).max()) < 1e-13


@pytest.mark.parametrize("alpha", [1.0, 10.0, 1000.0])
def test_both_bounds_on_the_distance_of_hop_and_proximal_step(alpha):
    step = 0.4
    y = jnp.linspace(-3, 3, 21)
    proximal = jax.vmap(lambda y: proximal_point(wavy, y[None], step)[0])(y)
    width = hopping_width(alpha, step)
    hops = jax.jit(jax.vmap(lambda y, p: hop(lambda x: x**2 / 2 + 0.5 * jnp.cos(2 * x), y, alpha, width, p)))(
        y, proximal
    )
    distance = np.abs(hops - proximal)
    assert (distance <= hop_bound_convex(alpha, step, 1.0)).all()
    assert (distance <= hop_bound_smooth(alpha, step, 1.0, 4.0)).all()
    assert distance.max() > 0.05 * float(hop_bound_smooth(alpha, step, 1.0, 4.0)) or alpha < 100


def test_at_a_kink_the_square_root_rate_is_attained():
    step = 0.3
    for alpha in (1e4, 1e6):
        width = hopping_width(alpha, step)
        there = hop(jnp.abs, step, alpha, width, 0.0, reach=2 * step / float(width) + 20, panels=400)
        assert float(there / kink_distance(alpha, step)) == pytest.approx(1, abs=3 / np.sqrt(alpha))


def test_explicit_against_proximal_step():
    y = jnp.linspace(-3, 3, 21)[:, None]
    slope = jax.vmap(jax.grad(wavy))(y)
    for step in (0.01, 0.1, 0.5):
        points = jax.vmap(lambda y, t=step: proximal_point(wavy, y, t))(y)
        distance = np.abs(points - (y - step * slope))
        assert (distance <= np.asarray(explicit_bound(step, 1.0, 3.0, jnp.abs(slope))) + 1e-15).all()


def test_gradient_flow_is_the_matrix_exponential_and_minimising_movement_follows_it_to_first_order():
    start = jnp.array([1.0, -2.0])
    exact = jax.scipy.linalg.expm(-CURVATURE) @ start
    np.testing.assert_allclose(gradient_flow(quadratic, start, 1.0, 200)[-1], exact, atol=1e-9)
    errors = [float(jnp.linalg.norm(minimising_movement(quadratic, start, 1 / n, n)[-1] - exact)) for n in (50, 100)]
    assert errors[0] / errors[1] == pytest.approx(2, abs=0.05)


def test_a_step_beyond_the_convex_range_is_refused():
    with pytest.raises(ValueError, match="weak_convexity"):
        hop_bound_convex(1.0, 2.0, 1.0)
