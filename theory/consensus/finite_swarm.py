"""What N particles make of a hop: noise at a temperature, a sample that shrinks, and best-of-N beyond it.

Where the energy is linear over the width s of a hop, everything depends on z = α s |∇E| alone. Of N particles
N exp(-z²) count; the hop is a gradient step plus noise, and up to z ~ √(log N) a Langevin step at temperature
exp(z²)/(2 α N). Beyond that one particle has all the weight: the hop goes to the best of N draws.
"""

import math

import jax.numpy as jnp
from jax.scipy.stats import norm
from jaxtyping import Array, ArrayLike, Float, Real

from theory.consensus.quadrature import line_law
from theory.door import within


def slope_number(
    alpha: Real[ArrayLike, "*#batch"], width: Real[ArrayLike, "*#batch"], gradient_norm: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """α s |∇E|, called z: by how many widths the tilt moves the swarm."""
    return jnp.asarray(alpha) * jnp.asarray(width) * gradient_norm * 1.0


def effective_share_linear(slope: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """exp(-z²): effective sample size over N for a linear energy, while N exp(-z²) is large.

    >>> print(f"{effective_share_linear(1.0):.4f}")
    0.3679
    """
    return jnp.exp(-(jnp.asarray(slope) ** 2.0))


def hop_covariance_linear(
    slope: Real[ArrayLike, "*#batch"], width: Real[ArrayLike, "*#batch"]
) -> tuple[Float[Array, "*#batch"], Float[Array, "*#batch"]]:
    """N times the variance of the hop on a linear energy: s² e^{z²} (1 + z²) along the gradient, s² e^{z²} across."""
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

    >>> print(f"{best_of_n(2.0):.4f}")  # 1/√π
    0.5642
    """
    n = within("particles", particles, 1)
    centre = jnp.sqrt(2 * jnp.log(n))

    def log_density(x):  # of the largest of n
        return jnp.log(n) + norm.logpdf(x) + (n - 1) * norm.logcdf(x)

    law = line_law(log_density, centre, 1.0)
    return jnp.sum(law.weights * law.nodes)


def langevin_limit(particles: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """√(log N), the z up to which at least one particle counts and a hop resembles a gradient step."""
    return jnp.sqrt(jnp.log(within("particles", particles, 1) * 1.0))


def kink_distance(alpha: Real[ArrayLike, "*#batch"], step: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """√(2 τ / (π α)): hop - prox for E = |x| from y = τ, α → ∞; prox = 0 and the tilted law is half a normal."""
    return jnp.sqrt(2 * jnp.asarray(step) / (math.pi * jnp.asarray(alpha)))
