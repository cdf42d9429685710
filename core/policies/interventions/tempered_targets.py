"""AEPO with a target: imitate right answers drawn at a temperature that steers the entropy.

Slot: P and X. One answer a group is drawn at the temperature T > 1 while the last entropy is below the target, T < 1
while it is above; it leaves the policy-gradient term and, if right, adds -α log π of its tokens. Effect: to the target;
to first order the term changes H by -α η Cov_p(l, π_T - π), which has the sign of T - 1. Source: arXiv 2510.08141,
α = 1/64, targets 0.5 to 0.75; the temperatures are free there, 1.2 and 0.8 in its later form.
"""

import jax.numpy as jnp

from core.policies.interventions.interface import Intervention, Shaped, masked_mean, over_tokens


def tempered_targets(
    target: float = 0.5, strength: float = 1 / 64, hot: float = 1.2, cold: float = 0.8
) -> Intervention:
    """Imitates tempered right answers; memory: the mean entropy of the last rollout.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> method = tempered_targets()
    >>> shaped = method.shape(*by_hand(method.memory, reward=[1.0, 1.0]))
    >>> shaped.marks.tolist(), shaped.effect.weight.tolist()  # imitated; trained as ever
    ([1.0, 0.0], [[0.0, 0.0], [1.0, 1.0]])
    """
    if not 0 < cold <= 1 <= hot:
        raise ValueError(f"hot is {hot} and cold {cold}; allowed are 0 < cold <= 1 <= hot")

    def sample(draw, key, context):
        warmth = jnp.where(context.memory < target, hot, cold)
        lead = jnp.arange(context.groups * context.size) % context.size == 0
        return draw(key, temperature=jnp.where(lead, warmth, 1.0) if strength else 1.0)

    def shape(batch, effect, context):
        lead = jnp.asarray(jnp.arange(len(batch.group)) % context.size == 0, batch.mask.dtype)
        now = masked_mean(batch.entropy, batch.mask).astype(context.memory.dtype)
        weight = effect.weight * (1 - over_tokens(lead, batch.mask)) if strength else effect.weight
        return Shaped(effect._replace(weight=weight), lead * batch.reward, now)

    def loss(live, batch, effect, chosen):
        return -strength * masked_mean(chosen[:, None] * live.log_prob, batch.mask)

    return Intervention(shape, loss=loss, sample=sample, memory=jnp.zeros((), jnp.float32))
