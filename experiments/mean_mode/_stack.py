"""A deep stack of random attention and feed-forward blocks with one of several residual rules; post-normalised."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from theory.short.mean_mode import token_split


class Rule(NamedTuple):
    """JZ = keep JX + mean JF and PZ = PX + centred PF."""

    keep: jax.Array
    mean: jax.Array
    centred: jax.Array


RULES = {
    "plain": (1.0, 1.0, 1.0),
    "LayerScale 0.1": (1.0, 0.1, 0.1),
    r"MV-Split, $\alpha=0$": (1.0, 0.0, 1.0),
    r"MV-Split, $\alpha=0.03$": (0.97, 0.03, 1.0),
}


def rules() -> Rule:
    """The rules of `RULES`, stacked."""
    return Rule(*jnp.array(list(RULES.values())).T)


def sample_layers(key: jax.Array, layers: int, width: int) -> jax.Array:
    """Query, key, value, out, up, down of each layer, (layers, 6, width, width), of variance 1/width."""
    return jax.random.normal(key, (layers, 6, width, width)) / jnp.sqrt(width)


def sample_tokens(key: jax.Array, tokens: int, width: int) -> jax.Array:
    """Tokens whose common part has as much energy as their differences."""
    common, own = jax.random.normal(key, (2, tokens, width))
    return normalise(common[:1] + own)


def block(x: jax.Array, weights: jax.Array, rule: Rule, writes: jax.Array) -> jax.Array:
    """Attention, then a feed-forward layer; `writes` (2, tokens, width) is added to what the two want to write."""
    query, key, value, out, up, down = weights
    logits = (x @ query) @ (x @ key).T / jnp.sqrt(x.shape[-1])
    x = join(x, jax.nn.softmax(logits) @ x @ value @ out + writes[0], rule)
    return join(x, jax.nn.gelu(x @ up) @ down + writes[1], rule)


def join(stream: jax.Array, branch: jax.Array, rule: Rule) -> jax.Array:
    """The residual rule, normalised."""
    x, f = token_split(stream), token_split(branch)
    return normalise(rule.keep * x.mean + rule.mean * f.mean + x.centred + rule.centred * f.centred)


def forward(tokens: jax.Array, layers: jax.Array, rule: Rule, writes: jax.Array) -> jax.Array:
    """The stream after each layer, (layers, tokens, width)."""

    def step(x: jax.Array, layer: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        after = block(x, layer[0], rule, layer[1])
        return after, after

    return jax.lax.scan(step, tokens, (layers, writes))[1]


def normalise(x: jax.Array) -> jax.Array:
    """Root mean square 1 for every token."""
    return x / jnp.sqrt(jnp.mean(x**2, axis=-1, keepdims=True) + 1e-12)
