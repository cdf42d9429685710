"""LLDS: keep good answers from losing likelihood.

Slot: X. For each response with A >= 0 whose log-probability has fallen in sum, + λ mean over its tokens of
max(0, log π_old - log π). Effect: guards against the blow-up of entropy that precedes a breakdown; nothing at r = 1.
Source: arXiv 2512.04220, λ = 0.2; its form for several actions and its answer mask are left out.
"""

import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, response_mean


def likelihood_floor(strength: float = 0.2) -> Intervention:
    """Adds strength times the lost log-likelihood of good responses.

    >>> from core.policies.interventions.by_hand import by_hand, unmoved
    >>> batch, effect, _ = by_hand(log_prob=-1.0, advantage=[[1.0], [-1.0]])
    >>> live = unmoved(batch)._replace(log_prob=batch.log_prob - 1)  # only the first of two answers is protected
    >>> float(likelihood_floor(0.5).loss(live, batch, effect, ()))
    0.25
    """

    def loss(live, batch, effect, marks):
        lost = (batch.log_prob - live.log_prob) * batch.mask
        falling = (jnp.sum(lost, 1) > 0) & (response_mean(effect.advantage, batch.mask) >= 0)
        # x (x > 0) and not max(x, 0): no slope at 0, where every token stands at the first update
        return strength * jnp.mean(falling * response_mean(lost * (lost > 0), batch.mask))

    return Intervention(loss=loss)
