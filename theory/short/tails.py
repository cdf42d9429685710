"""Scaling laws of a memoriser on a Zipf law, and how lost tails change them.

The memoriser knows the items that it saw in T draws from the training law q, and errs on all others: its error on the
test law p is Σ p_i (1 - q_i)^T. With p_i = i^{-β}/ζ(β) and q_i = b i^{-β'} far out,

    Σ p_i (1 - q_i)^T ~ (Γ(s)/β') (bT)^{-s} / ζ(β),    s = (β-1)/β',    which is c = 1 - 1/β when q = p.

Infinitely many items are summed: `HEAD` of them one by one, the rest by the integral from the midpoint on, an
incomplete gamma function. When data are drawn from T draws again and again, the copies of a rare item are a critical
branching process with Poisson offspring: one copy has left something after m more generations with chance u_m,
u_{m+1} = 1 - e^{-u_m}, u_0 = 1, u_m ~ 2/m, so the n-th generation's error is that of T u_{n-1} clean draws.

Source: arXiv 2402.07043.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import gamma, gammainc, zeta
from jaxtyping import Array, ArrayLike, Float, Int

from theory.door import count, within

HEAD = 4096


class Training(NamedTuple):
    """A law of training items: the first one by one, then a power.

    Attributes:
        head: q_i of the first items.
        scale: b of q_i = b i^{-β'} beyond the head; 0 where the tail is cut.
        exponent: β'.
    """

    head: Float[Array, " head"]
    scale: Float[Array, ""]
    exponent: Float[Array, ""]


def zipf_head(exponent: Float[ArrayLike, ""]) -> Float[Array, " head"]:
    """p_1, ..., p_HEAD of p_i = i^{-β}/ζ(β).

    >>> print(f"{zipf_head(2.0)[0]:.4f}")  # 6/π²
    0.6079
    """
    beta = within("exponent", exponent, 1, strict=True)
    return jnp.arange(1, HEAD + 1, dtype=float) ** -beta / zeta(beta, 1.0)


def clean(exponent: Float[ArrayLike, ""]) -> Training:
    """The Zipf law itself.

    >>> print(f"{clean(2.0).scale:.4f}")  # 1/ζ(2)
    0.6079
    """
    return Training(zipf_head(exponent), 1 / zeta(jnp.asarray(exponent), 1.0), jnp.asarray(exponent))


def cut(exponent: Float[ArrayLike, ""], last: Int[ArrayLike, ""], real_share: Float[ArrayLike, ""] = 0.0) -> Training:
    """π p + (1-π) p restricted to the items 1..k: the tail that a model forgot, with a share of real data.

    Args:
        exponent: β.
        last: k, the last item that synthetic data contain.
        real_share: π.

    >>> print(cut(2.0, 1).head[:2].round(4))
    [1. 0.]
    """
    share, law = within("real_share", real_share, 0, 1), clean(exponent)
    kept = jnp.where(jnp.arange(HEAD) < within("last", last, 1, HEAD), law.head, 0)
    return Training(share * law.head + (1 - share) * kept / jnp.sum(kept), share * law.scale, law.exponent)


def missing_mass(
    test: Float[Array, " items"], training: Float[Array, " items"], draws: Float[ArrayLike, ""]
) -> Float[Array, ""]:
    """Σ p_i (1 - q_i)^T over given items.

    >>> print(f"{missing_mass(jnp.array([0.5, 0.5]), jnp.array([0.5, 0.5]), 2.0):.4f}")
    0.2500
    """
    return jnp.sum(test * jnp.exp(jnp.asarray(draws) * jnp.log1p(-training)))


def memoriser_error(
    draws: Float[ArrayLike, ""], exponent: Float[ArrayLike, ""], training: Training
) -> Float[Array, ""]:
    """Expected error after T draws from `training` on the Zipf law of exponent β, over infinitely many items.

    >>> print(f"{memoriser_error(0.0, 2.0, clean(2.0)):.4f}")  # nothing seen, all wrong
    1.0000
    """
    T = within("draws", draws, 0)
    power, start = (jnp.asarray(exponent) - 1) / training.exponent, HEAD + 0.5
    level = T * training.scale * start**-training.exponent
    safe = jnp.maximum(level, 1e-30)
    integral = jnp.where(level > 1e-30, gamma(power) * gammainc(power, safe) * safe**-power, 1 / power)
    tail = start ** (1 - jnp.asarray(exponent)) / training.exponent / zeta(jnp.asarray(exponent), 1.0) * integral
    return missing_mass(zipf_head(exponent), training.head, T) + tail


def memoriser_asymptote(
    draws: Float[ArrayLike, "*n"], exponent: Float[ArrayLike, ""], training: Training
) -> Float[Array, "*n"]:
    """The power law (Γ(s)/β') (bT)^{-s} / ζ(β), s = (β-1)/β'.

    >>> print(f"{memoriser_asymptote(100.0, 2.0, clean(2.0)):.4f}")  # √(3/(2πT))
    0.0691
    """
    beta = jnp.asarray(exponent)
    power = (beta - 1) / training.exponent
    scaled = (training.scale * jnp.asarray(draws)) ** -power
    return gamma(power) / training.exponent / zeta(beta, 1.0) * scaled


def forgotten_mass(exponent: Float[ArrayLike, ""], last: Float[ArrayLike, "*n"]) -> Float[Array, "*n"]:
    """Σ_{i>k} p_i ~ k^{-(β-1)} / ((β-1) ζ(β)): where the error stops when the tail is cut at k.

    >>> print(f"{forgotten_mass(2.0, 1.0):.4f}")  # 1 - 6/π²
    0.3921
    """
    beta = within("exponent", exponent, 1, strict=True)
    return zeta(beta, jnp.asarray(last, float) + 1) / zeta(beta, 1.0)


def effective_draws(draws: Float[ArrayLike, "*#n"], source: Float[ArrayLike, "*#n"]) -> Float[Array, "*n"]:
    """T_0 (1 - e^{-T/T_0}): clean draws worth T draws from a memory of T_0 draws, for rare items.

    >>> print(f"{effective_draws(1.0, 1.0):.4f}")  # 1 - 1/e
    0.6321
    """
    memory = within("source", source, 0, strict=True)
    return -memory * jnp.expm1(-jnp.asarray(draws) / memory)


def lineage_survival(generations: int) -> Float[Array, " n"]:
    """u_0, ..., u_{n-1}: chance that one copy of an item has descendants in each further generation.

    >>> print(lineage_survival(2).round(4))  # 1, then 1 - 1/e
    [1.     0.6321]
    """
    return jax.lax.scan(lambda u, _: (-jnp.expm1(-u), u), jnp.ones(()), None, count("generations", generations, 1))[1]
