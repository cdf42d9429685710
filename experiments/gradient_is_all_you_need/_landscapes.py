"""Energies on the line that several claims and figures of this paper share."""

import jax.numpy as jnp
from jaxtyping import Array

# E'' of `wavy` lies in [1 - 4 a, 1 + 4 a] with a = 0.5, and |E'''| <= 8 a
WEAK_CONVEXITY, HESSIAN_LIPSCHITZ, SMOOTHNESS = 1.0, 4.0, 3.0


def wavy(x: Array) -> Array:
    """x²/2 + ½ cos 2x: two wells, 1-weakly convex."""
    return x**2 / 2 + 0.5 * jnp.cos(2 * x)


def skew(x: Array) -> Array:
    """x²/2 + 0.2 x³ + 0.1 x⁴: least at 0, not symmetric."""
    return x**2 / 2 + 0.2 * x**3 + 0.1 * x**4


def soft(x: Array) -> Array:
    """x² + 2.5 (1 - cos 2πx) on the line."""
    return x**2 + 2.5 * (1 - jnp.cos(2 * jnp.pi * x))
