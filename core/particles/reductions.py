"""What a step asks of the whole swarm: the same bits however many devices the particles are spread over."""

from collections.abc import Callable
from functools import reduce

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int, UInt32

from core.blocks import Axis, in_blocks

UNROLLED = 8  # coordinates that are summed one by one


def swarm_min(values: Float[Array, " particles"], axis: Axis = None) -> Float[Array, ""]:
    """The least value of the swarm; exact in any order, and never -0, which may come before 0 or after it.

    >>> float(swarm_min(jnp.array([2.0, 1.0])))
    1.0
    """
    least = jnp.min(values)
    least = lax.optimization_barrier(least if axis is None else lax.pmin(least, axis))
    return jnp.where(least == 0, 0, least)


def particle_numbers(particles: int, axis: Axis = None) -> UInt32[Array, " particles"]:
    """Number of each local particle in the whole swarm.

    >>> particle_numbers(3).tolist()
    [0, 1, 2]
    """
    numbers = lax.iota(jnp.uint32, particles)
    return numbers if axis is None else numbers + lax.axis_index(axis).astype(jnp.uint32) * jnp.uint32(particles)


def swarm_size(particles: int, axis: Axis = None) -> int:
    """Particles of the whole swarm.

    >>> swarm_size(3)
    3
    """
    return particles if axis is None else particles * lax.axis_size(axis)


def pick(
    points: Float[Array, "*rows particles"], chosen: Int[Array, "*some"], axis: Axis = None
) -> Float[Array, "*rows_and_some"]:
    """The particles with the numbers `chosen` in the whole swarm, on every device.

    >>> pick(jnp.array([[1.0, 2.0, 3.0]]), jnp.array([2, 0])).tolist()
    [[3.0, 1.0]]
    """
    points = lax.optimization_barrier(points)  # they are computed for all, and not once more for the chosen
    if axis is None:
        return lax.optimization_barrier(jnp.take(points, chosen, axis=-1))
    place, mine = _place(chosen, points.shape[-1], axis)
    # all addends but one are zero, and whole numbers: as floats, -0 would become 0 on two devices and stay on one
    words = jnp.dtype(f"uint{8 * points.dtype.itemsize}")
    bits = lax.bitcast_convert_type(jnp.take(points, place, axis=-1, mode="clip"), words)
    found = lax.bitcast_convert_type(lax.psum(jnp.where(mine, bits, 0), axis), points.dtype)
    return lax.optimization_barrier(found)


def put(
    points: Float[Array, "*rows particles"],
    chosen: Int[Array, " some"],
    values: Float[Array, "*rows some"],
    axis: Axis = None,
) -> Float[Array, "*rows particles"]:
    """The particles with the numbers `chosen` in the whole swarm replaced, each on the device that holds it.

    >>> put(jnp.array([[1.0, 2.0, 3.0]]), jnp.array([1]), jnp.array([[9.0]])).tolist()
    [[1.0, 9.0, 3.0]]
    """
    if axis is not None:
        place, mine = _place(chosen, points.shape[-1], axis)
        chosen = jnp.where(mine, place, points.shape[-1])
    return points.at[..., chosen].set(values, mode="drop")


def _place(chosen: Int[Array, "*some"], count: int, axis: str) -> tuple[Array, Array]:
    place = chosen - lax.axis_index(axis) * count
    return place, (place >= 0) & (place < count)


def product(
    matrix: Float[Array, "rows d"], columns: Float[Array, "d particles"], axis: Axis = None
) -> Float[Array, "rows particles"]:
    """Matrix @ columns, in blocks of one shape everywhere: the library's product rounds as the shape bids it.

    >>> product(jnp.array([[1.0, 1.0]]), jnp.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[4.0, 6.0]]
    """

    def block(number: Array, piece: Float[Array, "d size"]) -> Float[Array, "size rows"]:
        return jnp.matmul(matrix, piece, precision=lax.Precision.HIGHEST).T

    return in_blocks(block, [columns], axis, dimension=1).reshape(columns.shape[1], -1).T


def each_particle(
    function: Callable[[Float[Array, " rows"]], Float[Array, " d"]],
    columns: Float[Array, "rows particles"],
    axis: Axis = None,
    *,
    together: int = 256,
) -> Float[Array, "d particles"]:
    """`function` of each column of this device, `together` of them at a time, in blocks of one shape everywhere.

    >>> each_particle(lambda x: x[::-1], jnp.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[3.0, 4.0], [1.0, 2.0]]
    """

    def block(number: Array, rows: Float[Array, "size rows"]) -> Float[Array, "size d"]:
        return lax.map(function, rows, batch_size=min(together, rows.shape[0]))

    results = in_blocks(block, [columns.T], axis)
    return results.reshape(columns.shape[1], -1).T


def first_lowest(values: Float[Array, " particles"], lowest: Float[Array, ""], axis: Axis = None) -> Int[Array, ""]:
    """Number of the first particle whose value is `lowest`; the number of particles if there is none.

    Two plain minima instead of `argmin`, whose pair reduction does not vectorise on CPU.

    >>> int(first_lowest(jnp.array([3.0, 1.0, 1.0]), jnp.array(1.0)))
    1
    """
    numbers = particle_numbers(values.shape[0], axis).astype(jnp.int32)
    first = jnp.min(jnp.where(values == lowest, numbers, swarm_size(values.shape[0], axis)))
    return first if axis is None else lax.pmin(first, axis)


def coordinate_sum(values: Float[Array, "d *batch"]) -> Float[Array, "*batch"]:
    """Sum over the coordinates of each particle: unrolled for few of them, by a product with ones for many.

    >>> coordinate_sum(jnp.ones((3, 2))).tolist()
    [3.0, 3.0]
    """
    if values.shape[0] <= UNROLLED:
        return reduce(jnp.add, list(values)) if values.shape[0] else jnp.zeros(values.shape[1:], values.dtype)
    ones = jnp.ones(values.shape[0], values.dtype)
    return jnp.tensordot(ones, values, axes=1, precision=jax.lax.Precision.HIGHEST)
