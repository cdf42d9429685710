"""Voting trees the plain way: one boolean a vote, any real parameters, and as slow as that sounds."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Bool, Float, Key

from core.trees.law import Shape, require_shape
from theory.door import count, within


def simulate_float(
    key: Key[Array, ""],
    trees: int,
    shape: Shape,
    leaf_bias: Float[ArrayLike, ""],
    fidelity: Float[ArrayLike, ""] = 1.0,
    correlation: Float[ArrayLike, ""] = 0.0,
) -> Bool[Array, " trees"]:
    """Whether the root decides correctly, for each of `trees` independent trees.

    Args:
        key: one key.
        trees: how many.
        shape: fan-in b and depth L; memory is trees * b^L.
        leaf_bias: μ_0 in [-1, 1]; a leaf is correct with probability (1 + μ_0)/2.
        fidelity: γ in [0, 1]; a message flips with probability (1 - γ)/2.
        correlation: ρ in [0, 1]; with this probability all votes that enter a node are those of its first child.

    >>> draw = jax.jit(simulate_float, static_argnums=(1, 2))
    >>> correct = draw(jax.random.key(0), 4000, Shape(fan_in=3, depth=2), leaf_bias=0.25, fidelity=0.875)
    >>> round(float(correct.mean()), 2)  # exact: 0.7063
    0.7
    """
    require_shape(shape)
    count("trees", trees, 1)
    leaf_bias, fidelity = within("leaf_bias", leaf_bias, -1, 1), within("fidelity", fidelity, 0, 1)
    correlation = within("correlation", correlation, 0, 1)
    leaf_key, *level_keys = jax.random.split(key, shape.depth + 1)
    votes = jax.random.bernoulli(leaf_key, (1 + leaf_bias) / 2, (trees, shape.fan_in**shape.depth))
    for level_key in level_keys:
        flip_key, cause_key = jax.random.split(level_key)
        received = votes ^ jax.random.bernoulli(flip_key, (1 - fidelity) / 2, votes.shape)
        received = received.reshape(trees, -1, shape.fan_in)
        majority = 2 * received.sum(-1) > shape.fan_in
        same = jax.random.bernoulli(cause_key, correlation, majority.shape)
        votes = jnp.where(same, received[..., 0], majority)
    return votes[:, 0]
