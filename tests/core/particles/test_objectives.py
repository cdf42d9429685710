import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.particles.objectives import PROBLEMS, canyon

KINKED = {"ackley", "alpine", "salomon", "schwefel_max", "canyon"}  # at or beside the minimiser


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_minimiser_is_a_minimiser(name):
    problem = PROBLEMS[name]
    d = problem.dimension or 3
    points = problem.minimisers(d)
    values = np.asarray(problem.function(jnp.asarray(points.T)))
    assert np.abs(values).max() < 1e-12  # every function here has the height 0
    draw = np.random.default_rng(0)
    low, high = problem.box
    assert ((points >= low) & (points <= high)).all()
    anywhere = problem.function(jnp.asarray(draw.uniform(low, high, size=(d, 20000))))
    assert np.asarray(anywhere).min() > -1e-12
    size = 10.0 ** draw.uniform(-6, 0, size=20000)
    nearby = points[draw.integers(len(points), size=20000)].T + size * draw.normal(size=(d, 20000))
    assert np.asarray(problem.function(jnp.asarray(nearby))).min() > -1e-12


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_gradient_is_a_difference_quotient_and_a_point_is_a_column(name):
    problem = PROBLEMS[name]
    d = problem.dimension or 3
    low, high = problem.box
    points = np.random.default_rng(1).uniform(low, high, size=(d, 5))
    gradient = jax.vmap(jax.grad(problem.function), in_axes=1, out_axes=1)(jnp.asarray(points))
    step = 1e-6 * (high - low)
    for k in range(d):
        ends = [problem.function(jnp.asarray(points + sign * step * np.eye(d)[:, k : k + 1])) for sign in (1, -1)]
        quotient = (ends[0] - ends[1]) / (2 * step)
        np.testing.assert_allclose(gradient[k], quotient, rtol=1e-5, atol=2e-5 * (1 + np.abs(quotient).max()))
    one = problem.function(jnp.asarray(points[:, 0]))
    np.testing.assert_allclose(one, problem.function(jnp.asarray(points))[0], rtol=1e-12)
    if name not in KINKED:
        at = jnp.asarray(problem.minimisers(d)[0])
        assert float(jnp.abs(jax.grad(problem.function)(at)).max()) < 1e-6


def test_reference_values():
    # by hand, away from the minimisers: what no minimum sees
    at = jnp.array([2.0, 3.0])
    exact = {
        "sphere": 13,
        "rastrigin": 13,
        "rastrigin_soft": 13,
        "schwefel_max": 3,
        "double_well": 9 + 9,
        "ellipsoid": 4 + 9e6,
        "rosenbrock": 100 * (3 - 4) ** 2 + 1,
        "zakharov": 13 + 4.0**2 + 4.0**4,
        "himmelblau": (4 + 3 - 11) ** 2 + (2 + 9 - 7) ** 2,
        "griewank": 1 + 13 / 4000 - np.cos(2) * np.cos(3 / np.sqrt(2)),
        "ackley": 20 * (1 - np.exp(-0.2 * np.sqrt(6.5))),
        "styblinski_tang": (16 - 64 + 10 + 81 - 144 + 15) / 2 + 2 * 39.16616570377142,
        "salomon": 1 - np.cos(2 * np.pi * 13**0.5) + 0.1 * 13**0.5,
        "alpine": abs(2 * np.sin(2) + 0.2) + abs(3 * np.sin(3) + 0.3),
        "beale": (1.5 - 2 + 6) ** 2 + (2.25 - 2 + 18) ** 2 + (2.625 - 2 + 54) ** 2,
        "three_hump_camel": 8 - 1.05 * 16 + 64 / 6 + 6 + 9,
        "easom": 1 - np.cos(2) * np.cos(3) * np.exp(-((2 - np.pi) ** 2) - (3 - np.pi) ** 2),
    }
    for name, value in exact.items():
        assert float(PROBLEMS[name].function(at)) == pytest.approx(value, rel=1e-12), name
    assert float(canyon(jnp.array([8.0, 8.0]))) == pytest.approx(39.0, abs=0.1)


def test_there_are_as_many_as_promised():
    assert len(PROBLEMS) >= 15


def test_where_gradient_descent_is_caught_in_the_canyon():
    trap = jnp.array([2.33, 2.47])
    slope, curvature = jax.grad(canyon), jax.hessian(canyon)
    for _ in range(5):
        trap = trap - jnp.linalg.solve(curvature(trap), slope(trap))
    assert float(canyon(trap)) == pytest.approx(3.86, abs=0.01)
    assert float(jnp.linalg.norm(slope(trap))) < 1e-10
    assert float(jnp.linalg.eigvalsh(curvature(trap))[0]) > 0
