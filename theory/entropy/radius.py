"""How far a Taylor series of the log-partition function, and so of the entropy, can be trusted.

Along a direction a of logits, Z(t) = Σ e^{z_i + t a_i}. While |Im t| < π/Δ, Δ = max a - min a, all terms lie in an open
half plane after a common turn, so Z has no zero there: log Z and H are analytic in the disc |t| < π/Δ. With two
logits of equal size the bound is reached, at t = iπ/Δ.

Source: arXiv 2603.13552.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float


def safe_radius(direction: Float[ArrayLike, "*batch vocab"]) -> Float[Array, "*batch"]:
    """π/Δ: no zero of the partition function is nearer, whatever the logits; infinite for a constant direction.

    >>> print(f"{safe_radius(jnp.array([0.0, 1.0])):.4f}")
    3.1416
    """
    a = jnp.asarray(direction)
    width = jnp.max(a, axis=-1) - jnp.min(a, axis=-1)
    return jnp.where(width > 0, jnp.pi / jnp.where(width > 0, width, 1), jnp.inf)
