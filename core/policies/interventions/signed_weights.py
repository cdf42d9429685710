"""PSR, NSR, W-REINFORCE: learn from success, from failure, or mostly from failure.

Slot: W. Tokens with A > 0 get one weight, those with A < 0 another. In exact expectation, and with rewards ±1 for one
state, success and failure give the same update, so the two can differ only through the weighting of prompts, finite
groups, clipping and shared parameters. Source: arXiv 2506.01347: PSR (1, 0), NSR (0, 1), W-REINFORCE (0.1, 1).
"""

import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, Shaped


def signed_weights(positive: float = 0.1, negative: float = 1.0) -> Intervention:
    """Weights of rewarded and of punished tokens.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> arguments = by_hand(advantage=[[1.0], [-1.0]])
    >>> signed_weights(0.5, 1.0).shape(*arguments).effect.weight.tolist()
    [[0.5, 0.5], [1.0, 1.0]]
    """

    def shape(batch, effect, context):
        weight = effect.weight * jnp.where(effect.advantage > 0, positive, negative)
        return Shaped(effect._replace(weight=weight), (), context.memory)

    return Intervention(shape)
