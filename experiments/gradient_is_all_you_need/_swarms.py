"""Runs that several claims and figures of this paper share."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from core.particles.cbo import CboParameters, anisotropic, cbo_step, isotropic
from core.particles.hopping import HoppingParameters, hopping_step
from core.particles.loops import evolve
from core.particles.swarm import Noise, Objective, Swarm, swarm_init


def of_the_first(count: jax.Array, objective: Objective) -> Objective:
    """The objective for `count` particles, traced, of a larger swarm: the others stay without weight in it."""
    return lambda x: jnp.where(jnp.arange(x.shape[1]) < count, objective(x), jnp.inf)


def isotropic_or_not(same: jax.Array, offset: jax.Array) -> jax.Array:
    """The amplitude of isotropic noise, or of anisotropic; by a traced answer, so that one program serves both."""
    return jnp.where(same, isotropic(offset), anisotropic(offset))


def consensus_run(
    objective: Objective,
    parameters: CboParameters,
    key: jax.Array,
    position: jax.Array,
    steps: int,
    noise: Noise = anisotropic,
    record: Callable[[Any, Any], Any] | None = None,
) -> tuple[Swarm, Any]:
    """Consensus-based optimisation from `position`: the last swarm, and what was recorded."""

    def step(swarm: Swarm) -> Any:
        return cbo_step(objective, parameters, key, swarm, noise=noise)

    return evolve(step, swarm_init(objective, position), steps, record=record)


def hopping_run(
    objective: Objective,
    parameters: HoppingParameters,
    key: jax.Array,
    position: jax.Array,
    steps: int,
    record: Callable[[Any, Any], Any] | None = None,
) -> tuple[Swarm, Any]:
    """Consensus hopping from `position`: the last swarm, and what was recorded."""

    def step(swarm: Swarm) -> Any:
        return hopping_step(objective, parameters, key, swarm)

    return evolve(step, swarm_init(objective, position), steps, record=record)
