"""The falsifier: many gradient descents on the slack of an inequality, in search of a violation.

A host-side driver: unlike the rest of the library it calls `jax.jit` itself and is not to be jitted or vmapped.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int, Key, PyTree
from scipy import optimize

from core.verify.points import Number

HUGE = 1e100  # caps what the search sees; its square is still finite

Slack = Callable[[Any], Float[Array, ""]]


class Falsified(NamedTuple):
    """The worst that the attack found."""

    slack: float  # smallest finite slack; inf if there was none
    point: PyTree  # its unconstrained parameters, as `sample` shapes them
    by_start: Float[np.ndarray, " starts"]  # smallest slack of each start, after the polish
    evaluations: int  # of the slack and its gradient
    not_finite: int  # evaluations whose slack was not finite


class Descent(NamedTuple):
    """Where one start is, and the best that it has seen."""

    point: PyTree  # where it is
    moments: optax.OptState  # of Adam
    best_slack: Float[Array, ""]  # smallest that was finite
    best_point: PyTree  # where that was
    not_finite: Int[Array, ""]  # how many slacks were not


def descent_init(point: PyTree) -> Descent:
    """A start that has seen nothing yet.

    >>> float(descent_init(jnp.array(3.0)).best_slack)
    inf
    """
    moments = optax.scale_by_adam().init(point)
    return Descent(point, moments, jnp.asarray(jnp.inf), point, jnp.asarray(0))


def descent_step(slack_fn: Slack, rate: Float[Array, ""], state: Descent) -> Descent:
    """One Adam step down the slack; from a point whose slack is not finite, half-way back to the best point.

    >>> state = descent_step(jnp.square, jnp.array(1.0), descent_init(jnp.array(3.0)))
    >>> round(float(state.point), 4), float(state.best_slack)  # a first step of Adam has the length of its rate
    (2.0, 9.0)
    """
    slack, slope = jax.value_and_grad(slack_fn)(state.point)
    usable = jnp.isfinite(slack)
    direction, moments = optax.scale_by_adam().update(jax.tree.map(_tame, slope), state.moments)
    better = usable & (slack < state.best_slack)
    best_point = _choose(better, state.point, state.best_point)
    forward = jax.tree.map(lambda x, d: x - rate * d, state.point, direction)
    back = jax.tree.map(lambda x, best: (x + best) / 2, state.point, best_point)
    return Descent(
        _choose(usable, forward, back),
        _choose(usable, moments, state.moments),
        jnp.where(better, slack, state.best_slack),
        best_point,
        state.not_finite + ~usable,
    )


def falsify(
    slack_fn: Slack,
    sample: Callable[[Key[Array, ""]], PyTree],
    key: Key[Array, ""],
    *,
    starts: int = 64,
    steps: int = 300,
    learning_rate: Number | Sequence[Number] = (0.3, 0.03),
    polish: int = 8,
) -> Falsified:
    """Searches for the smallest slack of an inequality over a parametrised family.

    Every start descends by Adam with a rate that falls to zero along a cosine; the best few are polished by L-BFGS.
    It finds what a slope leads to. A violation on an island in a flat sea is for random points to find.

    Args:
        slack_fn: pure; unconstrained parameters -> right side minus left side, a float64 scalar. It maps the
            parameters to an admissible point (softmax, exp, sigmoid), so that each point it sees is fair.
        sample: pure; key -> parameters of one start, a pytree of float64 arrays of order one.
        key: typed key.
        starts: number of descents, run side by side.
        steps: Adam steps of each, and the most L-BFGS iterations of a polish.
        learning_rate: first Adam step, or several, dealt to the starts in turn.
        polish: how many of the best starts L-BFGS takes further.

    Returns:
        The smallest finite slack, its parameters and each start's best.

    Examples:
        >>> _ = jax.config.update("jax_enable_x64", True)
        >>> square = lambda x: (x - 3.0) ** 2 - 0.01  # claimed to be positive
        >>> found = falsify(square, jax.random.normal, jax.random.key(0), starts=4, steps=100)
        >>> round(found.slack, 6), round(float(found.point), 6)
        (-0.01, 3.0)
    """
    rates = np.atleast_1d(np.asarray(learning_rate, np.float64))
    _check_door(slack_fn, sample, key, starts, steps, rates, polish)
    cosine = (1 + np.cos(np.pi * np.arange(steps) / steps)) / 2
    schedules = np.resize(rates, starts)[:, None] * cosine

    def descend(key: Key[Array, ""], schedule: Float[Array, " steps"]) -> Descent:
        start = descent_init(sample(key))
        return jax.lax.scan(lambda state, rate: (descent_step(slack_fn, rate, state), None), start, schedule)[0]

    def descents(key: Key[Array, ""]) -> Descent:
        return jax.vmap(descend)(jax.random.split(key, starts), jnp.asarray(schedules))

    ends = jax.tree.map(np.array, jax.jit(descents)(key))
    by_start = ends.best_slack
    counts = np.array([starts * steps, int(ends.not_finite.sum())])
    ranking = np.argsort(by_start)
    found, found_at = by_start[ranking[0]], jax.tree.map(lambda leaf: leaf[ranking[0]], ends.best_point)

    @jax.jit
    def flat_slack(flat: Float[Array, " coordinates"], like: PyTree) -> tuple[Float[Array, ""], Array]:
        slack, slope = jax.value_and_grad(lambda flat: slack_fn(ravel_pytree(like)[1](flat)))(flat)
        return slack, _tame(slope)

    for start in ranking[:polish]:
        point = jax.tree.map(lambda leaf, start=start: leaf[start], ends.best_point)
        slack, point = _polish(flat_slack, point, steps, counts)
        by_start[start] = min(slack, by_start[start])
        if slack < found:
            found, found_at = slack, point
    return Falsified(float(found), jax.tree.map(np.asarray, found_at), by_start, *counts.tolist())


def _polish(flat_slack: Callable, point: PyTree, steps: int, counts: np.ndarray) -> tuple[float, PyTree]:
    """L-BFGS from a point; adds to `counts` what it evaluated and what of that was not finite."""
    leaves, form = jax.tree.flatten(point)
    start = np.concatenate([leaf.ravel() for leaf in leaves])
    best = [np.inf, start]

    def value_and_slope(flat: np.ndarray) -> tuple[float, np.ndarray]:
        slack, slope = (np.asarray(x) for x in flat_slack(flat, point))
        counts[:] += [1, not np.isfinite(slack)]
        if np.isfinite(slack) and slack < best[0]:
            best[:] = [float(slack), flat.copy()]
        return float(slack) if np.isfinite(slack) else HUGE, slope

    options = {"maxiter": steps, "ftol": 0.0, "gtol": 0.0, "maxls": 40}
    optimize.minimize(value_and_slope, start, jac=True, method="L-BFGS-B", options=options)
    pieces = np.split(best[1], np.cumsum([leaf.size for leaf in leaves])[:-1])
    return best[0], form.unflatten([piece.reshape(leaf.shape) for piece, leaf in zip(pieces, leaves, strict=True)])


def _tame(slope: Any) -> Array:
    # An infinite slope counts as none: passed on, it would freeze its coordinate in Adam's second moment for good.
    return jnp.clip(jnp.where(jnp.isfinite(slope), slope, 0.0), -HUGE, HUGE)


def _choose(condition: Array, yes: PyTree, no: PyTree) -> PyTree:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), yes, no)


def _check_door(slack_fn, sample, key, starts: int, steps: int, rates: np.ndarray, polish: int) -> None:
    if jnp.asarray(0.0).dtype != jnp.float64:
        raise ValueError("falsify needs float64: rounding would pass for a violation; switch jax_enable_x64 on")
    for name, count, least in (("starts", starts, 1), ("steps", steps, 1), ("polish", polish, 0)):
        if count < least:
            raise ValueError(f"{name} is {count}; allowed is an integer >= {least}")
    if rates.ndim != 1 or not len(rates) or not (np.isfinite(rates) & (rates > 0)).all():
        raise ValueError(f"learning_rate is {rates}; allowed are positive numbers")
    point = jax.eval_shape(sample, key)
    slack = jax.eval_shape(slack_fn, point)
    leaves = jax.tree.leaves(point)
    if not leaves or any(leaf.dtype != jnp.float64 for leaf in leaves):
        raise ValueError(f"sample returns {point}; allowed is a pytree of float64 arrays")
    if getattr(slack, "shape", None) != () or slack.dtype != jnp.float64:
        raise ValueError(f"slack_fn returns {slack}; allowed is one float64 scalar")
