"""The four organisations of section 3 that average: exact variances beside Gaussian simulations of the same law."""

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


def mean_square_error(
    organisation: str,
    key: Key[Array, ""],
    leaf_variance: float,
    correlation: float,
    noise_variance: float,
    fan_in: int,
    depth: int,
    repetitions: int,
) -> Float[Array, ""]:
    """Mean square of `repetitions` simulated errors; nothing of the closed forms is used."""
    leaf_key, noise_key = jax.random.split(key)
    agents, scale = fan_in**depth, jnp.sqrt(noise_variance)
    if organisation == "tree, per level":
        leaves = _leaves_of_levels(leaf_key, leaf_variance, correlation, noise_variance, (fan_in, depth, repetitions))
    else:
        leaves = _leaves_alike(leaf_key, leaf_variance, correlation, (agents, repetitions))
    if organisation == "star":
        heard = leaves + scale * jax.random.normal(noise_key, leaves.shape)
        error = heard.mean(axis=0)
    elif organisation == "chain":
        error = _chain(leaves, scale * jax.random.normal(noise_key, leaves.shape))
    else:
        error = _tree(noise_key, leaves, scale, fan_in, depth)
    return jnp.mean(error**2)


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
    """Standard normals (b^height, repetitions) for each height, from one draw: a draw takes long to compile."""
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
