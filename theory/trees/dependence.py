"""Three exchangeable laws of votes with one pairwise correlation, and how far each lets a majority amplify.

The same ρ, the same bias μ: yet the gain κ_b(ρ) of a weak signal is unbounded in b for a common cause, and bounded for
a Beta-distributed or a Gaussian latent ability. A correlation alone does not tell which.

- common cause: with probability ρ all votes are one vote, otherwise they are independent;
- beta-binomial: votes are independent given θ ~ Beta(A p, A (1 - p)), A = 1/ρ - 1;
- Gaussian copula (in `copula`): a vote is right iff a threshold lies below √r G + √(1 - r) ε, G and ε normal.

Source: arXiv 2601.17311, 2508.17536.
"""

import math

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import betainc
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import odd_count, within
from theory.trees.majority import gamma_half_step, majority_map, majority_slope
from theory.trees.quadrature import integrate, unit_quadrature

_RULE = unit_quadrature(64)


def common_cause_map(
    fan_in: Real[ArrayLike, "*#batch"], bias: Real[ArrayLike, "*#batch"], correlation: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """ρμ + (1 - ρ) f_b(μ), which for b → ∞ is ρμ + (1 - ρ) sgn μ.

    >>> print(f"{common_cause_map(3, 0.5, 0.5):.5f}")  # half of 1/2 and half of 11/16
    0.59375
    """
    rho = within("correlation", correlation, 0, 1)
    return rho * jnp.asarray(bias) + (1 - rho) * majority_map(fan_in, bias)


def common_cause_slope(
    fan_in: Real[ArrayLike, "*#batch"], correlation: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """κ = ρ + (1 - ρ) s_b, unbounded in b for every ρ < 1: fan-in overcomes any common cause.

    >>> print(f"{common_cause_slope(3, 0.5):.4f}")
    1.2500
    """
    rho = within("correlation", correlation, 0, 1)
    return rho + (1 - rho) * majority_slope(fan_in)


def _urn_majority(fan_in: int, right: Array, correlation: Array) -> tuple[Array, Array]:
    """Counts j > b/2 of right votes and their probabilities P(j), both along a new last axis.

    Pólya's urn: after n votes, j of them right, the next is right with probability ((1-ρ)p + ρj)/((1-ρ) + ρn). The
    first right and the first wrong vote are kept apart from the products, so ρ = 0 and ρ = 1 need no limit.
    """
    right, rho = (x[..., None] for x in jnp.broadcast_arrays(right, correlation))
    n = jnp.expand_dims(jnp.arange(1.0, fan_in, dtype=right.dtype), range(right.ndim - 1))
    rises, falls, draws = ((1 - rho) * share + rho * n for share in (right, 1 - right, jnp.ones_like(right)))
    start = jnp.zeros_like(right)
    log_rise, log_fall = (jnp.concatenate([start, jnp.cumsum(jnp.log(x), -1)], -1) for x in (rises, falls))
    log_draw = jnp.sum(jnp.log(draws), -1, keepdims=True)
    majority = np.arange(fan_in // 2 + 1, fan_in)
    ways = np.array([math.log(math.comb(fan_in, int(j))) for j in majority])
    ways = jnp.expand_dims(jnp.asarray(ways, right.dtype), range(right.ndim - 1))
    mixed = right * (1 - right) * (1 - rho)
    split = mixed * jnp.exp(ways + log_rise[..., majority - 1] + log_fall[..., fan_in - majority - 1] - log_draw)
    whole = right * jnp.exp(log_rise[..., -1:] - log_draw)
    return jnp.append(majority, fan_in), jnp.concatenate([split, whole], -1)


def beta_binomial_map(
    fan_in: int, bias: Real[ArrayLike, "*#batch"], correlation: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """2 P(J > b/2) - 1 for J beta-binomial of mean bp and intraclass correlation ρ; absolute error near 1e-13.

    >>> from jax import jit
    >>> print(f"{jit(beta_binomial_map, static_argnums=0)(3, 0.5, 1 / 3):.4f}")  # (3 · 1/2 - E(2θ - 1)³)/2
    0.5625
    """
    fan_in = odd_count("fan_in", fan_in)
    right, rho = (1 + within("bias", bias, -1, 1)) / 2, within("correlation", correlation, 0, 1)
    up, down = (jnp.sum(_urn_majority(fan_in, share, rho)[1], -1) for share in (right, 1 - right))
    return up - down


def beta_binomial_slope(fan_in: int, correlation: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """κ = Σ_{j>b/2} P(j) Σ_{n=b-j}^{j-1} 1/(1/2 + nρ/(1-ρ)): the score of j at chance, over the majorities.

    At b = 3 it is [3 - ρ(3 - ρ)/(1 + ρ)]/2.

    >>> from jax import jit
    >>> print(f"{jit(beta_binomial_slope, static_argnums=0)(3, 1 / 3):.4f}")  # (3 - 2/3)/2
    1.1667
    """
    fan_in = odd_count("fan_in", fan_in)
    rho = within("correlation", correlation, 0, 1) * 1.0
    counts, chance = _urn_majority(fan_in, jnp.full_like(rho, 0.5), rho)
    n = jnp.expand_dims(jnp.arange(fan_in, dtype=rho.dtype), range(rho.ndim))
    terms = (1 - rho)[..., None] / ((1 - rho)[..., None] / 2 + n * rho[..., None])
    below = jnp.concatenate([jnp.zeros_like(rho)[..., None], jnp.cumsum(terms.at[..., 0].set(2), -1)], -1)
    return jnp.sum(chance * (below[..., counts] - below[..., fan_in - counts]), -1)


def beta_binomial_limit_map(
    bias: Real[ArrayLike, "*#batch"], correlation: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """P(θ > 1/2) - P(θ < 1/2) = 1 - 2 I_{1/2}(Ap, A(1 - p)), which is the map for b → ∞; 0 < ρ < 1 and |μ| < 1.

    >>> print(f"{beta_binomial_limit_map(0.5, 0.2):.4f}")  # θ ~ Beta(3, 1): 1 - 2/8
    0.7500
    """
    bias, rho = within("bias", bias, -1, 1), within("correlation", correlation, 0, 1, strict=True)
    weight = 1 / rho - 1
    wins, losses = jnp.broadcast_arrays(weight * (1 + bias) / 2, weight * (1 - bias) / 2)
    return 1 - 2 * betainc(wins, losses, jnp.full_like(wins, 0.5))


def beta_binomial_limit_slope(correlation: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """κ_∞ = A E[ln(θ/(1-θ)); θ > 1/2] = A Γ((A+1)/2)/(2√π Γ(A/2)) ∫₀^∞ z sech(z/2)^A dz, for 0 < ρ < 1.

    A channel of fidelity below 1/κ_∞ defeats every fan-in.

    >>> print(f"{beta_binomial_limit_slope(1 / 3):.4f}")  # θ is uniform: 2 ln 2
    1.3863
    """
    weight = 1 / within("correlation", correlation, 0, 1, strict=True) - 1  # A

    def score(z):  # z sech(z/2)^A, without overflow
        return z * jnp.exp(-weight * (z / 2 + jnp.log1p(jnp.exp(-z)) - math.log(2)))

    # ln cosh(z/2) >= z²/(8 + 2z), so that the integrand at the cut lies below exp(-40)
    cut = 40 / weight + jnp.sqrt((40 / weight) ** 2 + 320 / weight)
    return weight * gamma_half_step(weight / 2) / (2 * math.sqrt(math.pi)) * integrate(score, cut, _RULE)
