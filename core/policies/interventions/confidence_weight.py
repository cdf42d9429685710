"""ETTRL: advantages weighted by how confident the whole response is.

Slot: A. A (1 + s (H̄ - H̄_i) / H̄), H̄_i the mean entropy of the response and H̄ that of the batch: the weights have
mean 1. Effect: down, confident answers count more. Source: arXiv 2508.11356, s = 1.
"""

import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, Shaped, over_tokens, response_mean


def confidence_weight(strength: float = 1.0) -> Intervention:
    """Scales each response's advantage by its relative confidence.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> arguments = by_hand(entropy=[[0.0], [1.0]], advantage=1.0)  # H̄ = 1/2
    >>> confidence_weight().shape(*arguments).effect.advantage.tolist()
    [[2.0, 2.0], [0.0, 0.0]]
    """

    def shape(batch, effect, context):
        own = response_mean(batch.entropy, batch.mask)
        mean = jnp.mean(own)
        weight = 1 + strength * jnp.where(mean > 0, (mean - own) / jnp.where(mean > 0, mean, 1), 0)
        return Shaped(effect._replace(advantage=effect.advantage * over_tokens(weight, batch.mask)), (), context.memory)

    return Intervention(shape)
