"""ARES: wrong answers pay for too much or too little exploration, by the difficulty of the prompt.

Slot: R. N counts a response's tokens above the threshold (batch mean of the .95 quantile of each response). A wrong
answer loses λ_d g_d(N - target): too many on easy prompts, any deviation on medium ones, too few on hard ones, with
λ_d = max(0, (E N - target) / (Var N + ε)). Effect: easy down, hard up. With the target set to the same batch's mean λ_d
is 0 for ever; here it is given. Source: arXiv 2510.08457; buckets at accuracies 1/3 and 2/3 are ours.
"""

import jax.numpy as jnp

from core.policies.interventions.interface import Intervention


def difficulty_bucket(
    strength: float = 1.0, target: float = 0.5, bounds: tuple[float, float] = (1 / 3, 2 / 3)
) -> Intervention:
    """The target is the number of uncertain tokens a response should have.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> batch, _, context = by_hand(entropy=[[0.0, 1.0], [3.0, 3.0]], reward=[1.0, 0.0])  # threshold 2, N = 0 and 2
    >>> jnp.round(difficulty_bucket(target=0.5).reward(batch, context), 4).tolist()  # λ = 1/2, N - target = 3/2
    [1.0, -0.75]
    """

    def reward(batch, context):
        length = batch.mask.shape[1]
        place = min(int(0.95 * length), length - 1)
        own = jnp.sort(jnp.where(batch.mask > 0, batch.entropy, -jnp.inf), 1)[:, place]
        threshold = jnp.mean(jnp.where(jnp.isfinite(own), own, 0))
        number = jnp.sum(batch.mask * (batch.entropy > threshold), 1)
        accuracy = jnp.repeat(jnp.mean(batch.reward.reshape(-1, context.size), 1), context.size)
        excess = number - target
        easy, hard = accuracy > bounds[1], accuracy < bounds[0]
        price = jnp.where(easy, jnp.maximum(excess, 0), jnp.where(hard, jnp.maximum(-excess, 0), jnp.abs(excess)))
        rate = jnp.maximum(0, jnp.mean(excess) / (jnp.var(number) + 1e-6))
        return batch.reward - strength * jnp.minimum(rate, 1) * (batch.reward <= 0) * price

    return Intervention(reward=reward)
