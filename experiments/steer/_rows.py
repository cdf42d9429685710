"""Synthetic next-token rows on which estimators are compared, and the estimators."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from theory.entropy.estimators import (
    batch_covariance,
    full_estimate,
    inverse_old_estimate,
    own_logit_estimate,
    sign_estimate,
)
from theory.entropy.softmax import entropy, expected_discriminator, log_prob

VOCABULARY = 500
NAMES = ("full law", "Theorem 1", "bare $S$", "released", "covariance")


def population(
    key: Key[Array, ""], count: int
) -> tuple[Float[Array, "count vocab"], Int[Array, " count"], Float[Array, " count"]]:
    """Rows with Zipf-like tails and peaks of all heights, a token sampled from each, standard normal advantages."""
    keys = jax.random.split(key, 5)
    exponent = jnp.exp(0.5 * jax.random.normal(keys[0], (count, 1)))
    ranks = jnp.log1p(jnp.arange(VOCABULARY))[None]
    logits = -1.5 * exponent * ranks + 0.5 * jax.random.normal(keys[1], (count, VOCABULARY))
    logits = logits.at[:, 0].add(2 * jax.random.normal(keys[2], (count,)))
    return logits, jax.random.categorical(keys[3], logits), jax.random.normal(keys[4], (count,))


def realised(
    logits: Float[Array, "count vocab"], token: Int[Array, " count"], advantage: Float[Array, " count"], step: float
) -> Float[Array, " count"]:
    """ΔH / step after a policy-gradient step on each row alone, the entropy written out as -Σ p log p."""
    push = advantage[:, None] * (jax.nn.one_hot(token, logits.shape[1]) - jax.nn.softmax(logits))
    before, after = (-jnp.sum(jax.nn.softmax(z) * jax.nn.log_softmax(z), -1) for z in (logits, logits + step * push))
    return (after - before) / step


def guessed(
    key: Key[Array, ""], count: int, step: float
) -> tuple[Float[Array, " count"], Float[Array, "estimators count"]]:
    """ΔH / step of the rows of a population, and its estimates."""
    logits, token, advantage = population(key, count)
    known = log_prob(logits, token), entropy(logits), expected_discriminator(logits)
    return realised(logits, token, advantage, step), estimates(*known, advantage)


def estimates(
    log_prob: Float[Array, " count"],
    entropy: Float[Array, " count"],
    expected: Float[Array, " count"],
    advantage: Float[Array, " count"],
) -> Float[Array, "estimators count"]:
    """The estimates of NAMES, on policy, each with the sign of the entropy change."""
    return jnp.stack([
        full_estimate(log_prob, entropy, expected, advantage),
        own_logit_estimate(log_prob, entropy, advantage),
        sign_estimate(log_prob, entropy, advantage),
        inverse_old_estimate(log_prob, log_prob, entropy, advantage),
        -batch_covariance(log_prob, advantage, jnp.ones_like(advantage)),
    ])  # fmt: skip
