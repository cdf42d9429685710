"""Fitting a model again and again to its own output: errors by generation, exactly.

Least squares in d dimensions, y = xᵀw + σξ with x normal, T samples a generation, each labelled by the last fit. One
fit to the truth has the excess risk v = σ² d / (T - d - 1), the mean trace of an
inverse Wishart matrix, for any covariance of x.

    replace                 ŵ_n = ŵ_{n-1} + X_n† ε_n                   E_n = n v
    accumulate, one design  ŵ_n = ŵ_{n-1} + X† ε_n / n                 E_n = v Σ_{i<=n} 1/i² <= v π²/6
    accumulate, fresh       ŵ_n = ŵ_{n-1} + S_n^{-1} X_nᵀ ε_n          E_n = σ² Σ_{i<=n} d / (i (iT - d - 1))

with S_n = Σ_{j<=n} X_jᵀX_j; the last since all X_jᵀX_j share S_n^{-1} alike.

Frequencies of a categorical law, T draws a generation: with the diversity h = 1 - Σ p², the mean squared error
D_n = E|p̂_n - p|² obeys D_n = (1-r)² (1 - 1/T) D_{n-1} + h/T when a share r of the draws is real and nothing is kept;
D_n = h (1 - Π_{i<=n} (1 - 1/(i²T))) when everything is kept: the product tends to sin(x)/x, x = π/√T.

Source: arXiv 2404.01413.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from theory.door import count, within


def one_fit_error(
    dimension: int, samples: Float[ArrayLike, "*n"], noise: Float[ArrayLike, ""] = 1.0
) -> Float[Array, "*n"]:
    """V = σ² d / (T - d - 1).

    >>> print(f"{one_fit_error(20, 60.0):.4f}")
    0.5128
    """
    d = count("dimension", dimension, 1)
    T = within("samples", samples, d + 2)  # with fewer the mean does not exist
    return jnp.asarray(noise) ** 2 * d / (T - d - 1)


def replaced_errors(
    generations: int, one_fit: Float[ArrayLike, ""], real_share: Float[ArrayLike, ""] = 0.0
) -> Float[Array, " n"]:
    """E_1, ..., E_n when every fit sees the last generation only, on one design or on fresh ones: n v.

    With labels blended from the truth with weight p, v (1 - (1-p)^{2n}) / (1 - (1-p)²), at most v / (1 - (1-p)²).

    >>> replaced_errors(3, 1.0).tolist()
    [1.0, 2.0, 3.0]
    """
    kept = (1 - within("real_share", real_share, 0, 1)) ** 2
    powers = kept ** jnp.arange(count("generations", generations, 1), dtype=float)
    return jnp.asarray(one_fit) * jnp.cumsum(powers)


def accumulated_errors(generations: int, one_fit: Float[ArrayLike, ""]) -> Float[Array, " n"]:
    """E_1, ..., E_n when every fit sees all generations, on one and the same design: v Σ 1/i².

    >>> print(accumulated_errors(4, 1.0).round(4))
    [1.     1.25   1.3611 1.4236]
    """
    return jnp.asarray(one_fit) * jnp.cumsum(1 / _generations(generations) ** 2)


def accumulated_fresh_errors(
    generations: int, dimension: int, samples: Float[ArrayLike, ""], noise: Float[ArrayLike, ""] = 1.0
) -> Float[Array, " n"]:
    """E_1, ..., E_n when every generation brings inputs of its own: σ² Σ d / (i (iT - d - 1)), below one design's.

    >>> print(accumulated_fresh_errors(2, 1, 4.0).round(4))  # 1/2, and 1/(2 · 6) more
    [0.5    0.5833]
    """
    index = _generations(generations)
    return jnp.cumsum(one_fit_error(dimension, index * jnp.asarray(samples), noise) / index)


def replaced_table_errors(
    generations: int,
    draws: Float[ArrayLike, ""],
    diversity: Float[ArrayLike, ""],
    real_share: Float[ArrayLike, ""] = 0.0,
) -> Float[Array, " n"]:
    """D_1, ..., D_n of a categorical law refitted to T draws of itself, a share of them real.

    Args:
        generations: n.
        draws: T.
        diversity: h = 1 - Σ p².
        real_share: r, the chance that a draw comes from the truth.

    >>> replaced_table_errors(2, 4.0, 0.5).tolist()  # h/T, then (3/4) h/T + h/T
    [0.125, 0.21875]
    """
    kept = (1 - within("real_share", real_share, 0, 1)) ** 2
    T, h = within("draws", draws, 1), within("diversity", diversity, 0, 1)

    def step(error: Array, _: None) -> tuple[Array, Array]:
        error = kept * (1 - 1 / T) * error + h / T
        return error, error

    return jax.lax.scan(step, jnp.zeros_like(h * T), None, count("generations", generations, 1))[1]


def accumulated_table_errors(
    generations: int, draws: Float[ArrayLike, ""], diversity: Float[ArrayLike, ""]
) -> Float[Array, " n"]:
    """D_1, ..., D_n of a categorical law refitted to all draws so far: h (1 - Π (1 - 1/(i²T))).

    >>> accumulated_table_errors(2, 4.0, 0.5).tolist()  # h/4, then h (1 - (3/4)(15/16))
    [0.125, 0.1484375]
    """
    T = within("draws", draws, 1)
    return within("diversity", diversity, 0, 1) * (1 - jnp.cumprod(1 - 1 / (_generations(generations) ** 2 * T)))


def accumulated_table_limit(draws: Float[ArrayLike, "*n"], diversity: Float[ArrayLike, "*#n"]) -> Float[Array, "*n"]:
    """D_∞ = h (1 - sin(x)/x), x = π/√T.

    >>> print(f"{accumulated_table_limit(4.0, 1.0):.4f}")  # 1 - 2/π
    0.3634
    """
    return within("diversity", diversity, 0, 1) * (1 - jnp.sinc(1 / jnp.sqrt(within("draws", draws, 1))))


def _generations(generations: int) -> Float[Array, " n"]:
    return jnp.arange(1, count("generations", generations, 1) + 1, dtype=float)
