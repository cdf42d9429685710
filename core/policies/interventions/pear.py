"""PEAR: a right answer earns less the more uncertain its thinking was.

Slot: R. Right answers lose w max(0, H̄_think - α H̄_answer), the mean entropies of the two phases under the old policy.
Effect: thinking entropy down. Source: arXiv 2510.08026, Equation 7; α and the way it enters the reward were not found:
w = 1 and α = 1 are ours.
"""

import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, response_mean


def pear(weight: float = 1.0, ratio: float = 1.0, answer_tokens: int = 1) -> Intervention:
    """The last `answer_tokens` of a response are its answer, the rest is thinking.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> batch, _, context = by_hand(entropy=[[0.75, 0.25]], reward=[1.0, 0.0])  # of the thinking, of the answer
    >>> pear().reward(batch, context).tolist()
    [0.5, 0.0]
    """

    def reward(batch, context):
        length = batch.mask.shape[1]
        answering = jnp.asarray(jnp.arange(length) >= length - answer_tokens, batch.mask.dtype)[None]
        thinking = response_mean(batch.entropy, batch.mask * (1 - answering))
        answer = response_mean(batch.entropy, batch.mask * answering)
        return batch.reward - weight * (batch.reward > 0) * jnp.maximum(thinking - ratio * answer, 0)

    return Intervention(reward=reward)
