"""Consensus-based sampling (Carrillo, Hoffmann, Stuart, Vaes 2022): the noise has the shape of the weighted swarm.

    X' = c + b (X - c) + √((1 - b²)/λ) C_α^{1/2} ξ,    b = e^{-dt}

C_α is the covariance under the Gibbs weights. λ = 1/(1 + α) samples exp(-E), λ = 1 minimises.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, ArrayLike, Float, Key, Real

from core.blocks import Axis, fold, in_blocks, ordered_sum
from core.particles.cbo import normals_for
from core.particles.reductions import product
from core.particles.swarm import Consensus, Objective, Swarm, check_parameters, swarm_consensus, swarm_moved
from theory.consensus.gibbs import gibbs_weights


class SamplingParameters(NamedTuple):
    """All may be traced."""

    alpha: Real[ArrayLike, ""] = 1.0  # α in [0, ∞]
    dt: Real[ArrayLike, ""] = 0.1  # > 0
    scale: Real[ArrayLike, ""] = 0.5  # λ; `theory.consensus.sampling.sampling_scale(alpha)` samples, 1 minimises


def _weighted_covariance(
    swarm: Swarm, centre: Float[Array, " d"], alpha: Real[ArrayLike, ""], axis: Axis = None
) -> Float[Array, "d d"]:
    """C_α, the covariance of the swarm around `centre` under its Gibbs weights."""
    weights = lax.optimization_barrier(gibbs_weights(swarm.energy, alpha, swarm.lowest))
    offset = swarm.position - centre[:, None]

    def products(number: Array, x: Float[Array, "d size"], weighted: Float[Array, "d size"]) -> Float[Array, "d d"]:
        return jnp.matmul(x, weighted.T, precision=lax.Precision.HIGHEST)

    parts = in_blocks(products, [offset, offset * weights[None]], axis, dimension=1)
    return fold(parts, jnp.add, axis) * lax.optimization_barrier(1 / ordered_sum(weights, axis))


def sampling_step(
    objective: Objective, parameters: SamplingParameters, key: Key[Array, ""], swarm: Swarm, *, axis: Axis = None
) -> tuple[Swarm, Consensus]:
    """One step, exact in law for a swarm of infinite size; the swarm comes from `swarm_init`.

    >>> import jax
    >>> from core.particles.objectives import sphere
    >>> from core.particles.swarm import swarm_init
    >>> agreed = swarm_init(sphere, jnp.array([[2.0, 2.0]]))  # no spread, no noise
    >>> step = jax.jit(lambda swarm: sampling_step(sphere, SamplingParameters(), jax.random.key(0), swarm)[0])
    >>> step(agreed).position.tolist()
    [[2.0, 2.0]]
    """
    check_parameters(parameters, positive=("dt", "scale"))
    agreed = swarm_consensus(swarm, parameters.alpha, axis)
    covariance = _weighted_covariance(swarm, agreed.point, parameters.alpha, axis)
    spectrum, directions = jnp.linalg.eigh(covariance)  # a swarm of few particles has a singular covariance
    root = directions * jnp.sqrt(jnp.maximum(spectrum, 0))[None]
    keep = jnp.exp(-jnp.asarray(parameters.dt, covariance.dtype))
    strength = jnp.sqrt((1 - keep**2) / jnp.asarray(parameters.scale, covariance.dtype))
    centre = agreed.point[:, None]
    noise = product(strength * root, normals_for(key, swarm, axis), axis)
    position = centre + keep * (swarm.position - centre) + noise
    return swarm_moved(objective, swarm, position, axis), agreed
