"""Mirror consensus (Bungert, Hoffmann, Kim, Roith 2025): the swarm moves in a dual space, and is read through a map.

    Y' = Y - λ dt (X - c) + σ √dt D(X - c) ξ,     X' = ∇φ*(Y')

The map keeps the particles where they are allowed: on a ball, a box, the simplex.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Key, Real

from core.particles.cbo import CboParameters, anisotropic, cbo_move
from core.particles.reductions import Axis, coordinate_sum
from core.particles.swarm import (
    Consensus,
    Noise,
    Objective,
    Swarm,
    check_parameters,
    check_position,
    swarm_consensus,
    swarm_init,
    swarm_moved,
)
from theory.door import within

Mirror = Callable[[Float[Array, "d particles"]], Float[Array, "d particles"]]  # ∇φ*


class MirrorSwarm(NamedTuple):
    """A swarm and its dual."""

    swarm: Swarm  # X
    dual: Float[Array, "d particles"]  # Y


def identity_mirror(dual: Float[Array, "d particles"]) -> Float[Array, "d particles"]:
    """φ = |x|²/2: plain consensus.

    >>> identity_mirror(jnp.array([[0.0, 2.0]])).tolist()
    [[0.0, 2.0]]
    """
    return dual


def simplex_mirror(dual: Float[Array, "d particles"]) -> Float[Array, "d particles"]:
    """φ = Σ x log x on the probability simplex: the softmax of each particle.

    >>> simplex_mirror(jnp.array([[3.0], [3.0]])).tolist()
    [[0.5], [0.5]]
    """
    return jax.nn.softmax(dual, axis=0)


def ball_mirror(radius: Real[ArrayLike, ""]) -> Mirror:
    """φ = |x|²/2 on a ball around 0: the projection onto it.

    >>> ball_mirror(5.0)(jnp.array([[6.0], [8.0]])).tolist()
    [[3.0], [4.0]]
    """
    within("radius", radius, 0, strict=True)

    def project(dual: Float[Array, "d particles"]) -> Float[Array, "d particles"]:
        size = jnp.sqrt(coordinate_sum(dual * dual))
        return dual * jnp.minimum(1, radius / jnp.maximum(size, jnp.finfo(dual.dtype).tiny))[None]

    return project


def box_mirror(low: Real[ArrayLike, ""], high: Real[ArrayLike, ""]) -> Mirror:
    """φ = |x|²/2 on a box: the projection onto it.

    >>> box_mirror(0.0, 1.0)(jnp.array([[-1.0, 0.5, 2.0]])).tolist()
    [[0.0, 0.5, 1.0]]
    """
    within("high - low", jnp.asarray(high) - jnp.asarray(low), 0)
    return lambda dual: jnp.clip(dual, low, high)


def mirror_init(
    objective: Objective, mirror: Mirror, dual: Float[Array, "d particles"], axis: Axis = None
) -> MirrorSwarm:
    """The swarm whose dual positions are given.

    >>> from core.particles.objectives import sphere
    >>> mirror_init(sphere, box_mirror(0.0, 1.0), jnp.array([[-1.0, 2.0]])).swarm.position.tolist()
    [[0.0, 1.0]]
    """
    check_position(dual)
    return MirrorSwarm(swarm_init(objective, mirror(dual), axis), dual)


def mirror_step(
    objective: Objective,
    mirror: Mirror,
    parameters: CboParameters,
    key: Key[Array, ""],
    state: MirrorSwarm,
    *,
    noise: Noise = anisotropic,
    axis: Axis = None,
) -> tuple[MirrorSwarm, Consensus]:
    """One step.

    >>> from core.particles.objectives import sphere
    >>> box, quiet = box_mirror(0.0, 1.0), CboParameters(sigma=0.0, alpha=0.0, dt=0.5)
    >>> start = mirror_init(sphere, box, jnp.array([[-1.0, 2.0]]))  # at 0 and 1: they agree on 0.5
    >>> state, _ = mirror_step(sphere, box, quiet, jax.random.key(0), start)
    >>> state.dual.tolist(), state.swarm.position.tolist()
    ([[-0.75, 1.75]], [[0.0, 1.0]])
    """
    check_parameters(parameters)
    swarm = state.swarm
    agreed = swarm_consensus(swarm, parameters.alpha, axis)
    change = cbo_move(parameters, key, swarm, agreed.point[:, None], noise, axis) - swarm.position
    dual = state.dual + change
    return MirrorSwarm(swarm_moved(objective, swarm, mirror(dual), axis), dual), agreed
