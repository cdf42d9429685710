"""Consensus-based optimisation: every particle drifts to the consensus point, with noise in proportion to its distance.

    X' = X - λ dt (X - c) + σ √dt D(X - c) ξ,    c = x_α(X)

D is `isotropic` (|v|) or `anisotropic` (|v_k| in coordinate k). Isotropic noise stops contracting once
σ² > 2 λ/(d - 2): above two dimensions take the anisotropic one.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Key, Real

from core.particles.normals import addressed_normals, step_key
from core.particles.reductions import Axis, coordinate_sum, particle_numbers
from core.particles.swarm import Consensus, Noise, Objective, Swarm, check_parameters, swarm_consensus, swarm_moved


class CboParameters(NamedTuple):
    """All may be traced, so that a phase diagram is one `vmap`."""

    drift: Real[ArrayLike, ""] = 1.0  # λ >= 0
    sigma: Real[ArrayLike, ""] = 5.0  # σ >= 0
    alpha: Real[ArrayLike, ""] = 1e5  # α in [0, ∞]
    dt: Real[ArrayLike, ""] = 0.01  # > 0
    truncation: Real[ArrayLike, ""] = jnp.inf  # M: the amplitude of the noise is min(D, M)
    # δ: and at least this; by default `rounding_of` the consensus
    floor: Real[ArrayLike, ""] | None = None


def isotropic(offset: Float[Array, "d particles"]) -> Float[Array, "1 particles"]:
    """|v|, the same in every coordinate.

    >>> isotropic(jnp.array([[3.0], [4.0]])).tolist()
    [[5.0]]
    """
    return jnp.sqrt(coordinate_sum(offset * offset))[None]


def anisotropic(offset: Float[Array, "d particles"]) -> Float[Array, "d particles"]:
    """|v_k| in coordinate k.

    >>> anisotropic(jnp.array([[-3.0], [4.0]])).tolist()
    [[3.0], [4.0]]
    """
    return jnp.abs(offset)


def cbo_step(
    objective: Objective,
    parameters: CboParameters,
    key: Key[Array, ""],
    swarm: Swarm,
    *,
    noise: Noise = anisotropic,
    axis: Axis = None,
) -> tuple[Swarm, Consensus]:
    """One step of the explicit scheme, one evaluation a particle; the swarm comes from `swarm_init`.

    Args:
        objective: (d, particles) -> (particles,).
        parameters: see `CboParameters`.
        key: of the whole run; the step number makes each step's own.
        swarm: the state.
        noise: offset from the consensus -> amplitude.
        axis: mesh axis over which the particles are sharded.

    Returns:
        The new state, and the consensus that moved it.

    >>> import jax
    >>> from core.particles.objectives import sphere
    >>> from core.particles.swarm import swarm_init
    >>> swarm, quiet = swarm_init(sphere, jnp.array([[0.0, 2.0]])), CboParameters(sigma=0.0, alpha=0.0, dt=0.5)
    >>> moved, agreed = jax.jit(cbo_step, static_argnums=0)(sphere, quiet, jax.random.key(0), swarm)
    >>> agreed.point.tolist(), moved.position.tolist()  # without weights, the mean; half of the way there
    ([1.0], [[0.5, 1.5]])
    """
    check_parameters(parameters)
    agreed = swarm_consensus(swarm, parameters.alpha, axis)
    position = cbo_move(parameters, key, swarm, agreed.point[:, None], noise, axis)
    return swarm_moved(objective, swarm, position, axis), agreed


def cbo_move(
    parameters: CboParameters,
    key: Key[Array, ""],
    swarm: Swarm,
    centre: Float[Array, "d centres"],
    noise: Noise = anisotropic,
    axis: Axis = None,
) -> Float[Array, "d particles"]:
    """New positions for a given centre: one for all particles, or one each.

    >>> import jax
    >>> from core.particles.objectives import sphere
    >>> from core.particles.swarm import swarm_init
    >>> swarm = swarm_init(sphere, jnp.array([[0.0, 2.0]]))
    >>> quiet, centre = CboParameters(sigma=0.0, dt=0.5), jnp.array([[4.0, 4.0]])
    >>> jax.jit(cbo_move)(quiet, jax.random.key(0), swarm, centre).tolist()
    [[2.0, 3.0]]
    """
    offset = swarm.position - centre
    floor = rounding_of(centre) if parameters.floor is None else parameters.floor
    amplitude = jnp.clip(noise(offset), floor, parameters.truncation)
    scale = jnp.asarray(parameters.sigma * jnp.sqrt(jnp.asarray(parameters.dt)), offset.dtype)
    contraction = jnp.asarray(parameters.drift * jnp.asarray(parameters.dt), offset.dtype)
    normals = normals_for(key, swarm, axis)
    return swarm.position - contraction * offset + scale * amplitude * normals


def rounding_of(centre: Float[Array, "d centres"]) -> Float[Array, "1 centres"]:
    """ε max_k |c_k|, the distance of neighbouring floats at the consensus: no offset there can be known any better.

    Noise in proportion to the offset alone makes "all particles equal" a trap: one rounding from c, a particle steps
    onto it with probability P(|1 - h + r ξ| < 1/2), r = σ √dt, and stays there for ever; of float32 swarms of a
    hundred on Rastrigin's function 80 to 100 % did within a thousand steps with r = 1, and none with this floor, which
    makes the last digit a wall and no trap. Where r is below some 0.1, so that the swarm contracts in mean square,
    noise at the floor is rounded away, and all particles may come to rest in one point as they should.

    >>> rounding_of(jnp.array([[-1.0], [0.5]], "float32")).tolist() == [[2.0**-23]]
    True
    """
    return jnp.finfo(centre.dtype).eps * jnp.max(jnp.abs(centre), axis=0, keepdims=True)


def normals_for(key: Key[Array, ""], swarm: Swarm, axis: Axis = None) -> Float[Array, "d particles"]:
    """A standard normal for each coordinate of each particle, new in each step of a run with this key.

    >>> import jax
    >>> from core.particles.objectives import sphere
    >>> from core.particles.swarm import swarm_init
    >>> key, swarm = jax.random.key(0), swarm_init(sphere, jnp.array([[0.0, 2.0]]))
    >>> normals = jax.jit(normals_for)
    >>> normals(key, swarm).tolist() == normals(key, swarm._replace(step=swarm.step + 1)).tolist()
    False
    """
    d, particles = swarm.position.shape
    return addressed_normals(step_key(key, swarm.step), d, particle_numbers(particles, axis), swarm.position.dtype)
