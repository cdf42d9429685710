"""Gradient descent with Polyak's heavy-ball momentum, v <- μ v + ∇f(x), x <- x - η v, as a pair of init and steps."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, PyTree, Real


class Rolling(NamedTuple):
    """A point and its velocity."""

    point: PyTree
    velocity: PyTree


def momentum_init(point: PyTree) -> Rolling:
    """At rest.

    >>> float(momentum_init(jnp.array(3.0)).velocity)
    0.0
    """
    return Rolling(point, jax.tree.map(jnp.zeros_like, point))


def _momentum_step(
    loss_fn: Callable[[Any], Float[Array, ""]],
    state: Rolling,
    rate: Real[ArrayLike, ""],
    momentum: Real[ArrayLike, ""],
) -> Rolling:
    """V <- μ v + ∇f(x), x <- x - η v."""
    slope = jax.grad(loss_fn)(state.point)
    velocity = jax.tree.map(lambda v, g: momentum * v + g, state.velocity, slope)
    return Rolling(jax.tree.map(lambda x, v: x - rate * v, state.point, velocity), velocity)


def momentum_steps(
    loss_fn: Callable[[Any], Float[Array, ""]],
    state: Rolling,
    rate: Real[ArrayLike, ""],
    momentum: Real[ArrayLike, ""],
    steps: int,
) -> Rolling:
    """`steps` steps of rate η and momentum μ, without looking.

    >>> start = momentum_init(jnp.array(1.0))
    >>> float(momentum_steps(lambda x: x**2 / 2, start, 0.5, 0.5, 2).point)  # 1, 1/2, 0
    0.0
    """
    return jax.lax.fori_loop(0, steps, lambda _, s: _momentum_step(loss_fn, s, rate, momentum), state)
