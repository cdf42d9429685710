"""L-BFGS for many small problems at once: no inner loops, so that it can be vmapped over starts and settings."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, ArrayLike, Bool, Float, Int, PyTree, Real

_MEMORY = 12
# Step lengths tried side by side along a direction, the natural one first: it wins ties.
_LENGTHS = (1.0, 0.5, 0.15, 0.02, 1e-4, 2.0)


class QuasiNewton(NamedTuple):
    """Where a descent is, and what it remembers of the curvature."""

    point: Float[Array, " n"]
    value: Float[Array, ""]
    slope: Float[Array, " n"]
    moves: Float[Array, "memory n"]  # s, newest last; zero rows are empty
    turns: Float[Array, "memory n"]  # y, the changes of the slope
    steps: Int[Array, ""]  # so far


def minimise(
    loss_fn: Callable[[Any], Float[Array, ""]],
    start: PyTree,
    steps: Int[ArrayLike, ""],
    *,
    slope_norm: Real[ArrayLike, ""] = 0.0,
) -> tuple[PyTree, Float[Array, ""], Float[Array, ""]]:
    """Descends by L-BFGS; each step takes the best of a few lengths along the direction.

    Meant for smooth problems of up to some thousand numbers in float64: it goes on to where rounding stops it.

    Args:
        loss_fn: pure, of one pytree.
        start: the pytree to begin with.
        steps: at most so many; every one costs six values and slopes.
        slope_norm: stop where the slope is this small.

    Returns:
        The point, its loss, and the norm of its slope.

    Examples:
        >>> point, value, slope = minimise(lambda x: jnp.sum((x - 2.0) ** 4 + (x - 2.0) ** 2), jnp.zeros(3), 20)
        >>> round(float(point[0]), 4)
        2.0
    """
    flat, unravel = ravel_pytree(start)

    def unfinished(state: QuasiNewton) -> Bool[Array, ""]:
        return (state.steps <= steps) & ((state.steps == 0) | (jnp.linalg.norm(state.slope) > slope_norm))

    value_and_slope = jax.value_and_grad(lambda point: loss_fn(unravel(point)))
    state = quasi_newton_init(flat)
    state = jax.lax.while_loop(unfinished, lambda s: quasi_newton_step(value_and_slope, s), state)
    return unravel(state.point), state.value, jnp.linalg.norm(state.slope)


def quasi_newton_init(point: Float[Array, " n"]) -> QuasiNewton:
    """A start that has evaluated nothing: the first step does, on the spot.

    >>> float(quasi_newton_init(jnp.zeros(2)).value)
    inf
    """
    memory = jnp.zeros((_MEMORY, point.shape[0]), point.dtype)
    infinite = jnp.asarray(jnp.inf, point.dtype)
    return QuasiNewton(point, infinite, jnp.zeros_like(point), memory, memory, jnp.asarray(0))


def quasi_newton_step(value_and_slope: Callable[[Any], Any], state: QuasiNewton) -> QuasiNewton:
    """One step; stays where no length helps. A slope at every trial makes one program to compile, not three.

    >>> step = jax.jit(lambda state: quasi_newton_step(jax.value_and_grad(lambda x: x @ x / 2), state))
    >>> evaluated = step(quasi_newton_init(jnp.array([0.0, 1.0])))
    >>> float(evaluated.value), float(step(evaluated).value)  # the slope is the way to the minimum
    (0.5, 0.0)
    """
    direction = -_inverse_curvature(state)
    first = 1 / jnp.maximum(jnp.linalg.norm(state.slope), 1)
    direction = jnp.where(state.steps == 1, first * direction, direction)
    trials = state.point[None, :] + jnp.asarray(_LENGTHS)[:, None] * direction[None, :]
    values, slopes = jax.vmap(value_and_slope)(trials)
    values = jnp.where(jnp.isfinite(values), values, jnp.inf)
    # at rounding level values say nothing any more, but the natural step still shrinks the slope
    patience = 4 * jnp.finfo(values.dtype).eps * jnp.abs(jnp.minimum(state.value, values.min()))
    best = jnp.where(values[0] <= values.min() + patience, 0, jnp.argmin(values))
    taken = values[best] <= state.value + patience
    point = jnp.where(taken, trials[best], state.point)
    value, slope = jnp.where(taken, values[best], state.value), jnp.where(taken, slopes[best], state.slope)
    move, turn = point - state.point, slope - state.slope
    keep = move @ turn > 1e-12 * jnp.linalg.norm(move) * jnp.linalg.norm(turn)
    # where nothing helped, forget the curvature: the next step goes down the slope
    old = jnp.where(taken, 1.0, 0.0)
    moves = jnp.where(keep, jnp.roll(state.moves, -1, 0).at[-1].set(move), old * state.moves)
    turns = jnp.where(keep, jnp.roll(state.turns, -1, 0).at[-1].set(turn), old * state.turns)
    return QuasiNewton(point, value, slope, moves, turns, state.steps + 1)


def _inverse_curvature(state: QuasiNewton) -> Float[Array, " n"]:
    """The two-loop recursion; empty rows change nothing."""
    curvature = jnp.sum(state.moves * state.turns, axis=1)
    weight = jnp.where(curvature > 0, 1 / jnp.where(curvature > 0, curvature, 1), 0)

    def backward(q, row):
        move, turn, rho = row
        alpha = rho * (move @ q)
        return q - alpha * turn, alpha

    def forward(r, row):
        move, turn, rho, alpha = row
        return r + (alpha - rho * (turn @ r)) * move, None

    rows = (state.moves, state.turns, weight)
    q, alphas = jax.lax.scan(backward, state.slope, rows, reverse=True)
    square = state.turns[-1] @ state.turns[-1]
    scale = jnp.where(square > 0, curvature[-1] / jnp.where(square > 0, square, 1), 1)
    return jax.lax.scan(forward, scale * q, (*rows, alphas))[0]
