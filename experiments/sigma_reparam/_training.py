"""A one-layer transformer that looks up a value by its key, trained by Adam with or without σReparam.

Plain arrays, so that every linear layer can be replaced by its reparametrised self. The keys of a sequence are distinct
random symbols, each carrying a random value; the last token asks for the value of one of them.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from theory.entropy.softmax import entropy
from theory.short.attention_entropy import (
    SingularPair,
    least_mean_entropy,
    least_row_entropy,
    power_step,
    reparametrise,
)

VALUES = 8
WATCHED = 8  # sequences whose attention is looked at


class Size(NamedTuple):
    """Of the network and its data."""

    tokens: int = 13  # pairs of key and value, and the question
    width: int = 16
    batch: int = 32


class Training(NamedTuple):
    """All that a step carries on."""

    weights: Any
    gains: Any  # γ, one a weight; left alone without σReparam
    pairs: Any  # singular vectors, one pair a weight
    moments: Any  # of Adam


class Watched(NamedTuple):
    """What is seen of a batch: numbers."""

    loss: jax.Array  # mean over the steps that follow
    row_entropy: jax.Array  # lowest entropy of a row
    row_bound: jax.Array  # Theorem 3.1 at the largest spectral norm of the logits
    row_slack: jax.Array  # smallest excess of a row over its own bound
    mean_slack: jax.Array  # smallest excess of a matrix's mean entropy over H(its norm)


def init(key: jax.Array, size: Size) -> Training:
    """Weights of variance 1/width and singular vectors that have seen 8 power iterations."""
    w = size.width
    square, symbols = (w, w), (2 * size.tokens, w)
    shapes = {"query": square, "key": square, "value": square, "out": square, "up": (2 * w, w), "down": (w, 2 * w)}
    shapes |= {"symbols": symbols, "values": (VALUES + 1, w), "head": (VALUES, w)}
    sizes = {name: m * n for name, (m, n) in shapes.items()}
    pieces = jnp.split(jax.random.normal(key, (sum(sizes.values()),)), np.cumsum(list(sizes.values()))[:-1])
    weights = {
        name: piece.reshape(shape) / jnp.sqrt(shape[1])
        for (name, shape), piece in zip(shapes.items(), pieces, strict=True)
    }
    flat = jax.tree.map(lambda x: SingularPair(*(jnp.ones(n) / jnp.sqrt(n) for n in x.shape)), weights)
    pairs = jax.lax.fori_loop(0, 8, lambda _, pairs: jax.tree.map(power_step, weights, pairs), flat)
    gains = jax.tree.map(lambda _: jnp.ones(()), weights)
    return Training(weights, gains, pairs, _adam().init((weights, gains)))


def train(
    key: jax.Array, size: Size, rate: jax.Array, reparam: jax.Array, *, points: int, every: int
) -> tuple[Training, Watched]:
    """Adam from a fresh start, watched before each of `points` runs of `every` steps.

    `reparam` is a traced flag, so that both variants are one program.
    """
    start_key, *keys = jax.random.split(key, 1 + points)

    def advance(state: Training, key: jax.Array) -> tuple[Training, Watched]:
        keys = jax.random.split(key, every)
        after, losses = jax.lax.scan(lambda state, key: step(key, state, size, rate, reparam), state, keys)
        logits = forward(_used(state, reparam), *sample(keys[0], size)[:2])[1]
        return after, _watch(losses.mean(), logits[:WATCHED])

    return jax.lax.scan(advance, init(start_key, size), jnp.stack(keys))


def step(
    key: jax.Array, state: Training, size: Size, rate: jax.Array, reparam: jax.Array
) -> tuple[Training, jax.Array]:
    """One Adam step on a fresh batch, and its loss."""
    symbols, values, answer = sample(key, size)
    pairs = jax.tree.map(power_step, state.weights, state.pairs)

    def loss_of(learned: tuple[Any, Any]) -> jax.Array:
        scores, _ = forward(_used(Training(*learned, pairs, None), reparam), symbols, values)
        return optax.softmax_cross_entropy_with_integer_labels(scores, answer).mean()

    learned = (state.weights, state.gains)
    loss, slope = jax.value_and_grad(loss_of)(learned)
    update, moments = _adam().update(slope, state.moments)
    return Training(*jax.tree.map(lambda x, d: x - rate * d, learned, update), pairs, moments), loss


def sample(key: jax.Array, size: Size) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Symbols and values of each token, (batch, tokens), and the value that is asked for, (batch,)."""
    keys = jax.random.split(key, 3)
    given = size.tokens - 1
    noise = jax.random.uniform(keys[0], (size.batch, 2 * size.tokens))
    symbols = jnp.argsort(noise, axis=1)[:, :given]
    values = jax.random.randint(keys[1], (size.batch, given), 0, VALUES)
    asked = jax.random.randint(keys[2], (size.batch, 1), 0, given)
    question = jnp.take_along_axis(symbols, asked, axis=1)
    blank = jnp.full((size.batch, 1), VALUES)
    answer = jnp.take_along_axis(values, asked, axis=1)[:, 0]
    return jnp.concatenate([symbols, question], 1), jnp.concatenate([values, blank], 1), answer


def forward(weights: Any, symbols: jax.Array, values: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Scores of the answer, and the attention logits (batch, tokens, tokens); normalised before every layer."""
    x = weights["symbols"][symbols] + weights["values"][values]
    h = _normalise(x)
    logits = jnp.einsum("bid,bjd->bij", h @ weights["query"].T, h @ weights["key"].T) / jnp.sqrt(h.shape[-1])
    x = x + jax.nn.softmax(logits) @ (h @ weights["value"].T) @ weights["out"].T
    x = x + jax.nn.gelu(_normalise(x) @ weights["up"].T) @ weights["down"].T
    return _normalise(x[:, -1]) @ weights["head"].T, logits


def _used(state: Training, reparam: jax.Array) -> Any:
    """The weights as they are, or each divided by its spectral norm."""
    return jax.tree.map(
        lambda weight, gain, pair: jnp.where(reparam, reparametrise(weight, gain, pair), weight),
        state.weights, state.gains, state.pairs,
    )  # fmt: skip


def _watch(loss: jax.Array, logits: jax.Array) -> Watched:
    tokens = float(logits.shape[-1])
    rows = entropy(logits)  # (batch, tokens)
    norm = jnp.linalg.norm(logits, 2, axis=(-2, -1))
    return Watched(
        loss,
        rows.min(),
        least_row_entropy(norm.max(), tokens),
        (rows.min(axis=1) - least_row_entropy(norm, tokens)).min(),
        (rows.mean(axis=1) - least_mean_entropy(norm, tokens)).min(),
    )


def _adam() -> optax.GradientTransformation:
    return optax.scale_by_adam(b2=0.98)


def _normalise(x: jax.Array) -> jax.Array:
    x = x - x.mean(axis=-1, keepdims=True)
    return x / jnp.sqrt(jnp.mean(x**2, axis=-1, keepdims=True) + 1e-6)
