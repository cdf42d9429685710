"""Votes with a common Gaussian factor: vote i is right iff √r G + √(1 - r) ε_i + τ > 0, Φ(τ) = (1 + μ)/2.

The majority is right iff √r G + √(1 - r) M + τ > 0, with M the median of the ε. G and M are independent and
symmetric, so the chance is an integral over the narrower of the two of the smooth distribution of the other.

The pairwise correlation ρ of the votes depends on both r and μ. At chance r = sin(πρ/2); elsewhere `latent_correlation`
solves for r, so that this law can be set beside the others at equal ρ.

Source: arXiv 2601.17311.
"""

import math

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtr, ndtri
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import odd, within
from theory.trees.majority import majority_map, majority_slope
from theory.trees.quadrature import integrate, unit_quadrature

_RULE = unit_quadrature(64)
_HALVINGS = 52


def _normal_density(x: Array) -> Array:
    return jnp.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


def pairwise_correlation(
    bias: Real[ArrayLike, "*#batch"], latent: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """ρ = (2/π) ∫₀^{arcsin r} exp(-τ²/(1 + sin φ)) dφ / (1 - μ²), Plackett's identity; |μ| < 1.

    >>> print(f"{jax.jit(pairwise_correlation)(0.0, latent=0.5):.4f}")
    0.3333
    """
    bias = within("bias", bias, -1, 1)
    bias, angle = jnp.broadcast_arrays(bias, jnp.arcsin(within("latent", latent, 0, 1)))
    square = ndtri((1 + bias) / 2) ** 2
    pair = integrate(lambda phi: jnp.exp(-square / (1 + jnp.sin(phi))), angle, _RULE)
    return 2 / math.pi * pair / ((1 - bias) * (1 + bias))


def latent_correlation(
    bias: Real[ArrayLike, "*#batch"], correlation: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """The r at which votes of bias μ have the pairwise correlation ρ, by bisection; sin(πρ/2) at μ = 0. |μ| < 1.

    >>> print(f"{latent_correlation(0.0, 1 / 3):.4f}")
    0.5000
    """
    bias, rho = jnp.broadcast_arrays(within("bias", bias, -1, 1) * 1.0, within("correlation", correlation, 0, 1) * 1.0)

    def halve(_, ends):
        low, high = ends
        middle = (low + high) / 2
        short = pairwise_correlation(bias, jnp.sin(middle)) < rho
        return jnp.where(short, middle, low), jnp.where(short, high, middle)

    ends = (jnp.zeros_like(rho), jnp.full_like(rho, math.pi / 2))
    low, high = jax.lax.fori_loop(0, _HALVINGS, halve, ends)
    return jnp.sin((low + high) / 2)


def _median_is_narrower(fan_in: Array, latent: Array) -> Array:
    """Whether √(1 - r) M varies less than √r G, by the variance π/(2b) of a median."""
    return fan_in * latent > math.pi / 2 * (1 - latent)


def _over_median(fan_in: Array, threshold: Array, latent: Array) -> Array:
    """2P - 1 as an integral over M, whose density is s_b φ(z) (4 Φ(z) Φ(-z))^h."""
    half, own = (fan_in - 1) / 2, jnp.sqrt(1 - latent)
    common = jnp.sqrt(jnp.where(latent > 0, latent, 1))

    def integrand(z):
        middle = (4 * ndtr(z) * ndtr(-z)) ** half
        gap = ndtr((threshold + own * z) / common) - ndtr((own * z - threshold) / common)
        return _normal_density(z) * middle * gap

    # 4 Φ(z) Φ(-z) <= exp(-2z²/π)
    return 2 * majority_slope(fan_in) * integrate(integrand, jnp.sqrt(40 / (0.5 + 2 * half / math.pi)), _RULE)


def _over_factor(fan_in: Array, threshold: Array, latent: Array) -> Array:
    """2P - 1 as an integral over G of the independent majority at the bias that G gives."""
    own, common = jnp.sqrt(jnp.where(latent < 1, 1 - latent, 1)), jnp.sqrt(latent)

    def integrand(g):
        sides = jnp.stack([threshold + common * g, threshold - common * g])
        ahead, behind = majority_map(fan_in[None], 2 * ndtr(sides / own[None]) - 1)
        return _normal_density(g) * (ahead + behind)

    return integrate(integrand, jnp.full_like(threshold, math.sqrt(80)), _RULE)


def gaussian_factor_map(
    fan_in: Real[ArrayLike, "*#batch"], bias: Real[ArrayLike, "*#batch"], latent: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """The bias of the majority of b votes of bias μ with latent correlation r; absolute error below 1e-12.

    >>> print(f"{jax.jit(gaussian_factor_map)(3, 0.5, latent=0.0):.4f}")  # independent: f_3(1/2) = 11/16
    0.6875
    """
    fan_in, bias, latent = odd("fan_in", fan_in), within("bias", bias, -1, 1), within("latent", latent, 0, 1)
    fan_in, bias, latent = jnp.broadcast_arrays(fan_in * 1.0, bias * 1.0, latent * 1.0)
    inside = jnp.abs(bias) < 1
    threshold = ndtri((1 + jnp.where(inside, bias, 0)) / 2)
    narrow_median = _median_is_narrower(fan_in, latent)
    by_median = _over_median(fan_in, threshold, jnp.where(narrow_median, latent, 0.5))
    by_factor = _over_factor(fan_in, threshold, jnp.where(narrow_median, 0, latent))
    return jnp.where(inside, jnp.where(narrow_median, by_median, by_factor), bias)


def gaussian_copula_map(
    fan_in: Real[ArrayLike, "*#batch"], bias: Real[ArrayLike, "*#batch"], correlation: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """The bias of the majority of b votes whose pairwise correlation is ρ at this very bias μ.

    >>> print(f"{jax.jit(gaussian_copula_map)(3, 0.5, correlation=1.0):.4f}")  # all votes are one
    0.5000
    """
    bias = within("bias", bias, -1, 1)
    return gaussian_factor_map(fan_in, bias, latent_correlation(jnp.where(jnp.abs(bias) < 1, bias, 0), correlation))


def gaussian_factor_limit_map(
    bias: Real[ArrayLike, "*#batch"], latent: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """2Φ(τ/√r) - 1, the map for b → ∞; r > 0.

    >>> print(f"{jax.jit(gaussian_factor_limit_map)(0.6827, latent=0.25):.4f}")  # one sigma becomes two
    0.9545
    """
    return 2 * ndtr(ndtri((1 + within("bias", bias, -1, 1)) / 2) / jnp.sqrt(within("latent", latent, 0, 1))) - 1


def gaussian_copula_slope(
    fan_in: Real[ArrayLike, "*#batch"], correlation: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """κ = √(2π) times the density at 0 of √r G + √(1 - r) M, with r = sin(πρ/2).

    >>> slope = jax.jit(gaussian_copula_slope)
    >>> print(f"{slope(3, 0.0):.4f} {slope(3, 1.0):.4f}")
    1.5000 1.0000
    """
    fan_in, rho = jnp.broadcast_arrays(odd("fan_in", fan_in) * 1.0, within("correlation", correlation, 0, 1) * 1.0)
    latent, half = jnp.sin(math.pi / 2 * rho), (fan_in - 1) / 2
    narrow = _median_is_narrower(fan_in, latent)
    # over M where it is the narrower, else over G: the median's density at √(r/(1-r)) g
    common = jnp.sqrt(jnp.where(narrow, latent, 1))
    own = jnp.sqrt(jnp.where(narrow, 1, 1 - latent))
    stretch = jnp.where(narrow, jnp.sqrt(1 - latent) / common, jnp.sqrt(latent) / own)

    def integrand(z):
        median, factor = jnp.where(narrow, z, stretch * z), jnp.where(narrow, stretch * z, z)
        middle = (4 * ndtr(median) * ndtr(-median)) ** half
        return middle * jnp.exp(-(median**2 + factor**2) / 2)

    cut = jnp.where(narrow, jnp.sqrt(40 / (0.5 + 2 * half / math.pi)), math.sqrt(80))
    scale = jnp.where(narrow, common, own)
    return majority_slope(fan_in) * math.sqrt(2 / math.pi) / scale * integrate(integrand, cut, _RULE)


def gaussian_copula_limit_slope(correlation: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """κ_∞ = 1/√r = 1/√sin(πρ/2): a channel of fidelity below √r defeats every fan-in.

    >>> print(f"{gaussian_copula_limit_slope(1 / 3):.4f}")  # r = 1/2
    1.4142
    """
    return 1 / jnp.sqrt(jnp.sin(math.pi / 2 * within("correlation", correlation, 0, 1)))
