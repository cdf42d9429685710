"""How long it takes to push a logistic answer down by a depth u, with the plain and with the bounded loss.

The answer has p = σ(-u), starts at p_ref = 1/2, u = 0, and moves along the flow of `theory.entropy.unlearning`:

    plain    du/dt = 1/(1 + e^{-u})                                  t = u + 1 - e^{-u},
    bounded  du/dt = 2/{(1 + e^{-u}) (1 + ((1 + e^u)/2)^β)}          t = e^{βu}/(β 2^{β+1}) (1 + o(1)).

A depth that the plain loss reaches in a time u takes the bounded one a time e^{βu}: exponentially slower.

Source: arXiv 2404.05868.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from theory.door import within
from theory.trees.quadrature import integrate, unit_quadrature

# e^{βu} up to e^40 and poles at ±iπ beside the end of the range take this many nodes for full precision
_NODES = unit_quadrature(80)


def ascent_time(depth: Float[ArrayLike, "*n"]) -> Float[Array, "*n"]:
    """Time u + 1 - e^{-u} of the plain loss to the depth u: linear.

    >>> print(f"{ascent_time(10.0):.4f}")
    11.0000
    """
    u = within("depth", depth, 0)
    return u - jnp.expm1(-u)


def bounded_time(depth: Float[ArrayLike, "*n"], sharpness: Float[ArrayLike, ""] = 1.0) -> Float[Array, "*n"]:
    """Time ½ ∫_0^u (1 + e^{-s})(1 + ((1 + e^s)/2)^β) ds of the bounded loss to the depth u.

    >>> print(f"{bounded_time(5.0):.3f}")  # (4u + e^u - 3e^{-u} + 2)/4 at β = 1
    42.598
    """
    beta = within("sharpness", sharpness, 0, strict=True)

    def integrand(s):
        return (1 + jnp.exp(-s)) * (1 + jnp.exp(beta * (jnp.logaddexp(0.0, s) - jnp.log(2.0)))) / 2

    return integrate(integrand, within("depth", depth, 0), _NODES)


def bounded_depth_limit(time: Float[ArrayLike, "*n"], sharpness: Float[ArrayLike, ""] = 1.0) -> Float[Array, "*n"]:
    """log(β 2^{β+1} t)/β: the depth of the bounded loss after a long time.

    >>> print(f"{bounded_depth_limit(bounded_time(10.0)):.2f}")
    10.00
    """
    beta = within("sharpness", sharpness, 0, strict=True)
    return (jnp.log(within("time", time, 0, strict=True)) + jnp.log(beta) + (beta + 1) * jnp.log(2.0)) / beta
