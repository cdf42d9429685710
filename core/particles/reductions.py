"""Sums and minima over a swarm, the same to the last bit on one device and on eight.

Addition is not associative, so the order must not depend on where a particle lives. The swarm is cut into eight blocks
whatever the devices; a block is summed on the device that holds it, always in the same order, and the eight sums are
added everywhere in the same order. Within a block up to 64 lanes are summed side by side, which is what vectorises: a
reduction over the fastest axis costs XLA on CPU several times as much.
"""

from functools import reduce

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int, UInt32

BLOCKS = 8  # the most devices that a swarm can be spread over
MOST_LANES = 64
UNROLLED = 8  # coordinates that are summed one by one

Axis = str | None  # name of the mesh axis that the particles are sharded over, inside `jax.shard_map`


def swarm_sum(values: Float[Array, "*rows particles"], axis: Axis = None) -> Float[Array, "*rows"]:
    """Sum over all particles of the swarm, on this device and on the others.

    >>> float(swarm_sum(jnp.ones((3, 160)))[0])
    160.0
    """
    sums = _block_sums(values, _local_blocks(values.shape[-1], axis))
    if axis is not None:
        everyone = jnp.zeros((*sums.shape[:-1], BLOCKS), sums.dtype)
        first = lax.axis_index(axis) * sums.shape[-1]
        # each entry has one addend that is not zero: a sum without rounding
        sums = lax.psum(lax.dynamic_update_slice_in_dim(everyone, sums, first, -1), axis)
    return reduce(jnp.add, [sums[..., block] for block in range(sums.shape[-1])])


def swarm_min(values: Float[Array, " particles"], axis: Axis = None) -> Float[Array, ""]:
    """The least value of the swarm; exact in any order."""
    least = jnp.min(values)
    return least if axis is None else lax.pmin(least, axis)


def particle_numbers(particles: int, axis: Axis = None) -> UInt32[Array, " particles"]:
    """Number of each local particle in the whole swarm."""
    numbers = lax.iota(jnp.uint32, particles)
    return numbers if axis is None else numbers + lax.axis_index(axis).astype(jnp.uint32) * jnp.uint32(particles)


def swarm_size(particles: int, axis: Axis = None) -> int:
    """Particles of the whole swarm."""
    return particles if axis is None else particles * lax.axis_size(axis)


def pick(points: Float[Array, "d particles"], chosen: Int[Array, ""], axis: Axis = None) -> Float[Array, " d"]:
    """The particle with the number `chosen` in the whole swarm, on every device."""
    count = points.shape[1]
    if axis is None:
        return lax.dynamic_index_in_dim(points, chosen, 1, keepdims=False)
    local = chosen - lax.axis_index(axis) * count
    here = lax.dynamic_index_in_dim(points, jnp.clip(local, 0, count - 1), 1, keepdims=False)
    # all but one addend are zero: no rounding
    return lax.psum(jnp.where((local >= 0) & (local < count), here, 0), axis)


def first_lowest(values: Float[Array, " particles"], lowest: Float[Array, ""], axis: Axis = None) -> Int[Array, ""]:
    """Number of the first particle whose value is `lowest`; the number of particles if there is none.

    Two plain minima instead of `argmin`, whose pair reduction does not vectorise on CPU.
    """
    numbers = particle_numbers(values.shape[0], axis).astype(jnp.int32)
    first = jnp.min(jnp.where(values == lowest, numbers, swarm_size(values.shape[0], axis)))
    return first if axis is None else lax.pmin(first, axis)


def _local_blocks(particles: int, axis: Axis) -> int:
    if axis is None:
        return BLOCKS if particles % BLOCKS == 0 else 1
    devices = lax.axis_size(axis)
    if BLOCKS % devices or (particles * devices) % BLOCKS:
        raise ValueError(
            f"{particles * devices} particles on {devices} devices: the particles must be a multiple of {BLOCKS} and "
            f"the devices a divisor of {BLOCKS}"
        )
    return BLOCKS // devices


def _block_sums(values: Float[Array, "*rows particles"], blocks: int) -> Float[Array, "*rows blocks"]:
    rows, size = values.shape[:-1], values.shape[-1] // blocks
    lanes = max(lanes for lanes in range(1, MOST_LANES + 1) if size % lanes == 0)
    return jnp.sum(jnp.sum(values.reshape(*rows, blocks, size // lanes, lanes), axis=-2), axis=-1)


def coordinate_sum(values: Float[Array, "d *batch"]) -> Float[Array, "*batch"]:
    """Sum over the coordinates of each particle: unrolled for few of them, by a product with ones for many.

    >>> coordinate_sum(jnp.ones((3, 2))).tolist()
    [3.0, 3.0]
    """
    if values.shape[0] <= UNROLLED:
        return reduce(jnp.add, list(values)) if values.shape[0] else jnp.zeros(values.shape[1:], values.dtype)
    ones = jnp.ones(values.shape[0], values.dtype)
    return jnp.tensordot(ones, values, axes=1, precision=jax.lax.Precision.HIGHEST)
