"""How near to collapse K class means can come in d dimensions, when K - 1 > d, and what chance alone would give.

A simplex ETF of K classes needs K - 1 dimensions. With fewer, the centred means' Gram matrix has rank at most d, and
that alone bounds the metrics from below. Uniform points on the sphere tell how far a trained geometry is from chance.

Source: derived here, for the metrics of arXiv 2405.17767.
"""

import math

import jax.numpy as jnp
from jax.scipy.special import betaln, digamma, polygamma
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import within


def etf_error_floor(
    classes: Real[ArrayLike, "*#batch"], dimension: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """√(2 - 2 √(r/(K-1))), r = min(d, K-1): the smallest ‖G/‖G‖ - E/‖E‖‖ of a Gram G of rank d, E = I - 11ᵀ/K.

    <G, E> = tr G <= √d ‖G‖ for centred means; equality iff they form a tight frame.

    >>> round(float(etf_error_floor(29233, 64)), 4)
    1.3807
    """
    spanned = within("classes", classes, 2) - 1.0
    return jnp.sqrt(2 - 2 * jnp.sqrt(jnp.minimum(within("dimension", dimension, 1), spanned) / spanned))


def cosine_spread_floor(
    classes: Real[ArrayLike, "*#batch"], dimension: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """The smallest standard deviation of the cosines between K zero-sum unit vectors in d dimensions.

    Over the K(K-1) ordered pairs the cosines c have Σ c² >= K²/d - K and Σ c = -K. About 1/√d for K far above d, and 0
    from d = K - 1 on.

    >>> print(f"{cosine_spread_floor(100, 20):.4f}")
    0.2008
    """
    k = within("classes", classes, 2) * 1.0
    d = jnp.minimum(within("dimension", dimension, 1), k - 1)
    return jnp.sqrt(jnp.maximum(k / d - 1 - 1 / (k - 1), 0) / (k - 1))


def log_kernel_sphere(dimension: Real[ArrayLike, "*#batch"]) -> tuple[Float[Array, "*#batch"], Float[Array, "*#batch"]]:
    """Mean and variance of -ln ‖u - v‖ for independent uniform points on the sphere in d dimensions.

    ‖u - v‖² = 4 B with B ~ Beta(a, a), a = (d-1)/2: mean -(ln 4 + ψ(a) - ψ(2a))/2, variance (ψ'(a) - ψ'(2a))/4,
    about 1/(4(d-1)).

    >>> [round(float(x), 5) for x in log_kernel_sphere(64)]
    [-0.34257, 0.00406]
    """
    a = (within("dimension", dimension, 2) - 1.0) / 2
    mean = -(math.log(4) + digamma(a) - digamma(2 * a)) / 2
    return mean, (polygamma(1, a) - polygamma(1, 2 * a)) / 4


def riesz_kernel_sphere(
    dimension: Real[ArrayLike, "*#batch"], exponent: Real[ArrayLike, "*#batch"] = 1
) -> tuple[Float[Array, "*#batch"], Float[Array, "*#batch"]]:
    """Mean and variance of ‖u - v‖^(-s) for independent uniform points: E = 4^(-s/2) B(a - s/2, a)/B(a, a).

    The variance needs s < a = (d-1)/2 and is NaN beyond.

    >>> print(f"{riesz_kernel_sphere(3)[0]:.4f}")  # the potential of a charged sphere, on it
    1.0000
    """
    a, s = (within("dimension", dimension, 2) - 1.0) / 2, jnp.asarray(exponent) * 1.0

    def moment(power):
        value = jnp.exp(-power * math.log(2) + betaln(a - power / 2, a) - betaln(a, a))
        return jnp.where(power < 2 * a, value, jnp.nan)

    mean = moment(s)
    return mean, moment(2 * s) - mean**2


def log_kernel_simplex(classes: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """-ln ‖u_i - u_j‖ = -½ ln(2K/(K-1)) of a simplex ETF: the smallest possible mean, at variance zero.

    >>> print(f"{log_kernel_simplex(2):.4f}")  # two poles: -log 2
    -0.6931
    """
    k = within("classes", classes, 2) * 1.0
    return -jnp.log(2 * k / (k - 1)) / 2
