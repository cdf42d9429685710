"""Quadrature that the whole pillar shares: Gibbs laws on the line, and expectations under a normal law.

A law exp(log_density) on the line is held as nodes and normalised weights. The panels grow away from the centre, which
is where a kink of the energy, if there is one, has to be put: Gauss-Legendre never integrates across it.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import count

Function = Callable[[Float[Array, " nodes"]], Float[Array, " nodes"]]

_ORDER = 16  # of Gauss-Legendre in a panel
_FINEST = 1 / 8  # width of the innermost panel, in scales


class LineLaw(NamedTuple):
    """A probability law on the line, and the mass that it had before it was normalised.

    Attributes:
        nodes: of the quadrature.
        weights: of the nodes; they sum to 1.
        log_mass: log ∫ exp(log_density).
    """

    nodes: Float[Array, " nodes"]
    weights: Float[Array, " nodes"]
    log_mass: Float[Array, ""]


@cache
def _graded_rule(panels: int, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on [-reach, reach]: panels of a width that grows from `_FINEST` around 0."""
    # edges sinh(k g) _FINEST / sinh(g); the growth g is found so that the last edge is `reach`
    low, high = 1e-9, 10.0
    for _ in range(200):
        growth = (low + high) / 2
        with np.errstate(over="ignore"):
            too_far = _FINEST * np.sinh(panels * growth) / np.sinh(growth) > reach
        low, high = (low, growth) if too_far else (growth, high)
    edges = reach * np.sinh(np.arange(panels + 1) * low) / np.sinh(panels * low)
    node, weight = np.polynomial.legendre.leggauss(_ORDER)
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    nodes, weights = (middle[:, None] + half[:, None] * node).ravel(), (half[:, None] * weight).ravel()
    return np.concatenate([-nodes[::-1], nodes]), np.concatenate([weights[::-1], weights])


def line_law(
    log_density: Function,
    centre: Real[ArrayLike, ""],
    scale: Real[ArrayLike, ""],
    *,
    reach: float = 16.0,
    panels: int = 64,
) -> LineLaw:
    """The law proportional to exp(log_density), on [centre - reach·scale, centre + reach·scale].

    For a smooth unimodal law of standard deviation `scale` the moments are exact to rounding; the mass outside the
    range must be negligible, and features much narrower than `scale` must sit at the centre.

    >>> law = line_law(lambda x: -(x**2) / 2, 0.0, 1.0)
    >>> bool(abs(law.log_mass - jnp.log(2 * jnp.pi) / 2) < 1e-6)
    True
    """
    node, weight = _graded_rule(count("panels", panels, 1), float(reach))
    nodes = jnp.asarray(centre) + jnp.asarray(scale) * jnp.asarray(node)
    exponent = log_density(nodes) + jnp.log(jnp.asarray(weight)) + jnp.log(jnp.asarray(scale) * 1.0)
    # nothing depends on it, so that it needs no derivative; that of a maximum is 0/0 where it is rounded twice
    top = lax.stop_gradient(jnp.max(exponent))
    weights = jnp.exp(exponent - top)
    mass = jnp.sum(weights)
    return LineLaw(nodes, weights / mass, top + jnp.log(mass))


def law_mean(law: LineLaw, function: Function | None = None) -> Float[Array, ""]:
    """The expectation of a function of the node, by default of the node itself.

    >>> law = line_law(lambda x: -(x**2) / 2, 0.0, 1.0)
    >>> print(f"{law_mean(law, jnp.square):.4f}")
    1.0000
    """
    return jnp.sum(law.weights * (law.nodes if function is None else function(law.nodes)))


def normal_log_density(
    x: Float[Array, "*#shape"], mean: Real[ArrayLike, "*#shape"], deviation: Real[ArrayLike, "*#shape"]
) -> Float[Array, "*#shape"]:
    """Log density of N(mean, deviation²).

    >>> print(f"{normal_log_density(jnp.zeros(()), 0.0, 1.0):.4f}")  # -½ log 2π
    -0.9189
    """
    return -(((x - mean) / deviation) ** 2) / 2 - jnp.log(deviation) - np.log(2 * np.pi) / 2


@cache
def _hermite_rule(order: int) -> tuple[np.ndarray, np.ndarray]:
    node, weight = np.polynomial.hermite_e.hermegauss(order)
    return node, weight / weight.sum()


def normal_mean(function: Callable[[Array], Array], order: int = 64) -> Float[Array, ""]:
    """E f(ξ), ξ ~ N(0, 1), by Gauss-Hermite: exact for polynomials of degree up to 2·order - 1.

    >>> print(f"{normal_mean(lambda x: x**4):.5f}")
    3.00000
    """
    node, weight = _hermite_rule(count("order", order, 1))
    return jnp.sum(jnp.asarray(weight) * function(jnp.asarray(node)))
