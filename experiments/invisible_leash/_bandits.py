"""Prompts with several right answers each, learned from groups of samples; and prompts that share ways to answer."""

import jax
import jax.numpy as jnp


def prompts(key: jax.Array, count: int, answers: int, right: int) -> tuple[jax.Array, jax.Array]:
    """Normal logits (count, answers), deviation 2, of which the first `right` columns are right answers."""
    return 2 * jax.random.normal(key, (count, answers)), 1.0 * (jnp.arange(answers) < right)


def sampled_ascent(
    key: jax.Array, logits: jax.Array, reward: jax.Array, group: int, steps: int, rate: float
) -> jax.Array:
    """Probabilities after every step of policy gradient from `group` samples a prompt, rewards centred in the group."""

    def step(z, key):
        chosen = jax.random.categorical(key, z[:, None, :], shape=(z.shape[0], group))
        gain = reward[chosen]
        weight = (gain - gain.mean(1, keepdims=True)) / group
        push = jnp.einsum("pg,pga->pa", weight, jax.nn.one_hot(chosen, z.shape[1]))
        return z + rate * push, jax.nn.softmax(z)  # the weights sum to zero: the term with p drops out

    return jax.lax.scan(step, logits, jax.random.split(key, steps))[1]


def support_change(before: jax.Array, after: jax.Array, right: jax.Array, floor: float) -> dict[str, jax.Array]:
    """Right answers with a probability above the floor: kept, lost and gained, as shares of those before."""
    was, now = (jnp.where(right > 0, prob, 0.0) > floor for prob in (before, after))
    total = jnp.sum(was, (-2, -1))
    return {
        "kept": jnp.sum(was & now, (-2, -1)) / total,
        "lost": jnp.sum(was & ~now, (-2, -1)) / total,
        "gained": jnp.sum(~was & now, (-2, -1)) / total,
    }


def shared_modes(key: jax.Array, count: int, modes: int) -> jax.Array:
    """Success (count, modes) of each mode on each prompt: mostly none, sometimes good; the first mode is the best."""
    hit_key, size_key = jax.random.split(key)
    chance = jnp.linspace(0.5, 0.15, modes)
    return (jax.random.uniform(hit_key, (count, modes)) < chance) * jax.random.uniform(size_key, (count, modes))
