"""Pushing an answer down: with the plain likelihood it falls without end, with a bounded loss ever more slowly.

Ascent on -log p of an answer (GA) has the gradient -∇ log p at full strength for ever. The negative-preference loss
(2/β) log(1 + (p / p_ref)^β) has that gradient times 2 r^β / (1 + r^β), r = p / p_ref, which dies out with p.
For a logistic answer p = σ(θ) from θ = 0, gradient flow gives θ = -t asymptotically for GA and θ ~ -log(t)/β for the
bounded loss.

Source: arXiv 2404.05868.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from theory.door import within


def bounded_forget_loss(log_ratio: Float[ArrayLike, "*n"], sharpness: Float[ArrayLike, ""] = 1.0) -> Float[Array, "*n"]:
    """(2/β) log(1 + r^β), r = p / p_ref.

    >>> print(f"{bounded_forget_loss(0.0):.4f}")  # at the reference: 2 log 2
    1.3863
    """
    beta = within("sharpness", sharpness, 0, strict=True)
    return 2 / beta * jnp.logaddexp(0.0, beta * jnp.asarray(log_ratio))


def forget_weight(log_ratio: Float[ArrayLike, "*n"], sharpness: Float[ArrayLike, ""] = 1.0) -> Float[Array, "*n"]:
    """2 r^β / (1 + r^β): what the bounded loss multiplies the gradient of log p by; 1 at p = p_ref.

    >>> print(forget_weight(jnp.log(jnp.array([1.0, 1 / 3]))).round(4))  # full at the reference, half at a third
    [1.  0.5]
    """
    beta = within("sharpness", sharpness, 0, strict=True)
    return 2 / (1 + jnp.exp(-beta * jnp.asarray(log_ratio)))


def forget_speed(
    logit: Float[ArrayLike, "*n"], *, bounded: bool, sharpness: Float[ArrayLike, ""] = 1.0
) -> Float[Array, "*n"]:
    """dθ/dt of gradient flow for a logistic answer p = σ(θ) with reference p_ref = 1/2.

    >>> print(" ".join(f"{forget_speed(-jnp.log(3.0), bounded=b):.4f}" for b in (False, True)))  # p = 1/4, r = 1/2
    -0.7500 -0.5000
    """
    theta = jnp.asarray(logit)
    wrong = 1 / (1 + jnp.exp(theta))  # 1 - p = d log p / dθ
    log_ratio = jnp.log(2.0) - jnp.logaddexp(0.0, -theta)
    return -wrong * (forget_weight(log_ratio, sharpness) if bounded else 1.0)
