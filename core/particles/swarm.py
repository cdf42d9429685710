"""What all methods share: the state of a swarm, its consensus point, and the door.

A swarm is stored coordinate by coordinate, (d, particles): the particles are the fast axis, so that every operation
but the objective is a long vector operation. An objective maps (d, particles) to (particles,); `pointwise` makes one of
a function of a single point.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int, Real

from core.blocks import Axis, ordered_sum
from core.particles.reductions import coordinate_sum, first_lowest, pick, swarm_min, swarm_size
from theory.consensus.gibbs import gibbs_weights
from theory.door import concrete

Objective = Callable[[Float[Array, "d particles"]], Float[Array, " particles"]]
Noise = Callable[[Float[Array, "d particles"]], Float[Array, "rows particles"]]  # offset -> amplitude, one row or d


class Swarm(NamedTuple):
    """Particles with their energies, and the best that they have seen."""

    position: Float[Array, "d particles"]
    energy: Float[Array, " particles"]  # of `position`, evaluated once; ∞ where it was not a finite number
    lowest: Float[Array, ""]  # of these energies
    leader: Float[Array, " d"]  # the first particle that has it
    step: Int[Array, ""]  # steps taken; with the run's key it addresses the random numbers
    best_point: Float[Array, " d"]
    best_energy: Float[Array, ""]
    improved: Int[Array, ""]  # step at which `best_energy` last fell


class Consensus(NamedTuple):
    """The agreement of a swarm, as every step reports it."""

    point: Float[Array, " d"]
    lowest: Float[Array, ""]  # least energy
    effective: Float[Array, ""]  # effective sample size, 1 to N
    lost: Int[Array, ""]  # particles whose energy is not finite; they have no weight
    spread: Float[Array, ""]  # root mean square distance from the point


def pointwise(function: Callable[[Float[Array, " d"]], Float[Array, ""]]) -> Objective:
    """The objective of a function of one point.

    >>> pointwise(lambda x: x @ x)(jnp.ones((2, 3))).tolist()
    [2.0, 2.0, 2.0]
    """
    return jax.vmap(function, in_axes=1)


def swarm_init(objective: Objective, position: Float[Array, "d particles"], axis: Axis = None) -> Swarm:
    """A swarm at rest.

    Raises:
        ValueError: for no particles or no coordinates, for integers, for an objective of the wrong shape, or one that
            is known to be finite nowhere.

    >>> swarm = swarm_init(pointwise(lambda x: x @ x), jnp.array([[3.0, 1.0]]))
    >>> swarm.energy.tolist(), swarm.leader.tolist()
    ([9.0, 1.0], [1.0])
    """
    check_position(position)
    position = jax.lax.optimization_barrier(position)
    energy = energies(objective, position)
    lowest, leader = _lowest(position, energy, axis)
    known = concrete(lowest)
    if known is not None and not np.isfinite(known):
        raise ValueError(f"objective is finite at none of the {position.shape[1]} particles")
    zero = jnp.zeros((), jnp.int32)
    return Swarm(position, energy, lowest, leader, zero, leader, lowest, zero)


def swarm_moved(objective: Objective, swarm: Swarm, position: Float[Array, "d particles"], axis: Axis = None) -> Swarm:
    """The swarm at new positions: one evaluation of each, one step more, the best kept.

    >>> first = swarm_init(lambda x: x[0] ** 2, jnp.array([[3.0, 1.0]]))
    >>> second = swarm_moved(lambda x: x[0] ** 2, first, jnp.array([[4.0, 2.0]]))
    >>> int(second.step), float(second.lowest), float(second.best_energy)
    (1, 4.0, 1.0)
    """
    position = jax.lax.optimization_barrier(position)  # drawn once, not once more for the energies
    return with_energies(swarm, position, energies(objective, position), axis)


def with_energies(
    swarm: Swarm, position: Float[Array, "d particles"], energy: Float[Array, " particles"], axis: Axis = None
) -> Swarm:
    """The swarm at new positions whose energies are known.

    >>> first = swarm_init(lambda x: x[0] ** 2, jnp.array([[3.0, 1.0]]))
    >>> second = with_energies(first, jnp.array([[4.0, 0.5]]), jnp.array([16.0, 0.25]))
    >>> second.best_point.tolist(), int(second.improved)
    ([0.5], 1)
    """
    lowest, leader = _lowest(position, energy, axis)
    better, step = lowest < swarm.best_energy, swarm.step + 1
    return Swarm(
        position,
        energy,
        lowest,
        leader,
        step,
        jnp.where(better, leader, swarm.best_point),
        jnp.where(better, lowest, swarm.best_energy),
        jnp.where(better, step, swarm.improved),
    )


def consensus_of(
    position: Float[Array, "d particles"],
    energy: Float[Array, " particles"],
    alpha: Real[ArrayLike, ""],
    axis: Axis = None,
) -> Consensus:
    """The mean of points under their Gibbs weights, where they are no `Swarm`; exact for alpha in [0, ∞].

    >>> points, energy = jnp.array([[0.0, 2.0]]), jnp.log(jnp.array([1.0, 3.0]))
    >>> consensus_of(points, energy, 1.0).point.round(4).tolist()  # weights 3/4 and 1/4
    [0.5]
    """
    energy = jnp.where(jnp.isfinite(energy), energy, jnp.inf)
    return _consensus(position, energy, *_lowest(position, energy, axis), alpha, axis)


def swarm_consensus(swarm: Swarm, alpha: Real[ArrayLike, ""], axis: Axis = None) -> Consensus:
    """The mean of the particles under their Gibbs weights, exact for alpha in [0, ∞] and over devices.

    >>> swarm = swarm_init(lambda x: x[0] ** 2, jnp.array([[3.0, 1.0]]))
    >>> [swarm_consensus(swarm, alpha).point.tolist() for alpha in (0.0, jnp.inf)]  # the mean, the best
    [[2.0], [1.0]]
    """
    return _consensus(swarm.position, swarm.energy, swarm.lowest, swarm.leader, alpha, axis)


def _consensus(
    position: Array, energy: Array, lowest: Array, leader: Array, alpha: Real[ArrayLike, ""], axis: Axis
) -> Consensus:
    # stored: computed again in each kernel that reads them, they may be rounded in several ways (see `core.blocks`)
    weights = jax.lax.optimization_barrier(gibbs_weights(energy, alpha, lowest))
    total = ordered_sum(weights, axis)
    # relative to the best particle: a swarm that has collapsed far from the origin loses no digits
    # the compiler turns divisions by one number into products where it sees several of them: here they are products
    share = jax.lax.optimization_barrier(1 / total)
    point = leader + ordered_sum((position - leader[:, None]) * weights[None], axis) * share
    lost = ordered_sum((~jnp.isfinite(energy)).astype(energy.dtype), axis).astype(jnp.int32)
    square = ordered_sum(coordinate_sum((position - point[:, None]) ** 2), axis)
    spread = jnp.sqrt(square / swarm_size(energy.shape[0], axis))
    return Consensus(point, lowest, total**2 / ordered_sum(weights**2, axis), lost, spread)


def energies(objective: Objective, position: Float[Array, "d particles"]) -> Float[Array, " particles"]:
    """The objective at the particles, its shape and type checked; ∞ where it is no finite number.

    >>> energies(lambda x: jnp.log(x[0]), jnp.array([[1.0, -1.0]])).tolist()
    [0.0, inf]
    """
    energy = objective(position)
    found = getattr(energy, "shape", None)
    if found != position.shape[1:]:
        raise ValueError(
            f"objective maps positions {position.shape} to shape {found}; it must give one energy a particle, "
            f"{position.shape[1:]} (wrap a function of one point in `pointwise`)"
        )
    if not jnp.issubdtype(energy.dtype, jnp.floating):
        raise ValueError(f"objective returns {energy.dtype}; energies must be real floating-point numbers")
    return jnp.where(jnp.isfinite(energy), energy, jnp.inf).astype(position.dtype)


def check_position(position: Array) -> None:
    """Raises unless there are particles, coordinates, and floating-point numbers that are finite where known.

    >>> check_position(jnp.zeros(3))
    Traceback (most recent call last):
    ValueError: position has shape (3,); allowed is (d, particles) with d, particles >= 1
    """
    if position.ndim != 2 or 0 in position.shape:
        raise ValueError(f"position has shape {position.shape}; allowed is (d, particles) with d, particles >= 1")
    if not jnp.issubdtype(position.dtype, jnp.floating):
        raise ValueError(f"position has dtype {position.dtype}; allowed are floating-point numbers")
    known = concrete(position)
    if known is not None and not np.isfinite(known).all():
        raise ValueError("position holds numbers that are not finite")


def check_parameters(parameters: Any, positive: tuple[str, ...] = ("dt",)) -> None:
    """Raises where a parameter is known to be negative or NaN, or not above 0 for those in `positive`; None passes.

    >>> from core.particles.cbo import CboParameters
    >>> check_parameters(CboParameters(sigma=-1.0))
    Traceback (most recent call last):
    ValueError: sigma is -1.0; allowed is a number >= 0
    """
    for name, value in parameters._asdict().items():
        known = None if value is None else concrete(value)
        if known is not None and not ((known > 0) if name in positive else (known >= 0)).all():
            raise ValueError(f"{name} is {known}; allowed is a number {'> 0' if name in positive else '>= 0'}")


def _lowest(position: Array, energy: Array, axis: Axis) -> tuple[Array, Array]:
    lowest = swarm_min(energy, axis)
    return lowest, pick(position, first_lowest(energy, lowest, axis), axis)
