"""A small causal transformer: the least network in which the tokens of a policy share their parameters."""

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float, Int

from core.networks.model import Model, pure


class Block(nnx.Module):
    """Causal self-attention and a feed-forward layer, each normalised before and added after."""

    def __init__(self, width: int, heads: int, rngs: nnx.Rngs):
        self.heads = heads
        self.before_attention, self.before_mixing = nnx.LayerNorm(width, rngs=rngs), nnx.LayerNorm(width, rngs=rngs)
        self.project = nnx.Linear(width, 3 * width, use_bias=False, rngs=rngs)
        self.gather = nnx.Linear(width, width, use_bias=False, rngs=rngs)
        self.widen, self.narrow = nnx.Linear(width, 4 * width, rngs=rngs), nnx.Linear(4 * width, width, rngs=rngs)

    def __call__(self, x: Float[Array, "batch length width"]) -> Float[Array, "batch length width"]:
        """The residual stream after this block."""
        split = (*x.shape[:2], self.heads, -1)
        query, key, value = (y.reshape(split) for y in jnp.split(self.project(self.before_attention(x)), 3, axis=-1))
        mixed = jax.nn.dot_product_attention(query, key, value, is_causal=True)
        x = x + self.gather(mixed.reshape(x.shape))
        return x + self.narrow(jax.nn.gelu(self.widen(self.before_mixing(x))))


class Transformer(nnx.Module):
    """Token and position embeddings, blocks, and a head of its own."""

    def __init__(self, vocabulary: int, length: int, width: int, layers: int, heads: int, rngs: nnx.Rngs):
        self.token, self.place = nnx.Embed(vocabulary, width, rngs=rngs), nnx.Embed(length, width, rngs=rngs)
        self.blocks = nnx.List([Block(width, heads, rngs) for _ in range(layers)])
        self.normalise = nnx.LayerNorm(width, rngs=rngs)
        self.head = nnx.Linear(width, vocabulary, use_bias=False, rngs=rngs)

    def __call__(self, sequences: Int[Array, "batch length"]) -> Float[Array, "batch length vocab"]:
        """Logits of what follows each position."""
        x = self.token(sequences) + self.place(jnp.arange(sequences.shape[1]))[None]
        for block in self.blocks:
            x = block(x)
        return self.head(self.normalise(x))


def transformer(vocabulary: int, length: int, *, width: int = 32, layers: int = 2, heads: int = 4) -> Model:
    """A causal transformer over sequences of up to `length` tokens, in float32.

    >>> from core.networks.model import parameter_count
    >>> parameter_count(jax.eval_shape(transformer(21, 8).init, jax.random.key(0)))
    26816
    """
    for name, value in {"vocabulary": vocabulary, "length": length, "layers": layers, "heads": heads}.items():
        if value < 1:
            raise ValueError(f"{name} is {value}; allowed is a whole number >= 1")
    if width < 1 or width % heads:
        raise ValueError(f"width is {width}; allowed is a multiple of heads, {heads}")
    return pure(lambda rngs: Transformer(vocabulary, length, width, layers, heads, rngs))
