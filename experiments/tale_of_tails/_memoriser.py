"""A memoriser that is taught by real draws, and then by draws from its own memory."""

import jax
import jax.numpy as jnp


def draw_counts(key: jax.Array, weights: jax.Array, draws: int) -> jax.Array:
    """How often each item came, (items,)."""
    heights = jnp.cumsum(weights)
    places = jnp.searchsorted(heights, jax.random.uniform(key, (draws,)) * heights[-1], side="right")
    return jnp.bincount(places, length=len(weights)).astype(weights.dtype)


def resampled(key: jax.Array, law: jax.Array, draws: int, generations: int) -> jax.Array:
    """Counts (generations, items) of data sets of one size, each drawn from the one before."""

    def step(weights: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        counts = draw_counts(key, weights, draws)
        return counts, counts

    return jax.lax.scan(step, law, jax.random.split(key, generations))[1]


def relearned_errors(
    key: jax.Array, law: jax.Array, source: jax.Array, sizes: jax.Array, most: tuple[int, int]
) -> jax.Array:
    """Errors (sizes,) of a memoriser along one series of draws from a memory of `source` real ones.

    Args:
        key: typed key.
        law: (items,).
        source: T_0, at most `most[0]`.
        sizes: T, each at most `most[1]`.
        most: the static numbers of draws.
    """
    first, second = jax.random.split(key)
    real = jnp.searchsorted(jnp.cumsum(law), jax.random.uniform(first, (most[0],)), side="right")
    heights = jnp.cumsum(jnp.bincount(real, weights=1.0 * (jnp.arange(most[0]) < source), length=len(law)))
    again = jnp.searchsorted(heights, jax.random.uniform(second, (most[1],)) * heights[-1], side="right")
    seen_at = jnp.full(len(law), most[1]).at[again].min(jnp.arange(most[1]))
    return jnp.sum(law[None] * (seen_at[None] >= sizes[:, None]), axis=1)


def zipf(items: int, exponent: float) -> jax.Array:
    """A Zipf law with a last item."""
    weights = jnp.arange(1, items + 1.0) ** -exponent
    return weights / weights.sum()
