"""Many steps: with or without a history, until a stopping rule says so, and many runs at once by `jax.vmap`.

A step here is `state -> (state, info)`: a method's step with its objective, parameters and key bound. A schedule goes
into that closure, as a function of `state.step`.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Bool, Float, Real

from core.particles.swarm import Consensus, Swarm
from theory.door import count

State = TypeVar("State")
Step = Callable[[State], tuple[State, Any]]
Stop = Callable[[Any, Any], Bool[Array, ""]]


def evolve(
    step: Step, state: State, steps: int, *, record: Callable[[Any, Any], Any] | None = None, every: int = 1
) -> tuple[State, Any]:
    """`steps` steps; the history is what `record(state, info)` gives after each `every` of them, stacked.

    Without `record` nothing is stored, and XLA removes the diagnostics that nobody reads.

    Raises:
        ValueError: for a history whose stride does not divide the steps.

    >>> evolve(lambda x: (x / 2, x), jnp.array(1.0), 4, record=lambda x, info: x)[1].tolist()
    [0.5, 0.25, 0.125, 0.0625]
    """
    count("steps", steps, 0)
    if count("every", every, 1) and steps % every:
        raise ValueError(f"every is {every}, which does not divide steps, {steps}")
    if record is None:
        return jax.lax.fori_loop(0, steps, lambda _, now: step(now)[0], state), None

    def stretch(state: State, _: None) -> tuple[State, Any]:
        if every > 1:  # a loop of no steps would be traced and lowered too
            state = jax.lax.fori_loop(0, every - 1, lambda _, now: step(now)[0], state)
        state, info = step(state)
        return state, record(state, info)

    return jax.lax.scan(stretch, state, None, length=steps // every)


def evolve_until(step: Step, state: State, stop: Stop, most: int) -> State:
    """Steps until `stop(state, info)` or `most` steps; under `vmap` each run stops for itself.

    >>> float(evolve_until(lambda x: (x / 2, x), jnp.array(1.0), lambda x, info: x < 0.1, most=100))
    0.0625
    """
    count("most", most, 1)

    def unfinished(carry: tuple[State, Array, Array]) -> Array:
        return ~carry[1] & (carry[2] < most)

    def advance(carry: tuple[State, Array, Array]) -> tuple[State, Array, Array]:
        state, info = step(carry[0])
        return state, stop(state, info), carry[2] + 1

    return jax.lax.while_loop(unfinished, advance, (state, jnp.asarray(False), jnp.asarray(0)))[0]


def energy_below(level: Real[ArrayLike, ""]) -> Stop:
    """Stops when the best energy has reached a level.

    >>> from core.particles.swarm import swarm_init
    >>> swarm = swarm_init(lambda x: x[0] ** 2, jnp.array([[3.0, 1.0]]))
    >>> bool(energy_below(2.0)(swarm, None)), bool(energy_below(0.5)(swarm, None))
    (True, False)
    """
    return lambda swarm, agreed: swarm.best_energy <= level


def spread_below(distance: Real[ArrayLike, ""]) -> Stop:
    """Stops when the swarm has contracted to a root mean square distance from its consensus.

    >>> from core.particles.swarm import swarm_consensus, swarm_init
    >>> swarm = swarm_init(lambda x: x[0] ** 2, jnp.array([[3.0, 1.0]]))
    >>> bool(spread_below(0.5)(swarm, swarm_consensus(swarm, 0.0)))  # 3 and 1 lie 1 from their mean
    False
    """
    return lambda swarm, agreed: agreed.spread <= distance


def stagnant_for(steps: int) -> Stop:
    """Stops when the best energy has not fallen for this many steps.

    >>> from core.particles.swarm import swarm_init
    >>> swarm = swarm_init(lambda x: x[0] ** 2, jnp.array([[3.0, 1.0]]))
    >>> bool(stagnant_for(5)(swarm, None)), bool(stagnant_for(5)(swarm._replace(step=swarm.step + 5), None))
    (False, True)
    """
    count("steps", steps, 1)
    return lambda swarm, agreed: swarm.step - swarm.improved >= steps


def any_of(*rules: Stop) -> Stop:
    """Stops when one of the rules does.

    >>> from core.particles.swarm import swarm_init
    >>> swarm = swarm_init(lambda x: x[0] ** 2, jnp.array([[3.0, 1.0]]))
    >>> bool(any_of(energy_below(2.0), stagnant_for(5))(swarm, None))
    True
    """
    if not rules:
        raise ValueError("any_of: got no rule; it needs at least one")
    return lambda swarm, agreed: jnp.any(jnp.stack([rule(swarm, agreed) for rule in rules]))


def consensus_path(swarm: Swarm, agreed: Consensus) -> Float[Array, " d"]:
    """The usual record: where the consensus was.

    >>> from core.particles.swarm import swarm_consensus, swarm_init
    >>> swarm = swarm_init(lambda x: x[0] ** 2, jnp.array([[3.0, 1.0]]))
    >>> consensus_path(swarm, swarm_consensus(swarm, 0.0)).tolist()
    [2.0]
    """
    return agreed.point
