"""The majority of an odd number of independent votes, in bias coordinates.

A vote X in {-1, +1} on a truth Y has the bias μ = E[XY]; it is right with probability (1 + μ)/2 and wrong with
probability (1 - μ)/2. The majority of b independent votes of bias μ has the bias

    f_b(μ) = s_b ∫₀^μ (1 - u²)^h du,    h = (b - 1)/2,    s_b = f_b'(0) = b C(2h, h) / 4^h,

because f_b' is the density, doubled, of the pivotal vote. The integral form is exact to a few ulp in relative terms
down to μ = 0, where 2 I_p(a, a) - 1 cancels.

Source: arXiv 2601.17311.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero
from jax.scipy.special import betainc
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import odd, within
from theory.trees.quadrature import first_axis, integrate, unit_quadrature

# Beyond exp(-40) of its peak an integrand adds less than one float64 ulp.
_LOG_CUT = 40.0


# Between the parabola of h = 1 and the bell exp(-40 x²) of large h: 24 nodes are exact to rounding.
_BELL = unit_quadrature(24)
# The tail may be as steep as exp(-40 x), which takes more.
_TAIL = unit_quadrature(40)
# E_{2k} / (k 4^{2k+1}), E the Euler numbers
_EULER = np.array([-1, 5, -61, 1385, -50521]) / (np.arange(1, 6) * 4.0 ** (2 * np.arange(1, 6) + 1))


def gamma_half_step(x: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """Γ(x + 1/2) / Γ(x) for x >= 1, without the cancellation of log Γ: a few ulp in every dtype.

    With w = x - 1/4 the ratio is √w exp(-Σ_k E_{2k} / (k 4^{2k+1} w^{2k})), E the Euler numbers; sixteen steps of
    Γ(x) = Γ(x + 1)/x bring w to where five terms suffice.

    >>> print(f"{gamma_half_step(1.0):.4f}")  # √π / 2
    0.8862
    """
    x = jnp.asarray(x) * 1.0
    steps = first_axis(np.arange(16), x)
    down = jnp.prod((x[None] + steps) / (x[None] + steps + 0.5), axis=0)
    w = x + 15.75
    exponent, inverse_square = jnp.zeros_like(w), 1 / w**2
    for coefficient in _EULER[::-1].tolist():
        exponent = (exponent + coefficient) * inverse_square
    return down * jnp.sqrt(w) * jnp.exp(-exponent)


def majority_slope(fan_in: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """s_b = f_b'(0) = b C(b-1, (b-1)/2) / 2^{b-1} = 2 Γ(b/2 + 1) / (√π Γ((b+1)/2)), about √(2b/π).

    It is the gain of a weak signal in one vote of b. s_b² < b for every odd b >= 3, so no tree of majorities gains
    more than the square root of its number of leaves.

    >>> print(f"{majority_slope(3):.6f}")
    1.500000
    """
    return 2 / math.sqrt(math.pi) * gamma_half_step((odd("fan_in", fan_in) + 1) / 2)


def majority_derivative(
    fan_in: Real[ArrayLike, "*#batch"], bias: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """f_b'(μ) = s_b (1 - μ²)^h, h = (b - 1)/2; at b = 1 it is 1 everywhere, |μ| = 1 included.

    >>> print(f"{majority_derivative(3, 0.5):.4f}")  # 1.5 · 0.75
    1.1250
    """
    half, bias = (odd("fan_in", fan_in) - 1) / 2, jnp.asarray(bias)
    power = jnp.power((1 - bias) * (1 + bias), jnp.where(half > 0, half, 1))
    return majority_slope(fan_in) * jnp.where(half > 0, power, 1)


def _majority_integral(fan_in, bias):
    half, bias = jnp.broadcast_arrays((fan_in - 1) / 2, bias)
    # at h = 0 the cut is at exp(-inf): the whole of [0, 1]
    cut = jnp.sqrt(-jnp.expm1(-_LOG_CUT / jnp.maximum(half, 1e-30)))
    size = jnp.minimum(jnp.abs(bias), cut)
    area = integrate(lambda u: jnp.exp(half * jnp.log1p(-(u**2))), size, _BELL)
    inner = jnp.minimum(majority_slope(fan_in) * area, 1)
    return jnp.where(jnp.abs(bias) >= 1, jnp.sign(bias), jnp.copysign(inner, bias))


@jax.custom_jvp
def _majority_map(fan_in, bias):
    return _majority_integral(fan_in, bias)


def _majority_map_jvp(primals, tangents):
    (fan_in, bias), (fan_in_dot, bias_dot) = primals, tangents
    out = _majority_integral(fan_in, bias)
    dot = jnp.zeros_like(out)
    if not isinstance(bias_dot, SymbolicZero):
        dot = dot + majority_derivative(fan_in, bias) * bias_dot
    # the analytic continuation in b, which the quadrature carries
    if not isinstance(fan_in_dot, SymbolicZero):
        dot = dot + jax.jvp(lambda b: _majority_integral(b, bias), (fan_in,), (fan_in_dot,))[1]
    return out, dot


_majority_map.defjvp(_majority_map_jvp, symbolic_zeros=True)


def majority_map(fan_in: Real[ArrayLike, "*#batch"], bias: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """f_b(μ), the bias of the majority of b independent votes of bias μ.

    Gauss-Legendre on [0, min(|μ|, cut)], so one compiled program serves every b, given as an array. For b <= 1001
    and every |μ| <= 1 the relative error is below 1e-14 in float64 and 1e-6 in float32. f_b is odd, f_b(1) = 1
    exactly, f_1 is the identity. The derivative in μ is s_b (1 - μ²)^h, not that of the quadrature.

    >>> print(f"{majority_map(3, 0.5):.6f}")
    0.687500
    """
    return _majority_map(odd("fan_in", fan_in), within("bias", bias, -1, 1))


def majority_map_betainc(
    fan_in: Real[ArrayLike, "*#batch"], bias: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """f_b(μ) = sgn(μ) I_{μ²}(1/2, (b+1)/2): the reference, by a continued fraction; slow, and for float64 only.

    If T ~ Beta(a, a), then (2T - 1)² ~ Beta(1/2, a).

    >>> print(f"{majority_map_betainc(3, 0.5):.6f}")
    0.687500
    """
    fan_in, bias = odd("fan_in", fan_in), within("bias", bias, -1, 1)
    a = (fan_in + 1) / 2 + jnp.zeros_like(bias)
    return jnp.sign(bias) * betainc(jnp.full_like(a, 0.5), a, bias**2 + jnp.zeros_like(a))


def log_majority_error(
    fan_in: Real[ArrayLike, "*#batch"], log_error: Float[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """From ln q to ln P(majority of b wrong), q <= 1/2 being the error of one vote, be it below the smallest float.

    With a = (b+1)/2 and h = a - 1, P = I_q(a, a) = s_b q ∫₀¹ (4 q w (1 - q w))^h dw. The integrand grows with w,
    so its logarithm is taken relative to w = 1, and the range starts where that falls below exp(-40).

    >>> print(f"{jax.jit(log_majority_error)(3, -1000.0):.2f}")  # ln(3q²)
    -1998.90
    """
    fan_in, log_error = odd("fan_in", fan_in), within("log_error", log_error, high=math.log(0.5) + 1e-6)
    half, error = jnp.broadcast_arrays((fan_in - 1) / 2, jnp.minimum(jnp.exp(log_error), 0.5))
    drop = jnp.exp(-_LOG_CUT / jnp.maximum(half, 1e-30))
    # the smaller root of w (1 - q w) = (1 - q) drop
    start = 2 * (1 - error) * drop / (1 + jnp.sqrt(jnp.maximum(1 - 4 * error * (1 - error) * drop, 0)))

    def relative(back):  # the integrand over its value at w = 1, at w = 1 - back
        return jnp.exp(half * (jnp.log1p(-back) + jnp.log1p(error * back / (1 - error))))

    area = integrate(relative, 1 - start, _TAIL)
    # 0 · (-inf) at b = 1 and q = 0 stands for ln 1
    log_peak = jnp.where(half > 0, half * (math.log(4) + log_error + jnp.log1p(-error)), 0)
    return jnp.log(majority_slope(fan_in)) + log_error + log_peak + jnp.log(area)


def majority_deficit(fan_in: Real[ArrayLike, "*#batch"], bias: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """1 - f_b(μ) for μ >= 0, twice the error probability, to a relative 1e-12 down to the smallest float.

    >>> print(f"{majority_deficit(3, 0.5):.4f}")
    0.3125
    """
    return 2 * jnp.exp(log_majority_error(fan_in, jnp.log1p(-within("bias", bias, 0, 1)) - math.log(2)))
