"""How long a message should be: long messages are faithful, short ones let a window hold many.

Source: arXiv 2601.17311.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import within
from theory.trees.recursion import Tree, amplification
from theory.trees.star import context_fan_in


class Design(NamedTuple):
    """The widest tree that a window allows for each message length.

    Attributes:
        fan_in: b(m), odd.
        amplification: α(m), what a level gains: to be maximised where depth is short.
        exponent: s(m) = ln α / ln b, what a leaf gains: to be maximised where the budget is. -inf at b = 1.
    """

    fan_in: Real[Array, "..."]
    amplification: Float[Array, "..."]
    exponent: Float[Array, "..."]


def saturating_fidelity(
    message_length: Real[ArrayLike, "*#batch"], scale: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """γ(m) = 1 - exp(-m/m_0), an assumed curve: the theory asks only that γ grows with m.

    >>> print(f"{saturating_fidelity(jnp.log(2.0), scale=1.0):.4f}")
    0.5000
    """
    return -jnp.expm1(-within("message_length", message_length, 0) / within("scale", scale, 0, strict=True))


def designs(
    window: Real[ArrayLike, "*#batch"],
    message_length: Real[ArrayLike, "*#batch"],
    fidelity: Real[ArrayLike, "*#batch"],
    correlation: Real[ArrayLike, "*#batch"],
) -> Design:
    """α and s of the widest tree, b(m) m <= W, for each message length m with its fidelity γ(m).

    The two have different maxima: s asks for fewer and longer messages than α does.

    >>> wide = designs(1000.0, 200.0, fidelity=1.0, correlation=0.0)
    >>> print(f"{wide.fan_in:.0f} {wide.amplification:.4f}")
    5 1.8750
    """
    fan_in = context_fan_in(window, message_length)
    alpha = amplification(Tree(fan_in, fidelity, correlation))
    branches = fan_in > 1
    exponent = jnp.log(alpha) / jnp.log(jnp.where(branches, fan_in, 2))
    return Design(fan_in, alpha, jnp.where(branches, exponent, -jnp.inf))
