"""Zeros of the softmax partition function in the complex plane, and what they do to a Taylor series on the real line.

Along a direction a of logits Z(t) = Σ_j e^{z_j + t a_j} is entire and has no real zero; log Z, and with it the
cross-entropy, is singular at the complex ones. They decide where a Taylor series of the loss in the step converges.

How far they stay away: at t = x + iy, turned by the mean phase, every term has a phase of at most |y| Δ/2,
Δ = max a - min a, so that

    |Z(x + iy)| >= cos(|y| Δ / 2) Z(x),    |y| <= π/Δ.

What they carry: Z is of order one, and Hadamard's product turns the Taylor coefficients of log Z, the cumulants of a
under the softmax divided by n!, into sums over the zeros t_k,

    n c_n = -Σ_k t_k^{-n},    n >= 2.

Source: arXiv 2603.13552.
"""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Complex, Float

from theory.door import count, within
from theory.entropy.softmax import softmax_row


def two_class_zeros(
    gap: Float[ArrayLike, ""], spread: Float[ArrayLike, ""], turns: int = 0
) -> Complex[Array, " zeros"]:
    """Zeros (-δ ± iπ(2k + 1))/Δ, k = 0, ..., turns, of 1 + e^{δ + tΔ}: all of them on one vertical line.

    Args:
        gap: δ, the difference of the two logits.
        spread: Δ > 0, the difference of their slopes.
        turns: the largest k.

    >>> print(jax.jit(two_class_zeros)(0.0, 1.0).imag.round(4))  # e^{±iπ} = -1
    [ 3.1416 -3.1416]
    """
    width = within("spread", spread, 0, strict=True)
    height = math.pi * (2 * jnp.arange(count("turns", turns) + 1) + 1)
    return (-jnp.asarray(gap) + 1j * jnp.concatenate([height, -height])) / width


def two_class_radius(gap: Float[ArrayLike, "*#n"], spread: Float[ArrayLike, "*#n"]) -> Float[Array, "*#n"]:
    """ρ = √(δ² + π²)/Δ: the exact radius of convergence with two classes.

    >>> print(f"{two_class_radius(0.0, 1.0):.4f}")
    3.1416
    """
    return jnp.hypot(jnp.asarray(gap), jnp.pi) / within("spread", spread, 0, strict=True)


def least_modulus(spread: Float[ArrayLike, "*#n"], height: Float[ArrayLike, "*#n"]) -> Float[Array, "*#n"]:
    """cos(|y| Δ/2): the least that |Z(x + iy)| can be relative to Z(x), and 0 from |y| = π/Δ on.

    >>> print(f"{least_modulus(2.0, jnp.pi / 3):.4f}")  # cos(π/3)
    0.5000
    """
    phase = jnp.abs(jnp.asarray(height)) * within("spread", spread, 0) / 2
    return jnp.where(phase < jnp.pi / 2, jnp.cos(phase), 0.0)


def log_partition_series(
    logits: Float[ArrayLike, " vocab"], direction: Float[ArrayLike, " vocab"], orders: int
) -> Float[Array, " orders"]:
    """Taylor coefficients c_1, ..., c_n of log Z(t)/Z(0): c_1 the mean of a, c_2 half its variance...

    From the moments m_k = E_p[a^k]/k! by n c_n = n m_n - Σ_{k<n} k c_k m_{n-k}.

    >>> series = log_partition_series(jnp.zeros(2), jnp.array([1.0, -1.0]), 4)
    >>> " ".join(f"{c:.4f}" for c in series)  # log cosh t = t²/2 - t⁴/12 + ...
    '0.0000 0.5000 0.0000 -0.0833'
    """
    n = jnp.arange(1, count("orders", orders, 1) + 1)
    a = jnp.asarray(direction)
    moments = jnp.cumprod(a[None, :] / n[:, None], axis=0) @ softmax_row(logits).prob

    def extend(scaled: Array, order: Array) -> tuple[Array, None]:  # scaled holds k c_k, zero where not yet known
        back = moments[jnp.maximum(order - n - 1, 0)]  # m_{order - k}
        new = order * moments[order - 1] - jnp.sum(jnp.where(n < order, scaled * back, 0))
        return jnp.where(n == order, new, scaled), None

    return jax.lax.scan(extend, jnp.zeros_like(moments), n)[0] / n


def partial_sums(coefficients: Float[ArrayLike, " orders"], step: Float[ArrayLike, ""]) -> Float[Array, " orders"]:
    """Σ_{k<=n} c_k t^k for every n: what a local model of order n predicts.

    >>> partial_sums(jnp.ones(3), 0.5).tolist()
    [0.5, 0.75, 0.875]
    """
    c = jnp.asarray(coefficients)
    return jnp.cumsum(c * jnp.cumprod(jnp.full_like(c, step)))


def guarded_step(
    step: Float[ArrayLike, ""], radii: Float[ArrayLike, " samples"], ratio: Float[ArrayLike, ""] = 1.0
) -> Float[Array, ""]:
    """min(τ, r min ρ): no sample is taken further than the share r of its own radius.

    >>> print(f"{guarded_step(1.0, jnp.array([0.5, 2.0])):.1f}")
    0.5
    """
    return jnp.minimum(jnp.asarray(step), within("ratio", ratio, 0, strict=True) * jnp.min(jnp.asarray(radii)))
