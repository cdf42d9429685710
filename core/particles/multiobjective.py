"""Several objectives (Borghi, Herty, Pareschi 2022): each particle has its own mixture, the swarm finds the front.

Particle i carries weights u_i in the simplex and goes to the consensus c_i under exp(-α G(x_j, u_i)), where
G(x, u) = max_k u_k |g_k(x)| is Chebyshev's scalarisation, or u · g(x), which reaches convex parts of a front only.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from core.blocks import Axis, everywhere
from core.particles.cbo import CboParameters, anisotropic
from core.particles.normals import addressed_normals, step_key
from core.particles.reductions import each_particle, particle_numbers
from core.particles.swarm import Noise, check_parameters, check_position
from theory.consensus.gibbs import consensus_point
from theory.door import concrete, count, within

Objectives = Callable[[Float[Array, "d particles"]], Float[Array, "objectives particles"]]
Scalarisation = Callable[
    [Float[Array, "objectives particles"], Float[Array, " objectives"]], Float[Array, " particles"]
]


class FrontSwarm(NamedTuple):
    """Particles with their own weights."""

    position: Float[Array, "d particles"]
    values: Float[Array, "objectives particles"]  # g(x_i)
    weights: Float[Array, "objectives particles"]  # u_i; each column sums to 1
    step: Int[Array, ""]  # steps taken


def chebyshev(values: Float[Array, "objectives particles"], weights: Float[Array, " objectives"]) -> Array:
    """max_k u_k |g_k|: every point of a front is the minimum for some weights.

    >>> chebyshev(jnp.array([[2.0], [-1.0]]), jnp.array([0.5, 0.5])).tolist()
    [1.0]
    """
    return jnp.max(jnp.abs(values) * weights[:, None], axis=0)


def weighted_sum(values: Float[Array, "objectives particles"], weights: Float[Array, " objectives"]) -> Array:
    """The sum u · g: minima on the convex parts of a front only.

    >>> weighted_sum(jnp.array([[2.0], [-1.0]]), jnp.array([0.5, 0.5])).tolist()
    [0.5]
    """
    return jnp.sum(values * weights[:, None], axis=0)


def front_init(
    objectives: Objectives, position: Float[Array, "d particles"], weights: Float[Array, "objectives particles"]
) -> FrontSwarm:
    """The swarm at rest, its weights normalised. They stay as given: `core.particles.front_weights` adapts them.

    >>> both = lambda x: jnp.concatenate([x, 1 - x])
    >>> front_init(both, jnp.array([[0.0, 1.0]]), jnp.array([[1.0, 3.0], [1.0, 1.0]])).weights.tolist()
    [[0.5, 0.75], [0.5, 0.25]]
    """
    check_position(position)
    values = objectives(position)
    if values.shape != weights.shape:
        raise ValueError(f"objectives gives {values.shape} and weights has {weights.shape}; they must be equal")
    within("weights", weights, 0)
    within("sum of the weights of a particle", jnp.sum(weights, axis=0), 0, strict=True)
    known = concrete(jnp.all(jnp.isfinite(values), axis=0))
    if known is not None and not known.any():
        raise ValueError(f"objectives are finite at none of the {position.shape[1]} particles")
    return FrontSwarm(position, values, weights / jnp.sum(weights, axis=0, keepdims=True), jnp.zeros((), jnp.int32))


def front_step(
    objectives: Objectives,
    parameters: CboParameters,
    key: Key[Array, ""],
    state: FrontSwarm,
    *,
    scalarisation: Scalarisation = chebyshev,
    noise: Noise = anisotropic,
    axis: Axis = None,
) -> tuple[FrontSwarm, Float[Array, "d particles"]]:
    """One step; reports the consensus point of every particle. N² scalarised energies, a particle at a time.

    >>> import jax
    >>> both = lambda x: jnp.concatenate([x, 1 - x])
    >>> state = front_init(both, jnp.array([[0.0, 1.0]]), jnp.eye(2))  # one particle for each objective
    >>> front_step(both, CboParameters(), jax.random.key(0), state)[1].tolist()  # and each is where it should be
    [[0.0, 1.0]]
    """
    check_parameters(parameters)
    x, (points, values) = state.position, everywhere((state.position, state.values), axis, dimension=1)

    def agreed(weights: Float[Array, " objectives"]) -> Float[Array, " d"]:
        return consensus_point(points, scalarisation(values, weights), parameters.alpha)

    centres = each_particle(agreed, state.weights, axis)
    offset = x - centres
    normals = addressed_normals(step_key(key, state.step), x.shape[0], particle_numbers(x.shape[1], axis), x.dtype)
    amplitude = jnp.minimum(noise(offset), parameters.truncation) * parameters.sigma
    moved = x - parameters.drift * parameters.dt * offset + jnp.sqrt(jnp.asarray(parameters.dt)) * amplitude * normals
    moved = moved.astype(x.dtype)
    return FrontSwarm(moved, objectives(moved), state.weights, state.step + 1), centres


def spread_weights(particles: int) -> Float[Array, "2 particles"]:
    """Weights of two objectives, evenly over their simplex, the ends left out.

    >>> spread_weights(2).tolist()
    [[0.25, 0.75], [0.75, 0.25]]
    """
    count("particles", particles, 1)
    share = (jnp.arange(particles) + 0.5) / particles
    return jnp.stack([share, 1 - share])
