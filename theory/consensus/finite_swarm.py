"""What N particles make of a hop: noise at a temperature, a sample that shrinks, and best-of-N beyond it.

Where the energy is linear over the width s of a hop, everything depends on z = α s |∇E| alone. Of N particles
N exp(-z²) count; the hop is a gradient step plus noise, and up to z ~ √(log N) a Langevin step at temperature
exp(z²)/(2 α N). Beyond that one particle has all the weight: the hop goes to the best of N draws.

Source: arXiv 2306.09778.
"""

import math

import jax.numpy as jnp
from jax.scipy.stats import norm
from jaxtyping import Array, ArrayLike, Float, Real

from theory.consensus.quadrature import line_law
from theory.door import count, within


def effective_share_linear(slope: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """exp(-z²): effective sample size over N for a linear energy, while N exp(-z²) is large.

    >>> print(f"{effective_share_linear(1.0):.4f}")
    0.3679
    """
    return jnp.exp(-(jnp.asarray(slope) ** 2.0))


def hop_covariance_linear(
    slope: Real[ArrayLike, "*#batch"], width: Real[ArrayLike, "*#batch"]
) -> tuple[Float[Array, "*#batch"], Float[Array, "*#batch"]]:
    """N times the variance of the hop on a linear energy: s² e^{z²} (1 + z²) along the gradient, s² e^{z²} across.

    >>> along, across = hop_covariance_linear(2.0, 1.0)
    >>> print(f"{along / across:.4f} {across:.4f}")  # 1 + z² and e⁴
    5.0000 54.5982
    """
    across = jnp.asarray(width) ** 2 * jnp.exp(jnp.asarray(slope) ** 2.0)
    return across * (1 + jnp.asarray(slope) ** 2), across


def effective_temperature(
    alpha: Real[ArrayLike, "*#batch"], particles: Real[ArrayLike, "*#batch"], slope: Real[ArrayLike, "*#batch"] = 0.0
) -> Float[Array, "*#batch"]:
    """T = e^{z²} / (2 α N): 2 τ T is the variance s² e^{z²} / N of the hop across the gradient, and τ = α s².

    >>> print(f"{effective_temperature(10.0, 50):.4f}")
    0.0010
    """
    alpha = within("alpha", alpha, 0, strict=True)
    return jnp.exp(jnp.asarray(slope) ** 2.0) / (2 * alpha * jnp.asarray(particles))


def best_of_n(particles: Real[ArrayLike, ""]) -> Float[Array, ""]:
    """E max of N standard normals, about √(2 log N): the hop at α = ∞ on a linear energy, in widths.

    >>> from jax import jit
    >>> print(f"{jit(best_of_n)(2.0):.4f}")  # 1/√π
    0.5642
    """
    n = within("particles", particles, 1)
    centre = jnp.sqrt(2 * jnp.log(n))

    def log_density(x):  # of the largest of n
        return jnp.log(n) + norm.logpdf(x) + (n - 1) * norm.logcdf(x)

    law = line_law(log_density, centre, 1.0)
    return jnp.sum(law.weights * law.nodes)


def langevin_limit(particles: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """√(log N), the z up to which at least one particle counts and a hop resembles a gradient step.

    >>> print(f"{langevin_limit(jnp.exp(4.0)):.4f}")
    2.0000
    """
    return jnp.sqrt(jnp.log(within("particles", particles, 1) * 1.0))


def kink_distance(alpha: Real[ArrayLike, "*#batch"], step: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """√(2 τ / (π α)): hop - prox for E = |x| from y = τ, α → ∞; prox = 0 and the tilted law is half a normal.

    >>> print(f"{kink_distance(4.0, 2 * math.pi):.4f}")
    1.0000
    """
    return jnp.sqrt(2 * jnp.asarray(step) / (math.pi * jnp.asarray(alpha)))


def noise_deviation(
    noise: Real[ArrayLike, "*#batch"],
    mean_square: Real[ArrayLike, "*#batch"],
    particles: Real[ArrayLike, "*#batch"],
    dimension: int = 1,
) -> Float[Array, "*#batch"]:
    """σ √dt √(d E|X - c|² / N): root mean square by which one step with λ dt = 1 moves the consensus of N particles.

    All particles have jumped to c, so their energies are equal to first order and the consensus is their plain mean.

    Args:
        noise: σ √dt, of isotropic noise.
        mean_square: E|X - c|² before the step.
        particles: N.
        dimension: d.

    >>> float(noise_deviation(0.5, 4.0, 16, dimension=4))
    0.5
    """
    return jnp.asarray(noise) * jnp.sqrt(dimension * jnp.asarray(mean_square) / jnp.asarray(particles))


def noise_shift(
    alpha: Real[ArrayLike, "*#batch"],
    noise: Real[ArrayLike, "*#batch"],
    mean_square: Real[ArrayLike, "*#batch"],
    slope: Real[ArrayLike, "*#batch"],
) -> Float[Array, "*#batch"]:
    """-α σ² dt E|X - c|² ∇E(c): the same for N = ∞, a gradient step. The mean of the noise is zero, its square counts.

    So the term O(σ √dt) of the theorem belongs to finite swarms, where it rules while σ √dt is below some
    √(d / (N E|X - c|²)) / (α |∇E|).

    >>> float(noise_shift(2.0, 0.5, 4.0, 3.0))
    -6.0
    """
    return -jnp.asarray(alpha) * jnp.asarray(noise) ** 2 * jnp.asarray(mean_square) * slope


def batch_square_error(
    points: Float[Array, "d particles"], weights: Float[Array, " particles"], size: int
) -> Float[Array, ""]:
    """(1/B - 1/N) Σ |w (x - c)|² / ((N - 1) w̄²): mean square distance of the consensus of B of N particles from c.

    The variance of a ratio of sums in sampling without replacement, to first order in 1/B.

    >>> float(batch_square_error(jnp.array([[0.0, 2.0]]), jnp.ones(2), 1))  # either of the two, at distance 1
    1.0
    """
    particles = points.shape[1]
    offset = points - jnp.sum(points * weights[None], axis=1, keepdims=True) / jnp.sum(weights)
    square = jnp.sum((offset * weights[None]) ** 2) / (particles - 1) / jnp.mean(weights) ** 2
    return (1 / count("size", size, 1) - 1 / particles) * square
