"""Runs that several claims and figures of this paper share."""

from collections.abc import Callable
from typing import Any

import jax

from core.particles.cbo import CboParameters, anisotropic, cbo_step
from core.particles.hopping import HoppingParameters, hopping_step
from core.particles.loops import evolve
from core.particles.swarm import Noise, Objective, Swarm, swarm_init


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
