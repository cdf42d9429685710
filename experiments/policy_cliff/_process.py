"""Random decision processes, and one in which the soft policy moves as far as it can."""

import jax
import jax.numpy as jnp


def random_process(key: jax.Array, states: int, actions: int) -> tuple[jax.Array, jax.Array]:
    """Normal rewards (states, actions) and Dirichlet transitions (states, actions, states)."""
    reward_key, move_key = jax.random.split(key)
    rewards = jax.random.normal(reward_key, (states, actions))
    return rewards, jax.random.dirichlet(move_key, jnp.full(states, 0.3), (states, actions))


def fork(distance: jax.Array) -> tuple[jax.Array, jax.Array]:
    """A start with two actions, each into a state for ever; the rewards of the two roads are ±distance/2.

    With the sign of the distance turned, every reward moves by the distance.
    """
    sign = jnp.array([[1.0, -1.0], [1.0, 1.0], [-1.0, -1.0]])
    move = jnp.zeros((3, 2, 3)).at[0, 0, 1].set(1).at[0, 1, 2].set(1).at[1, :, 1].set(1).at[2, :, 2].set(1)
    return sign * distance / 2, move
