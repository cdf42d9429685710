from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.particles.objectives import PROBLEMS, canyon
from tests.compiled import compiled

KINKED = {"ackley", "alpine", "salomon", "schwefel_max", "canyon"}  # at or beside the minimiser


DRAWS, NEAR = 5, 2000


@cache
def evaluated(name):
    """Values at minimisers, at a few points and beside them, anywhere in the box and near a minimiser; gradients."""
    problem, draw = PROBLEMS[name], np.random.default_rng(0)
    d = problem.dimension or 3
    (low, high), points = problem.box, problem.minimisers(d)
    few = draw.uniform(low, high, size=(d, DRAWS))
    step = 1e-6 * (high - low)
    beside = [few + sign * step * np.eye(d)[:, k : k + 1] for k in range(d) for sign in (1, -1)]
    anywhere = draw.uniform(low, high, size=(d, NEAR))
    size = 10.0 ** draw.uniform(-6, 0, size=NEAR)
    near = points[draw.integers(len(points), size=NEAR)].T + size * draw.normal(size=(d, NEAR))
    slope = jax.vmap(jax.value_and_grad(problem.function), in_axes=1, out_axes=(0, 1))
    both = compiled(lambda all_of_them, some: (problem.function(all_of_them), *slope(some)))
    everywhere = np.concatenate([points.T, few, *beside, anywhere, near], axis=1)
    found, one, gradient = both(everywhere, np.concatenate([few, points[:1].T], axis=1))
    first = len(points) + DRAWS
    ends = found[first : first + 2 * d * DRAWS].reshape(d, 2, DRAWS)
    quotient = (ends[:, 0] - ends[:, 1]) / (2 * step)
    return points, found[: len(points)], found[len(points) : first], found[-2 * NEAR :], one, gradient, quotient


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_minimiser_is_a_minimiser(name):
    points, lowest, _, others, *_ = evaluated(name)
    low, high = PROBLEMS[name].box
    assert np.abs(lowest).max() < 1e-12  # every function here has the height 0
    assert ((points >= low) & (points <= high)).all()
    assert others.min() > -1e-12


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_gradient_is_a_difference_quotient_and_a_point_is_a_column(name):
    _, _, few, _, one, gradient, quotient = evaluated(name)
    for found, exact in zip(gradient[:, :-1], quotient, strict=True):
        np.testing.assert_allclose(found, exact, rtol=1e-5, atol=2e-5 * (1 + np.abs(exact).max()))
    np.testing.assert_allclose(one[:-1], few, rtol=1e-12)
    if name not in KINKED:
        assert np.abs(gradient[:, -1]).max() < 1e-6


def test_reference_values():
    # by hand, away from the minimisers: what no minimum sees
    at = np.array([2.0, 3.0])
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
    found = compiled(lambda at: {name: PROBLEMS[name].function(at) for name in exact})(at)
    for name, value in exact.items():
        assert float(found[name]) == pytest.approx(value, rel=1e-12), name


def test_there_are_as_many_as_promised():
    assert len(PROBLEMS) >= 15


def test_where_gradient_descent_is_caught_in_the_canyon():
    slope, curvature = jax.grad(canyon), jax.hessian(canyon)

    @compiled
    def trap(x):
        x = jax.lax.fori_loop(0, 5, lambda _, x: x - jnp.linalg.solve(curvature(x), slope(x)), x)
        return canyon(x), slope(x), curvature(x), canyon(jnp.array([8.0, 8.0]))

    height, push, bend, corner = map(np.asarray, trap(np.array([2.33, 2.47])))
    assert height == pytest.approx(3.86, abs=0.01)
    assert np.linalg.norm(push) < 1e-10
    assert np.linalg.eigvalsh(bend)[0] > 0
    assert corner == pytest.approx(39.0, abs=0.1)
