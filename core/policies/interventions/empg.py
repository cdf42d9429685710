"""EMPG: advantages modulated by each step's own entropy, with a bonus for a clear next step.

Slot: A. A g(H_t) + ζ f(H_{t+1}) with g = e^{-k Hn} / mean e^{-k Hn}, f = e^{-k' Hn}, Hn the entropy scaled to [0, 1]
over the batch; then centred. Effect: confident steps sharpen faster, uncertain ones are damped, since E|∇ log p|² = 1
- Σp² is already larger for them. Source: arXiv 2509.09265; k, k', ζ were not found.
"""

import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, Shaped, masked_mean


def empg(damping: float = 1.0, clarity: float = 1.0, bonus: float = 0.05) -> Intervention:
    """Damping k, clarity k' and bonus ζ; damping 0 with bonus 0 leaves centred advantages alone.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> from math import log
    >>> arguments = by_hand(entropy=[[0.0, 1.0]], advantage=1.0)  # g ∝ 1, 1/3
    >>> jnp.round(empg(damping=log(3), bonus=0.0).shape(*arguments).effect.advantage, 4).tolist()
    [[0.5, -0.5], [0.5, -0.5]]
    """

    def shape(batch, effect, context):
        mask = batch.mask
        low = jnp.min(jnp.where(mask > 0, batch.entropy, jnp.inf), initial=jnp.inf)
        high = jnp.max(jnp.where(mask > 0, batch.entropy, -jnp.inf), initial=-jnp.inf)
        scaled = jnp.where(high > low, (batch.entropy - low) / jnp.where(high > low, high - low, 1), 0)
        gain = jnp.exp(-damping * scaled)
        gain = gain / jnp.where(jnp.sum(mask) > 0, masked_mean(gain, mask), 1)
        clear = jnp.exp(-clarity * scaled) * mask
        following = jnp.concatenate([clear[:, 1:], jnp.zeros_like(clear[:, :1])], 1)
        shaped = effect.advantage * gain + bonus * following
        if damping or bonus:
            shaped = shaped - masked_mean(shaped, mask)
        return Shaped(effect._replace(advantage=shaped), (), context.memory)

    return Intervention(shape)
