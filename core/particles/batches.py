"""Consensus over a random batch of the particles, by permutation: an epoch visits each of them once.

`move="batch"` moves only the batch, `move="all"` everybody towards the batch's consensus.
"""

import jax
from jaxtyping import Array, Int, Key

from core.blocks import Axis
from core.particles.cbo import CboParameters, anisotropic, cbo_move
from core.particles.normals import step_key
from core.particles.reductions import pick, put, swarm_size
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
    """Numbers of the particles in the batch of this step; particles // size batches make an epoch.

    >>> import jax.numpy as jnp
    >>> sorted(jax.jit(batch_of, static_argnums=(2, 3))(jax.random.key(0), step, 2, 1).item() for step in (0, 1))
    [0, 1]
    """
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
    axis: Axis = None,
) -> tuple[Swarm, Consensus]:
    """One step with the consensus of `size` particles; only those that move are evaluated.

    The particles may be sharded over `axis`; a batch is small, and every device agrees on it and moves it alike.

    >>> import jax.numpy as jnp
    >>> from core.particles.objectives import sphere
    >>> from core.particles.swarm import swarm_init
    >>> swarm, quiet = swarm_init(sphere, jnp.array([[0.0, 2.0]])), CboParameters(sigma=0.0, alpha=0.0, dt=0.5)
    >>> step = jax.jit(lambda swarm: batch_step(sphere, quiet, jax.random.key(0), swarm, 2)[0])  # a batch of all
    >>> step(swarm).position.tolist()
    [[0.5, 1.5]]
    """
    check_parameters(parameters)
    if move not in MOVES:
        raise ValueError(f"move is {move!r}; allowed are {', '.join(MOVES)}")
    choice, movement = jax.random.split(key)
    chosen = batch_of(choice, swarm.step, swarm_size(swarm.position.shape[1], axis), size)
    agreed = consensus_of(pick(swarm.position, chosen, axis), pick(swarm.energy, chosen, axis), parameters.alpha)
    position = cbo_move(parameters, movement, swarm, agreed.point[:, None], noise, axis)
    if move == "all":
        return with_energies(swarm, position, energies(objective, position), axis), agreed
    moved = pick(position, chosen, axis)
    energy = put(swarm.energy, chosen, energies(objective, moved), axis)
    return with_energies(swarm, put(swarm.position, chosen, moved, axis), energy, axis), agreed
