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

    swarm: Swarm
    dual: Float[Array, "d particles"]


def identity_mirror(dual: Float[Array, "d particles"]) -> Float[Array, "d particles"]:
    """φ = |x|²/2: plain consensus."""
    return dual


def simplex_mirror(dual: Float[Array, "d particles"]) -> Float[Array, "d particles"]:
    """φ = Σ x log x on the probability simplex: the softmax of each particle."""
    return jax.nn.softmax(dual, axis=0)


def ball_mirror(radius: Real[ArrayLike, ""]) -> Mirror:
    """φ = |x|²/2 on a ball around 0: the projection onto it."""
    within("radius", radius, 0, strict=True)

    def project(dual: Float[Array, "d particles"]) -> Float[Array, "d particles"]:
        size = jnp.sqrt(coordinate_sum(dual * dual))
        return dual * jnp.minimum(1, radius / jnp.maximum(size, jnp.finfo(dual.dtype).tiny))[None]

    return project


def box_mirror(low: Real[ArrayLike, ""], high: Real[ArrayLike, ""]) -> Mirror:
    """φ = |x|²/2 on a box: the projection onto it."""
    within("high - low", jnp.asarray(high) - jnp.asarray(low), 0)
    return lambda dual: jnp.clip(dual, low, high)


def mirror_init(
    objective: Objective, mirror: Mirror, dual: Float[Array, "d particles"], axis: Axis = None
) -> MirrorSwarm:
    """The swarm whose dual positions are given."""
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
    """One step."""
    check_parameters(parameters)
    swarm = state.swarm
    agreed = swarm_consensus(swarm, parameters.alpha, axis)
    change = cbo_move(parameters, key, swarm, agreed.point[:, None], noise, axis) - swarm.position
    dual = state.dual + change
    return MirrorSwarm(swarm_moved(objective, swarm, mirror(dual), axis), dual), agreed
