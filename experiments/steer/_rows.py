"""Synthetic next-token rows on which estimators are compared."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

VOCABULARY = 500


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
