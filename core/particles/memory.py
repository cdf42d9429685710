"""Consensus-based optimisation with memory and gradients (Riedl 2022): each particle keeps the best place it has seen.

    X' = X - λ₁ dt (X - c_Y) - λ₂ dt (X - Y) - λ₃ dt ∇E(X) + σ₁ √dt D(X - c_Y) ξ₁ + σ₂ √dt D(X - Y) ξ₂
    Y' = Y + κ dt S (X' - Y),     S = (1 + tanh(β (E(Y) - E(X')))) / 2

c_Y is the consensus of the memories. With κ dt = 1 and β = ∞, the defaults, Y is exactly the best of the particle.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Key, Real

from core.particles.cbo import anisotropic, normals_for
from core.particles.reductions import Axis
from core.particles.swarm import (
    Consensus,
    Noise,
    Objective,
    Swarm,
    check_parameters,
    consensus_of,
    energies,
    swarm_init,
    swarm_moved,
)
from theory.door import within

Gradient = Callable[[Float[Array, "d particles"]], Float[Array, "d particles"]]


class MemoryParameters(NamedTuple):
    """All may be traced."""

    drift: Real[ArrayLike, ""] = 1.0  # λ₁
    memory_drift: Real[ArrayLike, ""] = 0.4  # λ₂
    gradient_drift: Real[ArrayLike, ""] = 0.0  # λ₃
    sigma: Real[ArrayLike, ""] = 1.6**0.5  # σ₁
    memory_sigma: Real[ArrayLike, ""] = 0.0  # σ₂
    alpha: Real[ArrayLike, ""] = 100.0  # α in [0, ∞]
    dt: Real[ArrayLike, ""] = 0.01  # > 0
    sharpness: Real[ArrayLike, ""] = jnp.inf  # β in [0, ∞]
    take_over: Real[ArrayLike, ""] = 1.0  # κ dt in [0, 1]


class MemorySwarm(NamedTuple):
    """A swarm and what its particles remember."""

    swarm: Swarm
    memory: Float[Array, "d particles"]  # Y
    memory_energy: Float[Array, " particles"]  # E(Y)


def memory_init(objective: Objective, position: Float[Array, "d particles"], axis: Axis = None) -> MemorySwarm:
    """Every particle remembers where it starts.

    >>> from core.particles.objectives import sphere
    >>> memory_init(sphere, jnp.array([[0.0, 2.0]])).memory_energy.tolist()
    [0.0, 4.0]
    """
    swarm = swarm_init(objective, position, axis)
    return MemorySwarm(swarm, swarm.position, swarm.energy)


def memory_step(
    objective: Objective,
    parameters: MemoryParameters,
    key: Key[Array, ""],
    state: MemorySwarm,
    *,
    gradient: Gradient | None = None,
    noise: Noise = anisotropic,
    axis: Axis = None,
) -> tuple[MemorySwarm, Consensus]:
    """One step; `gradient` maps (d, particles) to the same, by default (unless λ₃ is a plain 0.0) by autodiff.

    >>> from core.particles.objectives import sphere
    >>> start = memory_init(sphere, jnp.array([[0.0, 2.0]]))
    >>> quiet = MemoryParameters(sigma=0.0, alpha=0.0, dt=0.5)
    >>> state, _ = jax.jit(lambda start: memory_step(sphere, quiet, jax.random.key(0), start))(start)
    >>> state.swarm.position.tolist(), state.memory.tolist()  # both go to 1, where only the second does better
    ([[0.5, 1.5]], [[0.0, 1.5]])
    """
    check_parameters(parameters)
    within("take_over", parameters.take_over, 0, 1)
    swarm, dt = state.swarm, jnp.asarray(parameters.dt)
    agreed = consensus_of(state.memory, state.memory_energy, parameters.alpha, axis)
    to_consensus, to_memory = swarm.position - agreed.point[:, None], swarm.position - state.memory
    first, second = (normals_for(part, swarm, axis) for part in jax.random.split(key))
    position = (
        swarm.position
        - dt * (parameters.drift * to_consensus + parameters.memory_drift * to_memory)
        + jnp.sqrt(dt) * parameters.sigma * noise(to_consensus) * first
        + jnp.sqrt(dt) * parameters.memory_sigma * noise(to_memory) * second
    )
    if gradient is not None or not (isinstance(parameters.gradient_drift, float) and parameters.gradient_drift == 0):
        slope = gradient or jax.grad(lambda x: jnp.sum(objective(x)))
        position = position - dt * parameters.gradient_drift * slope(swarm.position)
    swarm = swarm_moved(objective, swarm, position.astype(swarm.position.dtype), axis)
    return _remember(objective, parameters, state, swarm), agreed


def _remember(objective: Objective, parameters: MemoryParameters, state: MemorySwarm, swarm: Swarm) -> MemorySwarm:
    gain = state.memory_energy - swarm.energy
    gain = jnp.where(jnp.isnan(gain), 0, gain)  # ∞ - ∞: neither is any good
    steep = jnp.minimum(jnp.asarray(parameters.sharpness), jnp.finfo(gain.dtype).max)
    share = (parameters.take_over * (1 + jnp.tanh(steep * gain)) / 2)[None]
    # at a tie with β = ∞ the half-way point would be one that nobody has seen
    share = jnp.where(jnp.isinf(parameters.sharpness) & (gain == 0)[None], 0, share)
    memory = jnp.where(share == 1, swarm.position, state.memory + share * (swarm.position - state.memory))
    seen = (share == 0) | (share == 1)
    known = jnp.where(share[0] == 1, swarm.energy, state.memory_energy)
    # only a memory that moved part of the way has an energy that is not known yet
    energy = jax.lax.cond(jnp.all(seen), lambda: known, lambda: jnp.where(seen[0], known, energies(objective, memory)))
    return MemorySwarm(swarm, memory.astype(swarm.position.dtype), energy.astype(swarm.energy.dtype))
