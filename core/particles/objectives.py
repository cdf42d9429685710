"""Test functions for optimisers, each with its minimisers, written for (d, ...) arrays: a point or a whole swarm.

They are differentiable wherever the mathematics is, so `jax.grad` gives their gradients. `PROBLEMS` lists them with
the box in which they are usually searched. Two functions are called Rastrigin in the literature: the usual one with
amplitude 10 is `rastrigin`, the one of the consensus papers with 2.5 and height 0 is `rastrigin_soft`.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from core.particles.normals import cosine_of_turns
from core.particles.reductions import coordinate_sum

Points = Float[Array, "d *batch"]
Values = Float[Array, "*batch"]


class Problem(NamedTuple):
    """A function with what is known about it."""

    function: Callable[[Array], Array]  # (d, ...) -> (...)
    minimisers: Callable[[int], np.ndarray]  # d -> (number, d)
    box: tuple[float, float]  # of each coordinate
    dimension: int | None = None  # where only one is allowed


def sphere(x: Points) -> Values:
    """Σ x².

    >>> float(sphere(jnp.array([3.0, 4.0])))
    25.0
    """
    return coordinate_sum(x * x)


def ellipsoid(x: Points) -> Values:
    """Σ 10^(6 k/(d-1)) x_k²: convex, condition number 10^6.

    >>> float(ellipsoid(jnp.array([1.0, 1.0])))
    1000001.0
    """
    return coordinate_sum(_column(np.logspace(0, 6, x.shape[0]), x) * x * x)


def rastrigin(x: Points) -> Values:
    """Σ x² + 10 (1 - cos 2πx): a minimum at nearly every integer point.

    >>> round(float(rastrigin(jnp.array([1.0, 0.5]))), 3)  # 1 + (1/4 + 10 · 2)
    21.25
    """
    return coordinate_sum(x * x + 10 * (1 - cosine_of_turns(x)))


def rastrigin_soft(x: Points) -> Values:
    """Σ x² + 2.5 (1 - cos 2πx).

    >>> round(float(rastrigin_soft(jnp.array([1.0, 0.5]))), 3)  # 1 + (1/4 + 2.5 · 2)
    6.25
    """
    return coordinate_sum(x * x + 2.5 * (1 - cosine_of_turns(x)))


def ackley(x: Points) -> Values:
    """20 + e - 20 exp(-0.2 |x|/√d) - exp(mean cos 2πx): nearly flat far out, a cone at the minimum.

    >>> round(float(ackley(jnp.array([1.0, 1.0]))), 3)  # 20 (1 - exp(-0.2))
    3.625
    """
    d = x.shape[0]
    square = coordinate_sum(x * x) / d
    # the cone has no slope at its tip: take 0 there, not the NaN of √
    radius = jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1)), 0)
    return 20 * -jnp.expm1(-0.2 * radius) + math.e * -jnp.expm1(coordinate_sum(cosine_of_turns(x) - 1) / d)


def griewank(x: Points) -> Values:
    """1 + |x|²/4000 - Π cos(x_k/√k).

    >>> round(float(griewank(jnp.array([math.pi, 0.0]))), 3)  # 1 + π²/4000 + 1
    2.002
    """
    return 1 + coordinate_sum(x * x) / 4000 - jnp.prod(jnp.cos(x / _column(np.sqrt(_ranks(x)), x)), axis=0)


def rosenbrock(x: Points) -> Values:
    """Σ 100 (x_{k+1} - x_k²)² + (1 - x_k)²: a curved valley.

    >>> float(rosenbrock(jnp.array([1.0, 1.0]))), float(rosenbrock(jnp.array([0.0, 1.0])))
    (0.0, 101.0)
    """
    return coordinate_sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def levy(x: Points) -> Values:
    """sin² πw_1 + Σ_{k<d} (w_k - 1)² (1 + 10 sin²(πw_k + 1)) + (w_d - 1)² (1 + sin² 2πw_d), w = 1 + (x - 1)/4; Lévy's.

    >>> round(float(levy(jnp.array([1.0, 1.0]))), 6), round(float(levy(jnp.array([1.0, 5.0]))), 6)
    (0.0, 1.0)
    """
    w = 1 + (x - 1) / 4
    inner = coordinate_sum((w[:-1] - 1) ** 2 * (1 + 10 * jnp.sin(math.pi * w[:-1] + 1) ** 2))
    last = (w[-1] - 1) ** 2 * (1 + jnp.sin(2 * math.pi * w[-1]) ** 2)
    return jnp.sin(math.pi * w[0]) ** 2 + inner + last


def zakharov(x: Points) -> Values:
    """|x|² + q² + q⁴, q = Σ k x_k / 2.

    >>> float(zakharov(jnp.array([0.0, 1.0])))  # q = 1
    3.0
    """
    q = coordinate_sum(_column(_ranks(x) / 2, x) * x)
    return coordinate_sum(x * x) + q**2 + q**4


def styblinski_tang(x: Points) -> Values:
    """½ Σ x⁴ - 16 x² + 5 x, raised to the height 0: two wells a coordinate.

    >>> round(float(styblinski_tang(jnp.array([_STYBLINSKI, 0.0]))), 3)  # the other well is 14 higher, the hill 39
    39.166
    """
    low = _STYBLINSKI
    floor = (low**4 - 16 * low**2 + 5 * low) / 2
    return coordinate_sum((x**4 - 16 * x**2 + 5 * x) / 2 - floor)


def alpine(x: Points) -> Values:
    """Σ |x sin x + 0.1 x|: kinks, and minima also away from 0.

    >>> round(float(alpine(jnp.array([math.pi, 0.0]))), 4)  # 0.1 π
    0.3142
    """
    return coordinate_sum(jnp.abs(x * jnp.sin(x) + 0.1 * x))


def salomon(x: Points) -> Values:
    """1 - cos 2πr + 0.1 r, r = |x|: rings.

    >>> round(float(salomon(jnp.array([3.0, 4.0]))), 4)  # r = 5
    0.5
    """
    square = coordinate_sum(x * x)
    radius = jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1)), 0)
    return 1 - cosine_of_turns(radius) + 0.1 * radius


def double_well(x: Points) -> Values:
    """(x_1² - 1)² + Σ_{k>1} x_k²: two global minima.

    >>> float(double_well(jnp.array([-1.0, 0.0]))), float(double_well(jnp.array([0.0, 0.0])))
    (0.0, 1.0)
    """
    return (x[0] ** 2 - 1) ** 2 + coordinate_sum(x * x) - x[0] ** 2


def schwefel_max(x: Points) -> Values:
    """The largest |x_k|: convex and nowhere smooth along its ridges.

    >>> float(schwefel_max(jnp.array([3.0, -4.0])))
    4.0
    """
    return jnp.max(jnp.abs(x), axis=0)


def himmelblau(x: Float[Array, "2 *batch"]) -> Values:
    """(x² + y - 11)² + (x + y² - 7)²: four global minima.

    >>> float(himmelblau(jnp.array([3.0, 2.0])))
    0.0
    """
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


def easom(x: Float[Array, "2 *batch"]) -> Values:
    """1 - cos x cos y exp(-(x - π)² - (y - π)²): a pin-hole in a plain.

    >>> round(float(easom(jnp.array([math.pi, math.pi]))), 6), round(float(easom(jnp.array([0.0, 0.0]))), 6)
    (0.0, 1.0)
    """
    return 1 - jnp.cos(x[0]) * jnp.cos(x[1]) * jnp.exp(-((x[0] - math.pi) ** 2) - (x[1] - math.pi) ** 2)


def beale(x: Float[Array, "2 *batch"]) -> Values:
    """(1.5 - p + p q)² + (2.25 - p + p q²)² + (2.625 - p + p q³)², x = (p, q); Beale's.

    >>> float(beale(jnp.array([3.0, 0.5])))
    0.0
    """
    p, q = x[0], x[1]
    return (1.5 - p + p * q) ** 2 + (2.25 - p + p * q**2) ** 2 + (2.625 - p + p * q**3) ** 2


def three_hump_camel(x: Float[Array, "2 *batch"]) -> Values:
    """2x² - 1.05x⁴ + x⁶/6 + xy + y².

    >>> float(three_hump_camel(jnp.array([0.0, 2.0])))
    4.0
    """
    return 2 * x[0] ** 2 - 1.05 * x[0] ** 4 + x[0] ** 6 / 6 + x[0] * x[1] + x[1] ** 2


def canyon(x: Float[Array, "2 *batch"], ripple: float = 1.1625) -> Values:
    """A winding canyon with ripples of height `ripple` on its floor; least at the origin, where it is 0.

    A gradient method that starts at (8, 8) runs along the floor and stops in the ripple at (2.33, 2.47).

    >>> round(float(canyon(jnp.array([0.0, 0.0]))), 4)
    0.0
    """
    p, q = x[0], x[1]
    across = q - ((p - 1) * (p - 4) ** 2 / 8 + 2)
    walls = 25 * -jnp.expm1(-1.4 * across**2 * jnp.exp(-0.002 * p**4))
    ripples = ripple * (2 - cosine_of_turns(0.375 * p) - cosine_of_turns(0.375 * q))
    slope = -p - 1.6 * q
    step = 4 * jnp.exp(1 - 2 * across**4) * jnp.maximum(-jnp.expm1(-9 * slope**2) * jnp.sign(slope), 0)
    return walls + 0.4 * p**2 + 0.2 * q**2 + ripples + step


_STYBLINSKI = -2.9035340277711771  # least root of 4 x³ - 32 x + 5
_HIMMELBLAU = np.array([
    [3.0, 2.0], [-2.8051180869527448, 3.1313125182505730], [-3.7793102533777469, -3.2831859912861694],
    [3.5844283403304917, -1.8481265269644035]])  # fmt: skip


def _at(value: float) -> Callable[[int], np.ndarray]:
    return lambda d: np.full((1, d), value)


def _wells(d: int) -> np.ndarray:
    return np.stack([sign * np.eye(d)[0] for sign in (-1.0, 1.0)])


PROBLEMS: dict[str, Problem] = {
    "sphere": Problem(sphere, _at(0.0), (-5, 5)),
    "ellipsoid": Problem(ellipsoid, _at(0.0), (-5, 5)),
    "rastrigin": Problem(rastrigin, _at(0.0), (-5.12, 5.12)),
    "rastrigin_soft": Problem(rastrigin_soft, _at(0.0), (-5, 5)),
    "ackley": Problem(ackley, _at(0.0), (-5, 5)),
    "griewank": Problem(griewank, _at(0.0), (-600, 600)),
    "rosenbrock": Problem(rosenbrock, _at(1.0), (-2, 2)),
    "levy": Problem(levy, _at(1.0), (-10, 10)),
    "zakharov": Problem(zakharov, _at(0.0), (-5, 10)),
    "styblinski_tang": Problem(styblinski_tang, _at(_STYBLINSKI), (-5, 5)),
    "alpine": Problem(alpine, _at(0.0), (-10, 10)),
    "salomon": Problem(salomon, _at(0.0), (-10, 10)),
    "double_well": Problem(double_well, _wells, (-2, 2)),
    "schwefel_max": Problem(schwefel_max, _at(0.0), (-10, 10)),
    "himmelblau": Problem(himmelblau, lambda d: _HIMMELBLAU, (-5, 5), 2),
    "easom": Problem(easom, _at(math.pi), (-10, 10), 2),
    "beale": Problem(beale, lambda d: np.array([[3.0, 0.5]]), (-4.5, 4.5), 2),
    "three_hump_camel": Problem(three_hump_camel, _at(0.0), (-5, 5), 2),
    "canyon": Problem(canyon, _at(0.0), (-2, 8), 2),
}


def _ranks(x: Array) -> np.ndarray:
    return np.arange(1.0, x.shape[0] + 1)


def _column(values: np.ndarray, x: Array) -> Array:
    """One number a coordinate, shaped to multiply (d, ...)."""
    return jnp.asarray(values, x.dtype).reshape(-1, *[1] * (x.ndim - 1))
