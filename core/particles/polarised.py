"""Polarised consensus (Bungert, Roith, Wacker 2022): every particle agrees with its neighbours, not with everybody.

    c_i = Σ_j k(x_i, x_j) w_j x_j / Σ_j k(x_i, x_j) w_j,     k(x, y) = exp(-|x - y|² / 2 κ²)

Several minima are then found at once; κ → ∞ is plain consensus.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Key, Real

from core.blocks import Axis, everywhere
from core.particles.cbo import CboParameters, anisotropic, cbo_move
from core.particles.reductions import each_particle
from core.particles.swarm import Consensus, Noise, Objective, Swarm, check_parameters, swarm_consensus, swarm_moved
from theory.door import count, within


class PolarisedParameters(NamedTuple):
    """All may be traced."""

    cbo: CboParameters = CboParameters()
    reach: Real[ArrayLike, ""] = 1.0  # κ > 0


def polarised_points(
    swarm: Swarm, alpha: Real[ArrayLike, ""], reach: Real[ArrayLike, ""], block: int = 256, axis: Axis = None
) -> Float[Array, "d particles"]:
    """c_i for each particle: N² distances, `block` rows of them at a time, never N² d numbers.

    The exponents of kernel and weight are added before the largest is taken away, so that a particle far from all
    good ones still hears the nearest.

    >>> from core.particles.objectives import sphere
    >>> from core.particles.swarm import swarm_init
    >>> swarm = swarm_init(sphere, jnp.array([[0.0, 2.0]]))
    >>> polarised_points(swarm, 0.0, 1e6).round(4).tolist()  # who hears all goes to the mean
    [[1.0, 1.0]]
    """
    within("reach", reach, 0, strict=True)
    count("block", block, 1)
    x, energy = (everywhere(part, axis, dimension=part.ndim - 1) for part in (swarm.position, swarm.energy))
    alpha = jnp.minimum(jnp.asarray(alpha), jnp.finfo(x.dtype).max / 1e8)
    excess = jnp.where(jnp.isfinite(energy), energy - swarm.lowest, jnp.inf)
    log_weight = jnp.where(jnp.isinf(excess), -jnp.inf, -alpha * jnp.where(jnp.isinf(excess), 0, excess))

    def near(rows: Float[Array, "d"]) -> Float[Array, " d"]:
        square = jnp.sum((x - rows[:, None]) ** 2, axis=0)
        share = jax.nn.softmax(log_weight - square / (2 * jnp.asarray(reach) ** 2))
        return rows + jnp.sum((x - rows[:, None]) * share[None], axis=1)

    return each_particle(near, swarm.position, axis, together=block)


def polarised_step(
    objective: Objective,
    parameters: PolarisedParameters,
    key: Key[Array, ""],
    swarm: Swarm,
    *,
    noise: Noise = anisotropic,
    block: int = 256,
    axis: Axis = None,
) -> tuple[Swarm, Consensus]:
    """One step; the consensus that it reports is the plain one. The swarm comes from `swarm_init`.

    >>> from core.particles.objectives import sphere
    >>> from core.particles.swarm import swarm_init
    >>> swarm = swarm_init(sphere, jnp.array([[0.0, 2.0]]))
    >>> quiet = PolarisedParameters(CboParameters(sigma=0.0, alpha=0.0, dt=0.5), reach=0.1)
    >>> polarised_step(sphere, quiet, jax.random.key(0), swarm)[0].position.round(4).tolist()  # too far apart
    [[0.0, 2.0]]
    """
    check_parameters(parameters.cbo)
    centres = polarised_points(swarm, parameters.cbo.alpha, parameters.reach, block, axis)
    position = cbo_move(parameters.cbo, key, swarm, centres.astype(swarm.position.dtype), noise, axis)
    return swarm_moved(objective, swarm, position, axis), swarm_consensus(swarm, parameters.cbo.alpha, axis)
