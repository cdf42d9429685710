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
    """p_i ~ i^(-skew); 0 is uniform.

    >>> frequencies = zipf_frequencies(4, 0.5)
    >>> round(float(frequencies[0] / frequencies[3]), 4)  # 4^0.5
    2.0
    """
    if tokens < 2:
        raise ValueError(f"tokens is {tokens}; allowed is a whole number >= 2")
    return jax.nn.softmax(-jnp.asarray(skew) * jnp.log(jnp.arange(1.0, tokens + 1)))


def sample_vocabulary(key: Key[Array, ""], tokens: int, dimension: int, spread: Real[ArrayLike, ""]) -> Vocabulary:
    """Independent normal entries.

    >>> model = jax.eval_shape(lambda key: sample_vocabulary(key, 3, 2, 0.1), jax.random.key(0))
    >>> model.head.shape, model.features.shape
    ((3, 2), (3, 2))
    """
    head_key, feature_key = jax.random.split(key)
    shape, spread = (tokens, dimension), jnp.asarray(spread)
    return Vocabulary(spread * jax.random.normal(head_key, shape), spread * jax.random.normal(feature_key, shape))


def vocabulary_loss(model: Vocabulary, frequencies: Float[Array, " V"]) -> Float[Array, ""]:
    """Σ_v p_v [-ln softmax(W h_v)_v].

    >>> blank = Vocabulary(jnp.zeros((3, 2)), jnp.zeros((3, 2)))
    >>> round(float(jax.jit(vocabulary_loss)(blank, jnp.array([0.5, 0.3, 0.2]))), 4)  # log 3, whatever they are
    1.0986
    """
    logits = model.features @ model.head.T
    return jnp.sum(frequencies * (jax.nn.logsumexp(logits, axis=1) - jnp.diagonal(logits)))


def vocabulary_spectrum(model: Vocabulary, frequencies: Float[Array, " V"]) -> Float[Array, " d"]:
    """Eigenvalues, falling, of the covariance of the features as they occur.

    >>> model = Vocabulary(jnp.zeros((2, 2)), jnp.array([[0.0, 1.0], [0.0, 5.0]]))
    >>> vocabulary_spectrum(model, jnp.array([0.5, 0.5])).tolist()
    [4.0, 0.0]
    """
    mean = frequencies @ model.features
    centred = model.features - mean[None, :]
    return jnp.maximum(jnp.linalg.eigvalsh(centred.T @ (frequencies[:, None] * centred))[::-1], 0)
