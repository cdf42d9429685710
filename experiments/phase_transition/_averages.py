"""The four organisations of section 3 that average: exact variances beside Gaussian simulations of the same law."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, ArrayLike, Float, Key

from theory.trees import warmup

ORGANISATIONS = ("star", "chain", "tree, per level", "tree, global")


def exact_variance(
    organisation: str,
    leaf_variance: float,
    correlation: float,
    noise_variance: float,
    fan_in: int,
    depth: Float[ArrayLike, "..."],
) -> Float[Array, "..."]:
    """Mean-square error of N = b^depth agents."""
    noise, agents = (leaf_variance, correlation, noise_variance), jnp.asarray(fan_in * 1.0) ** depth
    if organisation == "star":
        return warmup.star(*noise, agents)
    if organisation == "chain":
        return warmup.chain_running(*noise, agents)
    if organisation == "tree, per level":
        return warmup.tree_per_level(*noise, fan_in, depth)
    return warmup.tree_global(*noise, fan_in, depth)


def mean_square_errors(
    keys: Key[Array, "organisations"],
    leaf_variance: Float[ArrayLike, ""],
    correlation: Float[ArrayLike, ""],
    noise_variance: Float[ArrayLike, ""],
    fan_in: int,
    depth: int,
    repetitions: int,
) -> Float[Array, "organisations"]:
    """Mean squares of `repetitions` simulated errors of each organisation; nothing of the closed forms is used.

    Draws of one size are made together: a draw takes long to compile.
    """
    agents, scale, both = fan_in**depth, jnp.sqrt(noise_variance), jax.vmap(jax.random.split)(keys)
    leaf_keys, noise_keys = both[:, 0], both[:, 1]
    alike = partial(_leaves_alike, variance=leaf_variance, correlation=correlation, shape=(agents, repetitions))
    star, chain, distant = jax.vmap(alike)(leaf_keys[np.array([0, 1, 3])])
    near = _leaves_of_levels(leaf_keys[2], leaf_variance, correlation, noise_variance, (fan_in, depth, repetitions))
    to_star, to_chain = scale * jax.vmap(lambda key: jax.random.normal(key, (agents, repetitions)))(noise_keys[:2])
    climb = partial(_tree, scale=scale, fan_in=fan_in, depth=depth)
    errors = [(star + to_star).mean(axis=0), _chain(chain, to_chain)]
    errors += list(jax.vmap(climb)(noise_keys[2:], jnp.stack([near, distant])))
    return jnp.mean(jnp.stack(errors) ** 2, axis=1)


def _leaves_alike(key: Key[Array, ""], variance: float, correlation: float, shape: tuple[int, int]) -> Array:
    """Errors (agents, repetitions) of which any two have the correlation ρ."""
    common_key, own_key = jax.random.split(key)
    common, own = jax.random.normal(common_key, (1, shape[1])), jax.random.normal(own_key, shape)
    return jnp.sqrt(variance) * (jnp.sqrt(correlation) * common + jnp.sqrt(1 - correlation) * own)


def _leaves_of_levels(
    key: Key[Array, ""], variance: float, correlation: float, noise_variance: float, shape: tuple[int, int, int]
) -> Array:
    """Errors such that at every level the b means that meet at a node have the correlation ρ.

    Leaves that meet at level k have covariance C_k; so have the means above them, since their noises are independent.
    The variance of a mean follows from that of its children, one level up at a time: C_k is ρ times it. Every node of
    level k then gives all leaves below it a shared error of variance C_k - C_{k+1}.
    """
    fan_in, depth, repetitions = shape
    shared, level = [], jnp.asarray(variance)
    for _ in range(depth):
        together = correlation * level
        shared.append(together)
        level = (level + (fan_in - 1) * together + noise_variance) / fan_in
    parts = [high - low for high, low in zip([variance, *shared], [*shared, 0.0], strict=True)]
    draws = _level_by_level(key, fan_in, range(depth, -1, -1), repetitions)
    errors = [jnp.sqrt(part) * draw for part, draw in zip(parts, draws, strict=True)]
    return sum(jnp.repeat(error, fan_in**level, axis=0) for level, error in enumerate(errors))


def _level_by_level(key: Key[Array, ""], fan_in: int, heights: range, repetitions: int) -> list[Array]:
    """Standard normals (b^height, repetitions) for each height, from one draw."""
    sizes = [fan_in**height for height in heights]
    return jnp.split(jax.random.normal(key, (sum(sizes), repetitions)), np.cumsum(sizes)[:-1])


def _chain(leaves: Array, noise: Array) -> Array:
    def pass_on(mean, agent):
        count, own, disturbance = agent
        return ((count - 1) * (mean + disturbance) + own) / count, None

    count = jnp.arange(1.0, len(leaves) + 1)
    return lax.scan(pass_on, jnp.zeros_like(leaves[0]), (count, leaves, noise))[0]


def _tree(key: Key[Array, ""], estimates: Array, scale: ArrayLike, fan_in: int, depth: int) -> Array:
    for noise in _level_by_level(key, fan_in, range(depth, 0, -1), estimates.shape[1]):
        heard = estimates + scale * noise
        estimates = heard.reshape(-1, fan_in, heard.shape[-1]).mean(axis=1)
    return estimates[0]
