"""Everything that is exact for a normal law under a quadratic energy E(x) = ½ (x - b)ᵀ A (x - b).

The law exp(-α E) N(m, C) is normal again, which gives the consensus point, the mass that it keeps, and through the
same formulas at 2α the variance of the consensus point of N draws (central limit theorem of a weighted mean).

Source: arXiv 2306.09778.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real


class Tilted(NamedTuple):
    """The law exp(-α E) N(m, C) / Z_α.

    Attributes:
        mean: m_α, the consensus point of infinitely many particles.
        covariance: C_α.
        log_mass: log Z_α.
    """

    mean: Float[Array, " d"]
    covariance: Float[Array, "d d"]
    log_mass: Float[Array, ""]


def tilted_normal(
    mean: Float[Array, " d"],
    covariance: Float[Array, "d d"],
    curvature: Float[Array, "d d"],
    minimiser: Float[Array, " d"],
    alpha: Real[ArrayLike, ""],
) -> Tilted:
    """C_α = (C⁻¹ + α A)⁻¹ and m_α = b + C_α C⁻¹ (m - b), without inverting C or A, so that both may be singular.

    >>> from jax import jit
    >>> one = jnp.array([[1.0]])
    >>> tilted = jit(tilted_normal)(jnp.ones(1), one, one, jnp.zeros(1), 1.0)
    >>> tilted.mean.tolist(), tilted.covariance.tolist()
    ([0.5], [[0.5]])
    """
    gain = jnp.eye(mean.shape[0], dtype=mean.dtype) + alpha * covariance @ curvature  # I + α C A
    tilted_covariance = jnp.linalg.solve(gain, covariance)
    offset = mean - minimiser
    tilted_mean = minimiser + jnp.linalg.solve(gain, offset)
    # (C + (α A)⁻¹)⁻¹ = α A (I + α C A)⁻¹
    quadratic = alpha * offset @ curvature @ jnp.linalg.solve(gain, offset)
    return Tilted(tilted_mean, tilted_covariance, -quadratic / 2 - jnp.linalg.slogdet(gain)[1] / 2)


def effective_share(
    mean: Float[Array, " d"],
    covariance: Float[Array, "d d"],
    curvature: Float[Array, "d d"],
    minimiser: Float[Array, " d"],
    alpha: Real[ArrayLike, ""],
) -> Float[Array, ""]:
    """Z_α² / Z_2α: limit of the effective sample size over N. It falls geometrically with the dimension.

    >>> from jax import jit
    >>> one = jnp.array([[1.0]])
    >>> share = jit(effective_share)(jnp.zeros(1), one, one, jnp.zeros(1), 1.0)
    >>> print(f"{share:.4f}")  # Z_1 = 1/√2, Z_2 = 1/√3
    0.8660
    """
    once = tilted_normal(mean, covariance, curvature, minimiser, alpha)
    twice = tilted_normal(mean, covariance, curvature, minimiser, 2 * alpha)
    return jnp.exp(2 * once.log_mass - twice.log_mass)


def consensus_covariance(
    mean: Float[Array, " d"],
    covariance: Float[Array, "d d"],
    curvature: Float[Array, "d d"],
    minimiser: Float[Array, " d"],
    alpha: Real[ArrayLike, ""],
) -> Float[Array, "d d"]:
    """V = lim N Cov(x_α^N) = (Z_2α / Z_α²) [C_2α + (m_2α - m_α)(m_2α - m_α)ᵀ].

    The delta method gives E[w² (x - m_α)(x - m_α)ᵀ] / Z_α², and w² is the weight at 2α.

    >>> from jax import jit
    >>> one = jnp.array([[1.0]])
    >>> v = jit(consensus_covariance)(jnp.zeros(1), one, one, jnp.zeros(1), 1.0)
    >>> print(f"{v.item():.4f} {consensus_noise(1.0):.4f}")
    0.3849 0.3849
    """
    once = tilted_normal(mean, covariance, curvature, minimiser, alpha)
    twice = tilted_normal(mean, covariance, curvature, minimiser, 2 * alpha)
    offset = twice.mean - once.mean
    return jnp.exp(twice.log_mass - 2 * once.log_mass) * (twice.covariance + jnp.outer(offset, offset))


def consensus_noise(step_curvature: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """(1 + t)(1 + 2t)^(-3/2), t = τ h: N/s² times the variance of the hop along a direction of curvature h, at x*.

    It *falls* with the curvature, as t^(-1/2): a swarm is quiet where the energy is steep. The gradient noise of
    mini-batches is loud there (its covariance is of the kind of the Hessian).

    >>> print(f"{consensus_noise(10.0):.3f}")
    0.114
    """
    t = jnp.asarray(step_curvature)
    return (1 + t) * (1 + 2 * t) ** -1.5


def hopping_variance(
    step_curvature: Real[ArrayLike, "*#batch"], width: Real[ArrayLike, "*#batch"], particles: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """Stationary variance of N-particle hopping on ½ h x², to first order in 1/N: V/N / (1 - (1 + t)^-2), t = τ h.

    The hop is x' = x / (1 + t) + noise of variance V/N. As t → 0 this is s²/(2 N t) = T/h with the effective
    temperature T = 1/(2 α N).

    >>> print(f"{hopping_variance(1e-4, 2.0, 5000):.3f}")  # s²/(2 N t)
    4.000
    """
    t = jnp.asarray(step_curvature)
    contraction = t * (2 + t) / (1 + t) ** 2  # 1 - (1 + t)^-2, without cancellation
    return jnp.asarray(width) ** 2 * consensus_noise(t) / (jnp.asarray(particles) * contraction)
