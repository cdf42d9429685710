"""Particle swarm optimisation with a consensus (Grassi, Pareschi 2021); without inertia it is plain consensus.

    m V' = m V - γ dt V' + λ dt (c - X) + σ √dt D(c - X) ξ,    X' = X + dt V',    γ = 1 - m

The friction is implicit, so that m → 0 at a fixed step is the explicit scheme of the swarm without velocities.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Key, Real

from core.particles.cbo import CboParameters, anisotropic, cbo_move
from core.particles.reductions import Axis
from core.particles.swarm import (
    Consensus,
    Noise,
    Objective,
    Swarm,
    check_parameters,
    swarm_consensus,
    swarm_init,
    swarm_moved,
)
from theory.door import within


class InertialSwarm(NamedTuple):
    """A swarm with velocities."""

    swarm: Swarm
    velocity: Float[Array, "d particles"]  # V


def inertia_init(objective: Objective, position: Float[Array, "d particles"], axis: Axis = None) -> InertialSwarm:
    """Particles at rest.

    >>> from core.particles.objectives import sphere
    >>> inertia_init(sphere, jnp.array([[0.0, 2.0]])).velocity.tolist()
    [[0.0, 0.0]]
    """
    swarm = swarm_init(objective, position, axis)
    return InertialSwarm(swarm, jnp.zeros_like(swarm.position))


def inertia_step(
    objective: Objective,
    parameters: CboParameters,
    inertia: Real[ArrayLike, ""],
    key: Key[Array, ""],
    state: InertialSwarm,
    *,
    noise: Noise = anisotropic,
    axis: Axis = None,
) -> tuple[InertialSwarm, Consensus]:
    """One step with inertia m in [0, 1]; at m = 0 the step of `cbo_step`.

    >>> import jax
    >>> from core.particles.objectives import sphere
    >>> start, quiet = inertia_init(sphere, jnp.array([[0.0, 2.0]])), CboParameters(sigma=0.0, alpha=0.0, dt=0.5)
    >>> state, _ = inertia_step(sphere, quiet, 1.0, jax.random.key(0), start)
    >>> state.velocity.tolist(), state.swarm.position.tolist()  # an impulse of dt (1 - x)
    ([[0.5, -0.5]], [[0.25, 1.75]])
    """
    check_parameters(parameters)
    mass = within("inertia", inertia, 0, 1)
    swarm, dt = state.swarm, jnp.asarray(parameters.dt)
    agreed = swarm_consensus(swarm, parameters.alpha, axis)
    impulse = cbo_move(parameters, key, swarm, agreed.point[:, None], noise, axis) - swarm.position
    velocity = (mass * state.velocity + impulse) / (mass + (1 - mass) * dt)
    position = swarm.position + dt * velocity
    moved = swarm_moved(objective, swarm, position.astype(swarm.position.dtype), axis)
    return InertialSwarm(moved, velocity.astype(swarm.position.dtype)), agreed
