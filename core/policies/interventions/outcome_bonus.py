"""Outcome bonuses: rare final answers earn extra.

Slot: R. `history` adds c / sqrt(N(x, answer)), N counting past answers to the prompt (hashed into buckets); `batch`
subtracts c times the share of the group's other members that gave the same answer. Effect: diversity of answers up.
Source: arXiv 2509.06941; c was not found.
"""

import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, Shaped

KINDS = ("batch", "history")


def outcome_bonus(
    strength: float = 0.1, kind: str = "batch", buckets: int = 4096, vocabulary: int = 64
) -> Intervention:
    """The last token of a response is its answer; memory of `history`: counts (buckets, vocabulary).

    >>> from core.policies.interventions.by_hand import by_hand
    >>> batch, _, context = by_hand(responses=[[0, 1], [1, 1]], reward=[1.0, 0.0])  # half of the group agrees with each
    >>> outcome_bonus(0.5).reward(batch, context).tolist()
    [0.75, -0.25]
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; allowed are {KINDS}")

    def place(batch):
        powers = 31 ** jnp.arange(batch.prompts.shape[1])
        return jnp.sum(batch.prompts * powers[None], 1) % buckets, batch.responses[:, -1] % vocabulary

    def reward(batch, context):
        if kind == "history":
            return batch.reward + strength / jnp.sqrt(jnp.maximum(context.memory[place(batch)], 1))
        answers = batch.responses[:, -1].reshape(-1, context.size)
        same = jnp.sum(answers[:, :, None] == answers[:, None], -1) - 1
        return batch.reward - strength * (same.ravel() / context.size).astype(batch.reward.dtype)

    def shape(batch, effect, context):
        memory = context.memory.at[place(batch)].add(1) if kind == "history" else context.memory
        return Shaped(effect, (), memory)

    counts = jnp.zeros((buckets, vocabulary), jnp.float32) if kind == "history" else ()
    return Intervention(shape, reward, memory=counts)
