"""Errors that spread over a graph of agents faster than they are corrected: a spectral threshold.

An agent in error hands it on along each edge with probability β and is corrected with probability δ, each step. In the
mean-field description the error probabilities follow

    x_i' = (1 - δ) x_i + (1 - x_i) [1 - Π_j (1 - β W_ij x_j)],

which lies below the linear growth (1 - δ) + βW. So R = β λ_1(W)/δ < 1 suffices for extinction, in the mean field and in
the stochastic process alike; R > 1 suffices in the mean field only: small or sparse stochastic systems may still die.

Source: arXiv 2603.04474.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import count, within

_SQUARINGS = 48


def spectral_radius(matrix: Real[ArrayLike, "nodes nodes"]) -> Float[Array, ""]:
    """λ_1 of a matrix of non-negative entries, as lim ‖W^{2^k}‖^{1/2^k}: no eigenvalue routine, so on every device.

    Cycles in the signs of other eigenvalues do not disturb it, and a graph without directed cycles gives 0.

    >>> print(f"{spectral_radius(1 - jnp.eye(3)):.4f}")  # everybody hears both others
    2.0000
    """
    power = within("matrix", matrix, 0) * 1.0

    def square(state, doubling):
        power, log_norm = state
        norm = jnp.sqrt(jnp.sum(power**2))
        log_norm = log_norm + jnp.log(norm) * 0.5**doubling
        unit = power / jnp.where(norm > 0, norm, 1)
        return (unit @ unit, log_norm), None

    (_, log_norm), _ = jax.lax.scan(square, (power, jnp.zeros(())), jnp.arange(_SQUARINGS * 1.0))
    return jnp.exp(log_norm)


def reproduction_number(
    adjacency: Real[ArrayLike, "nodes nodes"], transmission: Real[ArrayLike, ""], correction: Real[ArrayLike, ""]
) -> Float[Array, ""]:
    """R = β λ_1(W)/δ. Errors die out where R < 1.

    >>> print(f"{reproduction_number(1 - jnp.eye(3), 0.1, 0.4):.3f}")
    0.500
    """
    beta, delta = within("transmission", transmission, 0, 1), within("correction", correction, 0, 1, strict=True)
    return beta * spectral_radius(adjacency) / delta


def early_growth(
    adjacency: Real[ArrayLike, "nodes nodes"], transmission: Real[ArrayLike, ""], correction: Real[ArrayLike, ""]
) -> Float[Array, ""]:
    """1 - δ + β λ_1(W), the factor by which few errors grow in one step of the mean field.

    >>> print(f"{early_growth(1 - jnp.eye(3), 0.1, 0.4):.4f}")
    0.8000
    """
    beta, delta = within("transmission", transmission, 0, 1), within("correction", correction, 0, 1)
    return 1 - delta + beta * spectral_radius(adjacency)


def cascade_step(
    errors: Real[ArrayLike, "nodes"],
    adjacency: Real[ArrayLike, "nodes nodes"],
    transmission: Real[ArrayLike, ""],
    correction: Real[ArrayLike, ""],
) -> Float[Array, "nodes"]:
    """One step of the mean field; row i of W has a 1 for each agent that i listens to.

    >>> print(jax.jit(cascade_step)(jnp.array([1.0, 1.0, 0.0]), 1 - jnp.eye(3), 0.5, 0.5).round(4))  # the last: 1 - 1/4
    [0.5  0.5  0.75]
    """
    x, hears = within("errors", errors, 0, 1), within("adjacency", adjacency, 0, 1)
    beta, delta = within("transmission", transmission, 0, 1), within("correction", correction, 0, 1)
    caught = -jnp.expm1(jnp.sum(jnp.log1p(-beta * hears * x[None]), axis=1))  # keeps the digits of few errors
    return (1 - delta) * x + (1 - x) * caught


def cascade(
    errors: Real[ArrayLike, "nodes"],
    adjacency: Real[ArrayLike, "nodes nodes"],
    transmission: Real[ArrayLike, ""],
    correction: Real[ArrayLike, ""],
    steps: int,
) -> Float[Array, "{steps}+1 nodes"]:
    """The error probabilities of every agent over time, the start in row 0.

    >>> ring = jnp.roll(jnp.eye(3), 1, axis=0)
    >>> walk = jax.jit(lambda start: cascade(start, ring, 1.0, 1.0, steps=2))
    >>> walk(jnp.array([1.0, 0.0, 0.0])).tolist()  # a sure error walks round
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    start = within("errors", errors, 0, 1) * 1.0

    def spread(x, _):
        return cascade_step(x, adjacency, transmission, correction), x

    return jax.lax.scan(spread, start, length=count("steps", steps) + 1)[1]
