"""Advantages relative to the other answers of a group; rewards come as (groups, size).

Sources: GRPO arXiv:2402.03300, Dr. GRPO arXiv:2503.20783, RLOO arXiv:2402.14740, REINFORCE++ arXiv:2501.03262.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

Rewards = Float[Array, "groups size"]
TINY = 1e-6


def group_normalised(rewards: Rewards) -> Rewards:
    """GRPO: (R - mean) / (std + 1e-6) with the unbiased std; a group of one keeps its reward, as released codes do.

    >>> jnp.round(group_normalised(jnp.array([[9.0, 5.0, 1.0]])), 4).tolist()  # std 4
    [[1.0, 0.0, -1.0]]
    """
    size = rewards.shape[1]
    if size == 1:
        return rewards / (1 + TINY)
    return centred(rewards) / (jnp.std(rewards, axis=1, ddof=1, keepdims=True) + TINY)


def centred(rewards: Rewards) -> Rewards:
    """Dr. GRPO: R - mean, so that easy and hard prompts are not blown up.

    >>> centred(jnp.array([[1.0, 0.0]])).tolist()
    [[0.5, -0.5]]
    """
    return rewards - jnp.mean(rewards, axis=1, keepdims=True)


def leave_one_out(rewards: Rewards) -> Rewards:
    """RLOO: R minus the mean of the others, size/(size - 1) times the centred reward; 0 for a group of one.

    >>> leave_one_out(jnp.array([[1.0, 0.0]])).tolist()
    [[1.0, -1.0]]
    """
    size = rewards.shape[1]
    return centred(rewards) * (size / max(size - 1, 1))


def batch_normalised(rewards: Rewards) -> Rewards:
    """REINFORCE++: centred and scaled over the whole batch instead of a group.

    >>> jnp.round(batch_normalised(jnp.array([[1.0, 0.0]])), 4).tolist()
    [[1.0, -1.0]]
    """
    return (rewards - jnp.mean(rewards)) / (jnp.std(rewards) + TINY)


def plain(rewards: Rewards) -> Rewards:
    """Signed rewards without a baseline: +1 right, -1 wrong, for rewards in {0, 1}.

    >>> plain(jnp.array([[1.0, 0.0]])).tolist()
    [[1.0, -1.0]]
    """
    return 2 * rewards - 1
