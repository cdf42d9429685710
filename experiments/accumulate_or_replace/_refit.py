"""Refitting for real: least squares, and frequencies of a categorical law."""

from typing import NamedTuple

import jax
import jax.numpy as jnp


class Setting(NamedTuple):
    """Of least squares; sizes are static."""

    dimension: int
    samples: int
    generations: int


class Protocol(NamedTuple):
    """What a generation sees; numbers, so that all protocols are one program."""

    keep: jax.Array  # 1: all data so far, 0: the last generation's
    fresh: jax.Array  # 1: new inputs each generation, 0: the first ones again
    real: jax.Array  # share of the truth in the labels
    rows: jax.Array  # 1: that share of the rows is real, drawn anew; 0: every label is a blend


def squared_errors(key: jax.Array, setting: Setting, protocol: Protocol, scales: jax.Array) -> jax.Array:
    """Excess risk (generations,) of one chain, unit noise; inputs have standard deviations `scales`."""
    first_key, *keys = jax.random.split(key, 1 + setting.generations)
    truth = jnp.ones(setting.dimension)
    first = scales[None] * jax.random.normal(first_key, (setting.samples, setting.dimension))

    def step(state: tuple, key: jax.Array) -> tuple[tuple, jax.Array]:
        gram, moment, weights = state
        input_key, noise_key, row_key = jax.random.split(key, 3)
        own = scales[None] * jax.random.normal(input_key, first.shape)
        inputs = jnp.where(protocol.fresh == 1, own, first)
        chosen = jax.random.bernoulli(row_key, protocol.real, (setting.samples,))
        share = jnp.where(protocol.rows == 1, chosen, protocol.real)
        labels = (1 - share) * (inputs @ weights) + share * (inputs @ truth)
        labels = labels + jax.random.normal(noise_key, labels.shape)
        gram = protocol.keep * gram + inputs.T @ inputs
        moment = protocol.keep * moment + inputs.T @ labels
        weights = jnp.linalg.solve(gram, moment)
        return (gram, moment, weights), jnp.sum((scales * (weights - truth)) ** 2)

    nothing = (jnp.zeros((setting.dimension,) * 2), jnp.zeros(setting.dimension), truth)
    return jax.lax.scan(step, nothing, jnp.stack(keys))[1]


def table_chain(
    key: jax.Array, truth: jax.Array, draws: int, generations: int, keep: jax.Array, real: jax.Array
) -> jax.Array:
    """Frequencies (generations, contexts, tokens) of a bigram table refitted to `draws` successors of each context."""

    def step(state: tuple, inputs: tuple) -> tuple[tuple, jax.Array]:
        counts, table = state
        key, _ = inputs
        law = (1 - real) * table + real * truth
        # Inverse transform: jax.random.categorical would need a Gumbel for every draw and token.
        uniform = jax.random.uniform(key, (len(truth), draws))
        tokens = jnp.sum(uniform[..., None] > jnp.cumsum(law, axis=1)[:, None, :-1], axis=-1)
        counts = keep * counts + jnp.sum(tokens[..., None] == jnp.arange(truth.shape[1]), axis=1)
        table = counts / counts.sum(axis=1, keepdims=True)
        return (counts, table), table

    keys = jax.random.split(key, generations)
    return jax.lax.scan(step, (jnp.zeros_like(truth), truth), (keys, jnp.arange(generations)))[1]


def zipf_language(key: jax.Array, tokens: int, exponent: float = 1.0) -> jax.Array:
    """Bigram probabilities: the successors of every context are Zipf in an order of their own."""
    weights = jnp.arange(1, tokens + 1.0) ** -exponent
    order = jax.vmap(lambda k: jax.random.permutation(k, tokens))(jax.random.split(key, tokens))
    return (weights / weights.sum())[order]
