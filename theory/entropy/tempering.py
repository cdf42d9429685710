"""Imitating one's own samples at another temperature moves the entropy the way of the temperature.

Raising E_{π_T}[log p], π_T ∝ p^{1/T}, steps along dz = η (π_T - p) and changes the entropy by
dH = -η Cov_p(l, π_T - p) = η (E_p[S] - E_{π_T}[S]).

Its sign is that of T - 1, for every p. Proof for T > 1: with a = 1 - 1/T write p - π_T = e^l φ(l), where
φ = 1 - c e^{-al} rises, E_p[φ] = 0, and φ changes sign at l = -h, h the Rényi entropy of order 1/T, h >= H. Now
dH/η = E_p[e^l (l + H) φ]; the integrand is negative only for -h < l < -H, where e^l <= e^{-H}, so

    dH/η >= e^{-H} P(l > -h) E_p[(l + H) φ | l > -h] >= e^{-H} P(l > -h) E_p[l + H | l > -h] E_p[φ | l > -h] >= 0

by Chebyshev's inequality for two rising functions, and E_p[l + H] = 0. For T < 1 the roles of h <= H are exchanged.

Source: arXiv 2510.08141 (the samples and their temperature); law, sign and proof are derived here.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from theory.door import within
from theory.entropy.softmax import discriminator, softmax_row


def tempered(
    logits: Float[ArrayLike, "*batch vocab"], temperature: Float[ArrayLike, "*#batch"]
) -> Float[Array, "*batch vocab"]:
    """π_T = softmax(z / T).

    >>> print(" ".join(f"{p:.1f}" for p in tempered(jnp.log(jnp.array([3.0, 1.0])), 0.5)))  # 3 : 1 becomes 9 : 1
    0.9 0.1
    """
    scale = within("temperature", temperature, 0, strict=True)
    return softmax_row(jnp.asarray(logits) / scale[..., None]).prob


def change_by_imitation(
    logits: Float[ArrayLike, "*batch vocab"], temperature: Float[ArrayLike, "*#batch"]
) -> Float[Array, "*batch"]:
    """dH/η = -Cov_p(l, π_T - p) = E_p[S] - E_{π_T}[S], with the sign of T - 1.

    >>> print(f"{change_by_imitation(jnp.log(jnp.array([3.0, 1.0])), 0.5):.4f}")  # (0.5 - 0.8) (3/16) log 3
    -0.0618
    """
    score = discriminator(logits)
    return jnp.sum((softmax_row(logits).prob - tempered(logits, temperature)) * score, axis=-1)


def tempered_covariance(
    masses: Float[ArrayLike, " groups"], log_counts: Float[ArrayLike, " groups"], temperature: Float[ArrayLike, ""]
) -> Float[Array, ""]:
    """E_p[S] - E_{π_T}[S] for a row of groups: group j has probability mass m_j spread over e^{c_j} equal tokens.

    A vocabulary of any size in a handful of numbers, so that an attack on the sign can reach all of them.

    Args:
        masses: m_j, summing to 1.
        log_counts: c_j >= 0.
        temperature: T > 0.

    >>> print(f"{tempered_covariance(jnp.array([0.75, 0.25]), jnp.zeros(2), 0.5):.4f}")  # two tokens, as above
    -0.0618
    """
    level = jnp.log(masses) - log_counts  # log-probability of one token of the group
    score = jnp.exp(level) * (level - jnp.sum(masses * level))
    return jnp.sum((masses - softmax_row(log_counts + level / temperature).prob) * score)
