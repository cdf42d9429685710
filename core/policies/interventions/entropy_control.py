"""EntroPIC: balance rewarded and punished samples by a controller of the entropy.

Slot: W. Rewarded tokens count 1 + α, punished ones 1 - α, with α = K_p e + K_i Σ e clipped to [-1, 1] and e = H -
target: too little entropy takes weight from success. Effect: to the target. Source: EntroPIC, cited in arXiv
2604.26326; the gains were not found.
"""

import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, Shaped, masked_mean


def entropy_control(target: float = 0.5, proportional: float = 1.0, integral: float = 0.05) -> Intervention:
    """Memory: the sum of past errors, held within the reach of the controller.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> method = entropy_control(target=0.5, integral=0.0)
    >>> method.shape(*by_hand(method.memory, entropy=1.0, advantage=[[1.0], [-1.0]])).effect.weight.tolist()
    [[1.5, 1.5], [0.5, 0.5]]
    """

    def shape(batch, effect, context):
        error = masked_mean(batch.entropy, batch.mask) - target
        total = jnp.clip(context.memory + error, -20, 20).astype(context.memory.dtype)
        balance = jnp.clip(proportional * error + integral * total, -1, 1)
        weight = effect.weight * (1 + balance * jnp.sign(effect.advantage))
        return Shaped(effect._replace(weight=weight), (), total)

    return Intervention(shape, memory=jnp.zeros((), jnp.float32))
