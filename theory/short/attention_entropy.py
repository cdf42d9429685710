"""How low the entropy of attention can fall when the spectral norm of its logits is bounded, and the cure.

Entropy ignores a constant in a row and falls along rays, so a row of norm at most σ does its worst on the sphere of
rows without mean. There, one entry stands above T - 1 equal ones by the gap g = σ √(T/(T-1)), and with the peak's
complement q = 1 - p_max the entropy of such a row is

    H(g) = log(1 + (T-1) e^{-g}) + g q,    q = (T-1) e^{-g} / (1 + (T-1) e^{-g}),    dH/dg = -g q (1-q).

For a whole matrix L with ‖L‖₂ <= σ not every row can have norm σ and a peak of its own: Σ_i |r_i|² <= (T-1) σ² once
the rows are centred. If φ(x) = H(√(x T/(T-1))), the least entropy at squared norm x, lies above its tangent at
x₀ = σ² (T-1)/T for all x >= 0, then Σ_i H(r_i)/T >= φ(x₀) = H(σ) over the rows, attained by
L = σ(I - J/T). The tangent does so from `certified_norm` on; below it the same value is only what attacks have found.

Source: arXiv 2303.06296, Theorem 3.1 and Proposition 3.2; the bound of a whole matrix is derived here.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from theory.door import count, within


def peak_entropy(gap: Float[ArrayLike, "*#n"], tokens: Float[ArrayLike, "*#n"]) -> Float[Array, "*n"]:
    """H(g): one logit above T - 1 equal ones by g, in nats.

    >>> print(f"{peak_entropy(0.0, 8.0):.4f}")  # log 8
    2.0794
    """
    others = within("tokens", tokens, 2) - 1
    g = within("gap", gap, 0)
    rest = others * jnp.exp(-g)
    return jnp.log1p(rest) + g * rest / (1 + rest)


def least_row_entropy(norm: Float[ArrayLike, "*#n"], tokens: Float[ArrayLike, "*#n"]) -> Float[Array, "*n"]:
    """Theorem 3.1: min of H(softmax(u)) over |u| <= σ in R^T; for a causal row T is the length of its past.

    Args:
        norm: σ >= 0.
        tokens: T >= 2.

    >>> print(f"{least_row_entropy(2.0, 16.0):.4f} of {jnp.log(16.0):.4f}")
    2.4187 of 2.7726
    """
    T = within("tokens", tokens, 2)
    return peak_entropy(within("norm", norm, 0) * jnp.sqrt(T / (T - 1)), T)


def least_row(norm: Float[ArrayLike, ""], tokens: int) -> Float[Array, " T"]:
    """The row that attains it: peak σ √((T-1)/T), the others -σ/√(T(T-1)).

    >>> print(least_row(jnp.sqrt(12.0), 4).round(4))
    [ 3. -1. -1. -1.]
    """
    T = count("tokens", tokens, 2)
    return jnp.asarray(norm) * jnp.sqrt(T / (T - 1)) * (jnp.eye(T)[0] - 1 / T)


def least_mean_entropy(norm: Float[ArrayLike, "*#n"], tokens: Float[ArrayLike, "*#n"]) -> Float[Array, "*n"]:
    """H(σ): the mean row entropy of L = σ(I - J/T); a lower bound over ‖L‖₂ <= σ from `certified_norm` on.

    >>> print(f"{least_mean_entropy(0.0, 8.0):.4f}")  # log 8
    2.0794
    """
    return peak_entropy(norm, tokens)


def least_matrix(norm: Float[ArrayLike, ""], tokens: int) -> Float[Array, "T T"]:
    """L = σ(I - J/T).

    >>> least_matrix(4.0, 4)[0].tolist()
    [3.0, -1.0, -1.0, -1.0]
    """
    T = count("tokens", tokens, 2)
    return jnp.asarray(norm) * (jnp.eye(T) - 1 / T)


def tangent_excess(gap: Float[ArrayLike, "*#n"], tokens: Float[ArrayLike, "*#n"]) -> Float[Array, "*n"]:
    """Height of φ(0) = log T over the tangent of φ at g, extended to x = 0: log T - H(g) - g² q (1-q) / 2.

    φ is concave in x up to q = 1/2 and convex beyond, so the tangent lies below φ everywhere iff this is >= 0 and
    q <= 1/2.

    >>> print(f"{tangent_excess(50.0, 8.0):.4f}")  # collapsed, the tangent lies flat: log 8
    2.0794
    """
    T, g = within("tokens", tokens, 2), jnp.asarray(gap)
    rest = (T - 1) * jnp.exp(-g)
    return jnp.log(T) - peak_entropy(g, T) - g**2 / 2 * rest / (1 + rest) ** 2


def certified_norm(tokens: Float[ArrayLike, "*n"]) -> Float[Array, "*n"]:
    """The σ_c from which on the mean row entropy is proved to be at least H(σ), about log T + log log T; 0 at T = 2.

    >>> bool(abs(tangent_excess(certified_norm(64.0), 64.0)) < 1e-5)
    True
    """
    T = within("tokens", tokens, 2)
    low, high = jnp.log(T - 1), 2 * jnp.log(T) + 4  # concave up to the first, almost collapsed at the second

    def halve(_: Any, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        middle = (ends[0] + ends[1]) / 2
        below = tangent_excess(middle, T) >= 0
        return jnp.where(below, ends[0], middle), jnp.where(below, middle, ends[1])

    return jax.lax.fori_loop(0, 60, halve, (low, high))[1]


def update_norm_floor(noise_share: Float[ArrayLike, "out into"]) -> Float[Array, ""]:
    """Proposition 3.2: ‖E[g]/√E[g²]‖₂ >= ‖·‖_F/√min(m, n) = √(max(m, n) (1 - s̄)), s̄ the mean share.

    Args:
        noise_share: n²/(μ² + n²) of each entry, the variance of its gradient over the second moment.

    >>> float(update_norm_floor(jnp.zeros((2, 4))))  # no noise, every entry ±1: √8/√2
    2.0
    """
    share = within("noise_share", noise_share, 0, 1)
    return jnp.sqrt(max(share.shape) * (1 - jnp.mean(share)))


class SingularPair(NamedTuple):
    """The singular vectors that power iteration follows, of norm 1.

    Attributes:
        left: u.
        right: v.
    """

    left: Float[Array, " out"]
    right: Float[Array, " into"]


def power_step(weight: Float[Array, "out into"], pair: SingularPair) -> SingularPair:
    """One step: u <- W v/|W v|, v <- Wᵀu/|Wᵀu|.

    >>> pair = SingularPair(jnp.array([1.0, 0.0]), jnp.array([0.6, 0.8]))
    >>> right = power_step(jnp.diag(jnp.array([2.0, 1.0])), pair).right
    >>> print(f"{right[0] / right[1]:.4f}")  # 3 : 4 becomes 12 : 4
    3.0000
    """
    left = weight @ pair.right
    left = left / jnp.linalg.norm(left)
    right = weight.T @ left
    return SingularPair(left, right / jnp.linalg.norm(right))


def reparametrise(
    weight: Float[Array, "out into"], gain: Float[ArrayLike, ""], pair: SingularPair
) -> Float[Array, "out into"]:
    """σReparam: Ŵ = (γ/σ(W)) W with σ = uᵀW v, through whose vectors no gradient flows.

    >>> pair = SingularPair(jnp.array([1.0, 0.0]), jnp.array([1.0, 0.0]))
    >>> reparametrise(jnp.diag(jnp.array([2.0, 1.0])), 3.0, pair).tolist()
    [[3.0, 0.0], [0.0, 1.5]]
    """
    left, right = jax.lax.stop_gradient(pair)
    return jnp.asarray(gain) / (left @ weight @ right) * weight
