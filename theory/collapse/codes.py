"""Logit codes under cross-entropy: the simplex ETF, and the codes of lower rank that beat it at depth.

With the layers and features eliminated, cross-entropy over logits Z = u S ⊗ 1_nᵀ costs

    F(u) = 1/K Σ_k log Σ_j exp(u (S_jk - S_kk)) + (M+1)/2 λ Σ_i (√n u s_i)^(2/(M+1)),    λ = (λ_H Π_m λ_m)^(1/(M+1)),

s_i being the singular values of the code S (K, K). Of the decays only the geometric mean counts. M = 1 is the nuclear
norm: convex, minimised by the ETF. For M >= 2 the penalty is concave in the spectrum and prefers few directions.

Source: arXiv 2301.00437 (the model); values and comparison of the codes are derived here.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import count, within

_GOLDEN = (math.sqrt(5) - 1) / 2


def etf_code(classes: int) -> Float[Array, "K K"]:
    """I - 1 1ᵀ/K: rank K - 1, every margin 1.

    >>> etf_code(2).tolist()
    [[0.5, -0.5], [-0.5, 0.5]]
    """
    classes = count("classes", classes, 2)
    return jnp.eye(classes) - 1 / classes


def cross_polytope_code(classes: int) -> Float[Array, "K K"]:
    """Pairs of opposite classes on K/2 axes: singular values 2, margins 1 (K - 2 times) and 2 (once).

    >>> cross_polytope_code(2).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    if count("classes", classes, 2) % 2:
        raise ValueError(f"classes must be even for a cross-polytope, but came as {classes}")
    return jnp.kron(jnp.eye(classes // 2), jnp.array([[1.0, -1.0], [-1.0, 1.0]]))


def code_value(
    code: Float[Array, "K K"],
    scale: Real[ArrayLike, ""],
    per_class: Real[ArrayLike, ""],
    depth: Real[ArrayLike, ""],
    decay: Real[ArrayLike, ""],
) -> Float[Array, ""]:
    """F(u) of a code at one scale u, under M = `depth` layers; λ = `decay`.

    >>> print(f"{jax.jit(code_value)(etf_code(4), 0.0, 5, 1, 1.0):.4f}")  # at u = 0: log 4
    1.3863
    """
    return _objective(code, per_class, depth, decay)(jnp.asarray(scale))


def best_code_scale(
    code: Float[Array, "K K"],
    per_class: Real[ArrayLike, ""],
    depth: Real[ArrayLike, ""],
    decay: Real[ArrayLike, ""],
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """The scale u in [1e-3, 1e3] with the smallest F(u), and that value; log K at u = 0 where nothing is better.

    F is not convex for M >= 2: a grid in ln u finds the basin, a golden section its floor.

    >>> scale, value = jax.jit(best_code_scale)(etf_code(4), 5, 1, 1.0)  # decays that forbid to learn
    >>> print(f"{scale:.4f} {value:.4f}")  # 0 and log 4
    0.0000 1.3863
    """
    objective = _objective(code, per_class, depth, decay)

    def value(t: Array) -> Array:
        return objective(jnp.exp(t))

    grid = jnp.linspace(math.log(1e-3), math.log(1e3), 400)
    middle, step = grid[jnp.argmin(jax.vmap(value)(grid))], grid[1] - grid[0]

    def shrink(bracket, _):
        low, high = bracket
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        better = value(left) < value(right)
        return (jnp.where(better, low, left), jnp.where(better, right, high)), None

    (low, high), _ = jax.lax.scan(shrink, (middle - step, middle + step), None, length=50)
    scale, zero = jnp.exp((low + high) / 2), math.log(code.shape[0])
    found = value((low + high) / 2)
    return jnp.where(found < zero, scale, 0.0), jnp.minimum(found, zero)


def etf_margin(
    classes: Real[ArrayLike, "*#batch"],
    per_class: Real[ArrayLike, "*#batch"],
    head_decay: Real[ArrayLike, "*#batch"],
    feature_decay: Real[ArrayLike, "*#batch"],
) -> Float[Array, "*#batch"]:
    """The margin u of the global minimiser for one layer: e^u = 1/√(n λ_W λ_H) - (K - 1), and 0 from K√(n λ_W λ_H) = 1.

    >>> round(float(etf_margin(4, 5, 5e-3, 5e-3)), 6)
    4.459482
    """
    head_decay = within("head_decay", head_decay, 0, strict=True)
    feature_decay = within("feature_decay", feature_decay, 0, strict=True)
    price = jnp.sqrt(jnp.asarray(per_class) * head_decay * feature_decay)
    return jnp.log(jnp.maximum(1 / price - (jnp.asarray(classes) - 1), 1.0))


def code_price(code: Float[Array, "K K"], depth: Real[ArrayLike, ""]) -> Float[Array, ""]:
    """Σ_i (s_i/g)^(2/(M+1)), g the smallest margin: which code wins as the decays vanish, the smaller the better.

    A code needs its smallest margin to reach u; all else is logarithmic. The ETF pays K - 1, the cross-polytope
    2^(2/(M+1)) K/2, so it wins iff 2^((1-M)/(M+1)) K/(K-1) < 1: for M = 2 from K = 6 on, for M >= 3 from K = 4 on.

    >>> price = jax.jit(code_price)
    >>> [round(float(price(code(4), 3)), 4) for code in (etf_code, cross_polytope_code)]  # 3 and 2^(1/2) 2
    [3.0, 2.8284]
    """
    gaps = jnp.diagonal(code)[None, :] - code + jnp.where(jnp.eye(code.shape[0]) > 0, jnp.inf, 0.0)
    share = _singular_values(code) / gaps.min()
    return jnp.sum(share ** (2 / (within("depth", depth, 1) + 1)))


def _objective(
    code: Float[Array, "K K"],
    per_class: Real[ArrayLike, ""],
    depth: Real[ArrayLike, ""],
    decay: Real[ArrayLike, ""],
) -> Callable[[Array], Array]:
    """F as a function of the scale; what doesn't depend on it is computed once."""
    power = 2 / (within("depth", depth, 1) + 1)
    price = within("decay", decay, 0, strict=True) / power
    margins, reach = code - jnp.diagonal(code)[None, :], jnp.sqrt(per_class) * _singular_values(code)
    return lambda scale: jax.nn.logsumexp(scale * margins, axis=0).mean() + price * jnp.sum((scale * reach) ** power)


def _singular_values(code: Float[Array, "K K"]) -> Float[Array, " K"]:
    """Those of a code, without rounding: to the power 1/3 it would be a penalty of its own."""
    singular = jnp.linalg.svd(code, compute_uv=False)
    return jnp.where(singular > 8 * len(code) * jnp.finfo(singular.dtype).eps * singular[0], singular, 0.0)
