"""Consensus over a random batch of the particles, by permutation: an epoch visits each of them once.

`move="batch"` moves only the batch, `move="all"` everybody towards the batch's consensus.
"""

import jax
from jaxtyping import Array, Int, Key

from core.particles.cbo import CboParameters, anisotropic, cbo_move
from core.particles.normals import step_key
from core.particles.swarm import (
    Consensus,
    Noise,
    Objective,
    Swarm,
    check_parameters,
    consensus_of,
    energies,
    with_energies,
)

MOVES = ("batch", "all")


def batch_of(key: Key[Array, ""], step: Int[Array, ""], particles: int, size: int) -> Int[Array, " size"]:
    """Numbers of the particles in the batch of this step; particles // size batches make an epoch."""
    if not 1 <= size <= particles:
        raise ValueError(f"size is {size}; allowed is 1 to {particles}, the number of particles")
    batches = particles // size
    epoch = step // batches
    order = jax.random.permutation(step_key(key, epoch), particles)
    return jax.lax.dynamic_slice_in_dim(order, (step % batches) * size, size)


def batch_step(
    objective: Objective,
    parameters: CboParameters,
    key: Key[Array, ""],
    swarm: Swarm,
    size: int,
    *,
    move: str = "batch",
    noise: Noise = anisotropic,
) -> tuple[Swarm, Consensus]:
    """One step with the consensus of `size` particles; only those that move are evaluated."""
    check_parameters(parameters)
    if move not in MOVES:
        raise ValueError(f"move is {move!r}; allowed are {', '.join(MOVES)}")
    choice, movement = jax.random.split(key)
    chosen = batch_of(choice, swarm.step, swarm.position.shape[1], size)
    agreed = consensus_of(swarm.position[:, chosen], swarm.energy[chosen], parameters.alpha)
    position = cbo_move(parameters, movement, swarm, agreed.point[:, None], noise)
    if move == "all":
        return with_energies(swarm, position, energies(objective, position)), agreed
    energy = swarm.energy.at[chosen].set(energies(objective, position[:, chosen]))
    position = swarm.position.at[:, chosen].set(position[:, chosen])
    return with_energies(swarm, position, energy), agreed
