"""Words of n independent symbols, each with a reward 0, 1, ..., m: best of e^{nD} against the tilt of divergence nD."""

import jax
import jax.numpy as jnp

from theory.short.large_deviations import (
    best_of_levels,
    divergence,
    log_law_of_sum,
    tilt_at_divergence,
)


def two_laws(
    prob: jax.Array, length: jax.Array, rate: jax.Array, capacity: int
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Law of the reward of a word, its logarithm under p, under best of N and under the tilt."""
    tilt = tilt_at_divergence(prob, jnp.arange(1.0 * prob.size), rate)
    base = log_law_of_sum(prob, length, capacity)
    best = best_of_levels(base, length * rate)
    return base, best, jax.nn.softmax(base + tilt * jnp.arange(1.0 * base.size))


def compare(prob: jax.Array, length: jax.Array, rate: jax.Array, capacity: int) -> dict[str, jax.Array]:
    """Rewards of both, divergence of best of N from p and from the tilt, and total variation; all for whole words."""
    base, best, tilt = two_laws(prob, length, rate, capacity)
    level = jnp.arange(1.0 * base.size)
    return {
        "best_reward": best @ level,
        "tilt_reward": tilt @ level,
        "best_divergence": divergence(best, base),
        "apart": divergence(best, jnp.log(jnp.maximum(tilt, 1e-300))),
        "variation": jnp.abs(best - tilt).sum() / 2,
    }
