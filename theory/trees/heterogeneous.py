"""Votes of unequal bias: the exact majority of independent votes, and the exact root of a tree of unequal leaves.

Source: arXiv 2601.17311.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import concrete, within
from theory.trees.recursion import Tree, parts


def count_distribution(chances: Real[ArrayLike, "*batch votes"]) -> Float[Array, "*batch votes+1"]:
    """P(exactly j of n independent events), j = 0..n along the last axis: the Poisson-binomial law, in O(n²).

    >>> count_distribution(jnp.array([0.5, 0.5])).tolist()
    [0.25, 0.5, 0.25]
    """
    chances = within("chances", chances, 0, 1) * 1.0
    nothing = jnp.zeros((*chances.shape[:-1], chances.shape[-1] + 1), chances.dtype).at[..., 0].set(1)

    def another(law, chance):
        happens = jnp.concatenate([jnp.zeros_like(law[..., :1]), law[..., :-1]], -1)
        return law + chance[..., None] * (happens - law), None

    return jax.lax.scan(another, nothing, jnp.moveaxis(chances, -1, 0))[0]


def majority_of(bias: Real[ArrayLike, "*batch votes"]) -> Float[Array, "*batch"]:
    """The bias of the majority of b independent votes of biases μ_1..μ_b along the last axis; (Σμ - Πμ)/2 at b = 3.

    >>> print(f"{majority_of(jnp.array([0.5, 0.5, 0.0])):.6f}")
    0.500000
    """
    bias = within("bias", bias, -1, 1)
    votes = bias.shape[-1]
    if votes % 2 == 0:
        raise ValueError(f"bias must have an odd number of votes along its last axis, but came with {votes}")
    law = count_distribution((1 + bias) / 2)
    half = votes // 2 + 1
    return jnp.sum(law[..., half:] - jnp.flip(law[..., :half], -1), -1)


def heterogeneous_root(leaf_bias: Real[ArrayLike, "*batch leaves"], tree: Tree) -> Float[Array, "*batch"]:
    """The root bias of a tree over N = b^L unequal independent leaves, in their order from left to right.

    A node's common cause, of probability ρ, lets all its children cast the vote of one of them, drawn evenly. The
    fan-in must be known when traced, fidelity and correlation are scalars.

    >>> tree = Tree(3, 1.0, correlation=0.5)
    >>> root = jax.jit(lambda leaves: heterogeneous_root(leaves, tree))(jnp.array([0.5, 0.5, 0.0]))
    >>> print(f"{root:.4f}")  # half of the mean 1/3, half of the majority 1/2
    0.4167
    """
    (_, fidelity, correlation), known = parts(tree), concrete(tree.fan_in)
    if known is None:
        raise ValueError("fan_in must be known when traced, since it shapes the tree, but came as a tracer")
    fan_in, bias = int(known), within("leaf_bias", leaf_bias, -1, 1)
    leaves = bias.shape[-1]
    while bias.shape[-1] > 1:
        if fan_in < 3 or bias.shape[-1] % fan_in:
            raise ValueError(f"leaf_bias must hold a power of fan_in = {fan_in} leaves, but came with {leaves}")
        heard = fidelity * bias.reshape(*bias.shape[:-1], -1, fan_in)
        bias = correlation * jnp.mean(heard, -1) + (1 - correlation) * majority_of(heard)
    return bias[..., 0]
