"""Errors that spread over a graph of agents: simulated agent by agent, step by step.

Row i of the adjacency says how strongly agent i listens to each of the others. In a step an agent in error hands it on
along each edge by the chance βW_ij, independently; a rule says what an agent does with its own error. Replicas are the
last axis of every array, where the CPU's vectors run along them; map over graphs and parameters with `jax.vmap`.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, ArrayLike, Bool, Float, Key

from theory.door import count, within

Errors = Bool[Array, "agents replicas"]
Chances = Float[Array, "agents replicas"]

# Stands for ln 0 where an edge always transmits: e to this power is 0, and 0 times it is 0, not NaN.
_NEVER_SPARED = -1e4


class CascadeState(NamedTuple):
    """Between two steps."""

    errors: Errors  # who hands an error on in the next step
    ever: Errors  # who has been in error so far


Rule = Callable[[Chances, Chances, CascadeState], Errors]


def recurring(correction: Float[ArrayLike, ""]) -> Rule:
    """An error is corrected with chance δ a step, and may be caught again (susceptible-infected-susceptible).

    >>> state, half = init(jnp.array([True, False]), 1), jnp.full((2, 1), 0.5)
    >>> recurring(0.25)(half, half / 2, state).tolist()  # 1/2 < 1 - δ stays in error, 1/2 > 1/4 catches none
    [[True], [False]]
    """
    within("correction", correction, 0, 1)

    def follow(marks: Chances, caught: Chances, state: CascadeState) -> Errors:
        return marks < jnp.where(state.errors, 1 - jnp.asarray(correction), caught)

    return follow


def single_chance(marks: Chances, caught: Chances, state: CascadeState) -> Errors:
    """An error is handed on in one step only, never corrected and never caught again (independent cascade).

    >>> state, half = init(jnp.array([True, False]), 1), jnp.full((2, 1), 0.5)
    >>> single_chance(half, 2 * half, state).tolist()  # both are reached, one for the first time
    [[False], [True]]
    """
    return (marks < caught) & ~state.ever


def init(seeds: Bool[Array, " agents"], replicas: int) -> CascadeState:
    """The same agents in error in all of `replicas` independent cascades.

    >>> init(jnp.array([True, False]), 3).errors.tolist()
    [[True, True, True], [False, False, False]]
    """
    errors = jnp.repeat(seeds[:, None], count("replicas", replicas, 1), axis=1)
    return CascadeState(errors, errors)


def step(
    key: Key[Array, ""],
    state: CascadeState,
    adjacency: Float[Array, "agents agents"],
    transmission: Float[ArrayLike, ""],
    rule: Rule,
) -> tuple[CascadeState, CascadeState]:
    """Agent i catches an error with chance 1 - Π_j (1 - βW_ij x_j), x_j = 1 where j is in error; then the rule.

    Everything is worth plotting: the state is handed back as the info, too.

    >>> hears_previous = jnp.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    >>> state = init(jnp.array([True, False, False]), 1)
    >>> advance = jax.jit(step, static_argnums=4)
    >>> advance(jax.random.key(0), state, hears_previous, 1.0, single_chance)[0].errors.tolist()
    [[False], [True], [False]]
    """
    spared = jnp.maximum(jnp.log1p(-jnp.asarray(transmission) * adjacency), _NEVER_SPARED)
    caught = -jnp.expm1(spared @ state.errors.astype(spared.dtype))
    marks = jax.random.uniform(key, caught.shape, caught.dtype)
    errors = rule(marks, caught, state)
    after = CascadeState(errors, state.ever | errors)
    return after, after


def simulate_cascade(
    key: Key[Array, ""],
    adjacency: Float[Array, "agents agents"],
    seeds: Bool[Array, " agents"],
    transmission: Float[ArrayLike, ""],
    steps: int,
    replicas: int,
    rule: Rule,
) -> CascadeState:
    """States 0 .. `steps`, on a leading axis of every field. Jittable; reduce the result inside the same jit.

    >>> hears_previous = jnp.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    >>> first = jnp.array([True, False, False])
    >>> sizes = jax.jit(lambda key: simulate_cascade(key, hears_previous, first, 1.0, 2, 2, single_chance).ever.sum(1))
    >>> sizes(jax.random.key(0)).tolist()  # one more in each round of both replicas
    [[1, 1], [2, 2], [3, 3]]
    """
    if adjacency.shape != seeds.shape * 2:
        raise ValueError(f"adjacency must be (agents, agents) for seeds {seeds.shape}, got {adjacency.shape}")
    within("transmission", transmission, 0, 1)
    within("adjacency", adjacency, 0, 1)
    start, keys = init(seeds, replicas), jax.random.split(key, count("steps", steps))
    later = lax.scan(lambda state, key: step(key, state, adjacency, transmission, rule), start, keys)[1]
    return jax.tree.map(lambda one, more: jnp.concatenate([one[None], more]), start, later)
