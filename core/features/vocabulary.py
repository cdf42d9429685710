"""Free features of a vocabulary with skewed frequencies, one feature a token, under cross-entropy."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Key, Real


class Vocabulary(NamedTuple):
    """What is trained: a head and the features, rows."""

    head: Float[Array, "V d"]
    features: Float[Array, "V d"]


def zipf_frequencies(tokens: int, skew: Real[ArrayLike, ""]) -> Float[Array, " V"]:
    """p_i ~ i^(-skew); 0 is uniform."""
    if tokens < 2:
        raise ValueError(f"tokens is {tokens}; allowed is a whole number >= 2")
    return jax.nn.softmax(-jnp.asarray(skew) * jnp.log(jnp.arange(1.0, tokens + 1)))


def sample_vocabulary(key: Key[Array, ""], tokens: int, dimension: int, spread: Real[ArrayLike, ""]) -> Vocabulary:
    """Independent normal entries."""
    head_key, feature_key = jax.random.split(key)
    shape, spread = (tokens, dimension), jnp.asarray(spread)
    return Vocabulary(spread * jax.random.normal(head_key, shape), spread * jax.random.normal(feature_key, shape))


def vocabulary_loss(model: Vocabulary, frequencies: Float[Array, " V"]) -> Float[Array, ""]:
    """Σ_v p_v [-ln softmax(W h_v)_v]."""
    logits = model.features @ model.head.T
    return jnp.sum(frequencies * (jax.nn.logsumexp(logits, axis=1) - jnp.diagonal(logits)))


def vocabulary_spectrum(model: Vocabulary, frequencies: Float[Array, " V"]) -> Float[Array, " d"]:
    """Eigenvalues, falling, of the covariance of the features as they occur."""
    mean = frequencies @ model.features
    centred = model.features - mean[None, :]
    return jnp.maximum(jnp.linalg.eigvalsh(centred.T @ (frequencies[:, None] * centred))[::-1], 0)
