"""Consensus-based sampling of a normal law under a quadratic energy stays normal: the recursion of mean and covariance.

    x' = c + b (x - c) + √((1 - b²)/λ) C_α^{1/2} ξ,   b = e^{-dt}

with c and C_α the mean and covariance of the law tilted by exp(-α E). λ = 1/(1 + α) samples exp(-E), λ = 1 optimises
(Carrillo, Hoffmann, Stuart and Vaes, 2022).

Source: arXiv 2106.02519.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.consensus.quadratic import tilted_normal


class NormalLaw(NamedTuple):
    """N(m, C), the law of infinitely many particles.

    Attributes:
        mean: m.
        covariance: C.
    """

    mean: Float[Array, " d"]
    covariance: Float[Array, "d d"]


def sampling_step(
    law: NormalLaw,
    curvature: Float[Array, "d d"],
    minimiser: Float[Array, " d"],
    alpha: Real[ArrayLike, ""],
    dt: Real[ArrayLike, ""],
    scale: Real[ArrayLike, ""],
) -> NormalLaw:
    """One step: m' = b m + (1 - b) m_α and C' = b² C + (1 - b²) C_α / λ, exactly, for infinitely many particles.

    Args:
        law: m and C.
        curvature: A of E = ½ (x - x*)ᵀ A (x - x*).
        minimiser: x*.
        alpha: α.
        dt: time step.
        scale: λ.

    >>> law = NormalLaw(jnp.array([4.0]), jnp.eye(1))  # C = A⁻¹ stays; the mean is drawn to x* = 0
    >>> law = sampling_step(law, jnp.eye(1), jnp.zeros(1), 3.0, jnp.inf, sampling_scale(3.0))
    >>> law.mean.tolist(), law.covariance.tolist()
    ([1.0], [[1.0]])
    """
    keep = jnp.exp(-jnp.asarray(dt) * 1.0)
    tilted = tilted_normal(law.mean, law.covariance, curvature, minimiser, alpha)
    mean = keep * law.mean + (1 - keep) * tilted.mean
    covariance = keep**2 * law.covariance + (1 - keep**2) * tilted.covariance / scale
    return NormalLaw(mean, covariance)


def sampling_scale(alpha: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """λ = 1/(1 + α), with which C = A⁻¹ is the fixed point: exp(-E) is sampled at every α.

    There the mean comes to x* at the rate α/(1 + α): a step keeps 1 - (1 - b) α/(1 + α) of the distance.

    >>> float(sampling_scale(3.0))
    0.25
    """
    return 1 / (1 + jnp.asarray(alpha) * 1.0)
