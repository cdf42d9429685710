"""EVOL-RL: the majority wins, and novelty ranks within winners and losers.

Slot: R. Within a group the majority answer counts as right. Novelty u = 1 - (α s̄ + (1 - α) s_max), with the mean
similarity to one's own side and the largest to anyone, is scaled to [0, 1] on each side; the majority gets 0.5 + 0.5 u,
the rest -1 + 0.5 u. Effect: against collapse. Source: arXiv 2509.15194, α = 1/2, together with clip-higher and an
entropy bonus. There similarity is that of embeddings; here it is the share of equal tokens.
"""

import jax
import jax.numpy as jnp

from core.policies.interventions.interface import Intervention


def novelty_reward(mix: float = 0.5) -> Intervention:
    """The last token of a response is its answer; the task's own reward is not used.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> batch, _, context = by_hand(responses=[[0, 0], [0, 1]])  # of two different answers the first wins
    >>> jax.jit(lambda: novelty_reward().reward(batch, context))().tolist()
    [0.5, -1.0]
    """

    def of_group(responses):
        answer = responses[:, -1]
        same = answer[:, None] == answer[None]
        votes = jnp.sum(same, 1)
        winner = answer[jnp.argmax(votes)]
        side = answer == winner
        alike = jnp.mean(responses[:, None] == responses[None], -1, dtype=jnp.float32)
        others = 1 - jnp.eye(len(answer), dtype=jnp.float32)
        peers = others * (side[:, None] == side[None])
        intra = jnp.sum(alike * peers, 1) / jnp.maximum(jnp.sum(peers, 1), 1)
        novelty = 1 - (mix * intra + (1 - mix) * jnp.max(alike * others, 1))

        def scaled(members):
            low = jnp.min(jnp.where(members, novelty, jnp.inf))
            high = jnp.max(jnp.where(members, novelty, -jnp.inf))
            return jnp.where(high > low, (novelty - low) / jnp.where(high > low, high - low, 1), 0)

        return jnp.where(side, 0.5 + 0.5 * scaled(side), -1 + 0.5 * scaled(~side))

    def reward(batch, context):
        shape = (-1, context.size, batch.responses.shape[1])
        values = jax.vmap(of_group)(batch.responses.reshape(shape))
        return values.ravel().astype(batch.reward.dtype)

    return Intervention(reward=reward)
