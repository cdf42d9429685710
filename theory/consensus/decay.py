"""How fast a swarm contracts to a point that stands still: every moment, every exponent, and their thresholds.

dX = -λ (X - c) dt + σ D(X - c) dB with c frozen. By Itô, for isotropic noise D(v) = |v| I in R^d,

    d/dt E|X-c|^p = [-p λ + (σ²/2) p (p + d - 2)] E|X-c|^p,

and for anisotropic noise D(v) = diag(v) each coordinate behaves as isotropic noise in one dimension. p = 2 is the rate
of the mean square, p → 0 the exponent with which almost every path decays: noise that the first calls unstable may
well be stable for the second. The same for the explicit scheme, X' - c = (1 - h)(X - c) + r D(X - c) ξ with h = λ dt
and r = σ √dt, whose exponents differ once r is not small.

Source: arXiv 2306.09778.
"""

import jax
import jax.numpy as jnp
from jax.scipy.special import digamma, gammaln
from jaxtyping import Array, ArrayLike, Float, Real

from theory.consensus.quadrature import normal_mean
from theory.door import count, within

_WINDOW = 4096  # terms of the Poisson series kept around its mode


def moment_rate(
    power: Real[ArrayLike, "*#batch"],
    drift: Real[ArrayLike, "*#batch"],
    sigma: Real[ArrayLike, "*#batch"],
    dimension: Real[ArrayLike, "*#batch"] = 1,
) -> Float[Array, "*#batch"]:
    """Rate of E|X - c|^p: -p λ + (σ²/2) p (p + d - 2). Anisotropic noise is d = 1.

    >>> float(moment_rate(2, 1.0, 0.5, 4))  # -(2 λ - d σ²)
    -1.0
    """
    p, d = jnp.asarray(power) * 1.0, jnp.asarray(dimension)
    return -p * jnp.asarray(drift) + jnp.asarray(sigma) ** 2 / 2 * p * (p + d - 2)


def path_rate(
    drift: Real[ArrayLike, "*#batch"], sigma: Real[ArrayLike, "*#batch"], dimension: Real[ArrayLike, "*#batch"] = 1
) -> Float[Array, "*#batch"]:
    """Almost sure limit of (1/t) log|X_t - c|: -λ + (d - 2) σ²/2. Noise helps in d = 1 and harms beyond d = 2.

    >>> [float(path_rate(1.0, 2.0, dimension)) for dimension in (1, 2, 3)]
    [-3.0, -1.0, 1.0]
    """
    return -jnp.asarray(drift) + (jnp.asarray(dimension) - 2) * jnp.asarray(sigma) ** 2 / 2


def euler_square_factor(
    contraction: Real[ArrayLike, "*#batch"],
    noise: Real[ArrayLike, "*#batch"],
    dimension: Real[ArrayLike, "*#batch"] = 1,
) -> Float[Array, "*#batch"]:
    """E|X' - c|² / E|X - c|² = (1 - h)² + d r² in one step of the explicit scheme (anisotropic: d = 1).

    >>> float(euler_square_factor(0.5, 0.5, 3))  # 1/4 + 3/4
    1.0
    """
    return (1 - jnp.asarray(contraction)) ** 2 + jnp.asarray(dimension) * jnp.asarray(noise) ** 2.0


def euler_moment_factor(power: int, contraction: Real[ArrayLike, ""], noise: Real[ArrayLike, ""]) -> Float[Array, ""]:
    """E|1 - h + r ξ|^p of the anisotropic scheme, exact for even p (Gauss-Hermite).

    >>> print(f"{euler_moment_factor(4, 0.5, 1.0):.4f}")  # 1/16 + 6/4 + 3
    4.5625
    """
    order = count("power", power, 1) + 32
    return normal_mean(lambda xi: jnp.abs(1 - jnp.asarray(contraction) + noise * xi) ** power, order)


def euler_path_exponent(
    contraction: Real[ArrayLike, "*#batch"],
    noise: Real[ArrayLike, "*#batch"],
    dimension: Real[ArrayLike, "*#batch"] = 1,
) -> Float[Array, "*#batch"]:
    """E log|(1 - h) e + r ξ|, ξ ~ N(0, I_d): growth of log|X - c| a step, almost surely.

    |.|²/r² is non-central χ², a Poisson mixture of central ones, and E log χ²_k = log 2 + ψ(k/2). Exact to 1e-10 for
    r >= 0.02 (1 - h).

    >>> bool(abs(jax.jit(euler_path_exponent)(0.01, 1.5647)) < 1e-4)  # where the anisotropic swarm stops to contract
    True
    """
    shift, noise, d = 1 - jnp.asarray(contraction), within("noise", noise, 0, strict=True), jnp.asarray(dimension)
    half = (shift / noise) ** 2 / 2  # half the non-centrality: mean of the Poisson law
    first = jnp.maximum(jnp.floor(half) - _WINDOW // 2, 0)
    terms = first[..., None] + jnp.arange(_WINDOW)
    log_poisson = terms * jnp.log(half)[..., None] - half[..., None] - gammaln(terms + 1)
    mean_digamma = jnp.sum(jnp.exp(log_poisson) * digamma(terms + jnp.asarray(d * 1.0)[..., None] / 2), axis=-1)
    return jnp.log(noise) + (jnp.log(2.0) + mean_digamma) / 2


def critical_noise(contraction: Real[ArrayLike, ""], dimension: Real[ArrayLike, ""] = 1) -> Float[Array, ""]:
    """The r = σ √dt above which almost no path contracts: root of `euler_path_exponent`, by bisection.

    >>> print(f"{critical_noise(0.01):.3f}")
    1.565
    """
    d = jnp.asarray(dimension) * 1.0

    def halve(bracket, _):
        low, high = bracket
        middle = (low + high) / 2
        grows = euler_path_exponent(contraction, middle, d) > 0
        return (jnp.where(grows, low, middle), jnp.where(grows, middle, high)), None

    # below the bracket the drift wins in every dimension: the exponent is at most ½ log((1-h)² + d r²)
    start = (jnp.sqrt(1 - (1 - jnp.asarray(contraction)) ** 2) / jnp.sqrt(d), jnp.asarray(4.0))
    return jax.lax.scan(halve, start, None, length=60)[0][0]
