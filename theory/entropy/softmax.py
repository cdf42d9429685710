"""Softmax calculus: the entropy of a row of logits, its gradient and its curvature.

With p = softmax(z), l = log p and H = -Σ p l (nats), everything rests on the discriminator

    S_i = p_i (l_i + H) = p_i (z_i - z̄),    z̄ = E_p[z],    ∂H/∂z_i = -S_i,    Σ_i S_i = 0.

All sums run over u = z - max z with the largest term left out of the partition function, so that H, S and E_p[S] keep
their relative accuracy when the row is all but collapsed: H = log1p(r) - ū adds two numbers that are never negative.

Source: arXiv 2602.03392 (S, there S_* of the sampled token), 2509.26114 (there Q); curvature and sums: derived here.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int

from theory.entropy.door import rows_of_logits, tokens_within


class Row(NamedTuple):
    """A row of logits, seen from its largest entry.

    Attributes:
        shifted: u = z - max z; 0 where a token is masked.
        prob: p.
        log_partition: log Σ e^u >= 0.
        mean: ū = E_p[u] <= 0.
    """

    shifted: Float[Array, "*batch vocab"]
    prob: Float[Array, "*batch vocab"]
    log_partition: Float[Array, "*batch"]
    mean: Float[Array, "*batch"]


def softmax_row(logits: Float[ArrayLike, "*batch vocab"]) -> Row:
    """Splits a row of logits into the sums that everything else here is made of.

    >>> row = softmax_row(jnp.array([5.0, 5.0]))
    >>> row.prob.tolist(), f"{row.log_partition:.4f}"  # the second is log 2
    ([0.5, 0.5], '0.6931')
    """
    z = rows_of_logits(logits)
    shifted = z - jnp.max(z, axis=-1, keepdims=True)
    weight = jnp.exp(shifted)
    shifted = jnp.where(jnp.isneginf(shifted), 0, shifted)
    place = jax.lax.broadcasted_iota(int, z.shape, z.ndim - 1)
    first_peak = place == jnp.argmax(z, axis=-1, keepdims=True)
    rest = jnp.sum(jnp.where(first_peak, 0, weight), axis=-1)  # Σ e^u - 1, without rounding the 1
    prob = weight / (1 + rest)[..., None]
    return Row(shifted, prob, jnp.log1p(rest), jnp.sum(prob * shifted, axis=-1))


def entropy(logits: Float[ArrayLike, "*batch vocab"]) -> Float[Array, "*batch"]:
    """H = -Σ p log p in nats.

    >>> import jax.numpy as jnp
    >>> print(f"{jax.jit(entropy)(jnp.zeros(8)):.4f}")  # log 8
    2.0794
    """
    row = softmax_row(logits)
    return row.log_partition - row.mean


def log_prob(logits: Float[ArrayLike, "*batch vocab"], token: Int[ArrayLike, "*batch"]) -> Float[Array, "*batch"]:
    """l_k = log p_k of one token a row; -inf where it is masked.

    >>> print(f"{log_prob(jnp.zeros(4), 2):.4f}")  # -log 4
    -1.3863
    """
    z = rows_of_logits(logits)
    token = tokens_within(token, z.shape[-1])
    row = softmax_row(z)
    return at_token(z - jnp.max(z, axis=-1, keepdims=True), token) - row.log_partition


def at_token(values: Float[Array, "*batch vocab"], token: Int[Array, "*batch"]) -> Float[Array, "*batch"]:
    """The entry of each row that belongs to its token.

    >>> at_token(jnp.array([[1.0, 2.0], [3.0, 4.0]]), jnp.array([1, 0])).tolist()
    [2.0, 3.0]
    """
    return jnp.take_along_axis(values, token[..., None], axis=-1)[..., 0]


def discriminator(logits: Float[ArrayLike, "*batch vocab"]) -> Float[Array, "*batch vocab"]:
    """S_i = p_i (l_i + H) = p_i (z_i - z̄) of every token; positive iff the token is likelier than e^{-H}.

    >>> print(discriminator(jnp.log(jnp.array([3.0, 1.0]))).round(4))  # two tokens: ± p (1 - p) log(p/(1 - p))
    [ 0.206 -0.206]
    """
    row = softmax_row(logits)
    return row.prob * (row.shifted - row.mean[..., None])


def expected_discriminator(logits: Float[ArrayLike, "*batch vocab"]) -> Float[Array, "*batch"]:
    """E_p[S] = Σ p_i S_i = Cov_p(p, l) >= 0, and 0 only where all unmasked tokens are equally likely.

    >>> print(f"{expected_discriminator(jnp.log(jnp.array([3.0, 1.0]))):.4f}")  # (3/4 - 1/4) (3/16) log 3
    0.1030
    """
    return jnp.sum(softmax_row(logits).prob * discriminator(logits), axis=-1)


def entropy_curvature(
    logits: Float[ArrayLike, "*batch vocab"], direction: Float[ArrayLike, "*batch vocab"]
) -> Float[Array, "*batch"]:
    """The form v' (∂²H/∂z²) v in O(V), without the matrix.

    ∂²H/∂z_i∂z_j = -δ_ij p_i (l_i + H + 1) + p_i p_j (l_i + l_j + 2H + 1), so with v̄ = E_p[v]

        v' (∂²H) v = -E_p[v² (l + H + 1)] + 2 v̄ E_p[v (l + H)] + v̄².

    A constant v gives 0, and the form depends on v - v̄ only.

    >>> float(entropy_curvature(jnp.zeros(2), jnp.array([0.0, 2.0])))  # at the uniform law: minus the variance of v
    -1.0
    """
    row, v = softmax_row(logits), jnp.asarray(direction)
    surprise = row.shifted - row.mean[..., None]  # l + H
    centred = v - jnp.sum(row.prob * v, axis=-1, keepdims=True)
    return -jnp.sum(row.prob * centred**2 * (surprise + 1), axis=-1)


def covariance(
    logits: Float[ArrayLike, "*batch vocab"],
    first: Float[ArrayLike, "*batch vocab"],
    second: Float[ArrayLike, "*batch vocab"],
) -> Float[Array, "*batch"]:
    """Cov_p(x, y) under the policy, both factors centred.

    >>> float(covariance(jnp.zeros(2), jnp.array([0.0, 2.0]), jnp.array([5.0, 9.0])))  # (±1) (±2)
    2.0
    """
    prob, x, y = softmax_row(logits).prob, jnp.asarray(first), jnp.asarray(second)
    x = x - jnp.sum(prob * x, axis=-1, keepdims=True)
    y = y - jnp.sum(prob * y, axis=-1, keepdims=True)
    return jnp.sum(prob * x * y, axis=-1)
