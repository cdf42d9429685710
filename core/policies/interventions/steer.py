"""STEER: weigh each token down by how much entropy change it is estimated to cause.

Slot: L. λ = λ_min^{|Ω| / max |Ω|}, so that the largest estimated change gets the smallest weight. Three estimates:
`printed` Ω = I_clip A r (1 - p) S, the first-order change if the sampled logit moved alone; `released` A/p_old (1 - p)
S without the clip indicator and with max |Ω| floored at 0.02, as the released code has it; `exact` I_clip A r (S -
E_p[S]), ours, at the same cost. Effect: up, mildly. Source: arXiv 2510.10150, Theorem 1 and released code; λ_min = 0.7
in the paper, 0.8 in the script.
"""

import jax.numpy as jnp

from core.policies.interventions.interface import Intervention
from theory.entropy.estimators import full_estimate, inverse_old_estimate, own_logit_estimate

ESTIMATES = ("printed", "released", "exact")


def steer(smallest: float = 0.7, estimate: str = "printed") -> Intervention:
    """Weights from `smallest` to 1, falling with the size of the estimated entropy change within a minibatch.

    >>> from core.policies.interventions.by_hand import by_hand, unmoved
    >>> batch, effect, _ = by_hand(log_prob=-1.0, advantage=[[0.0, 0.0], [0.0, 1.0]])  # one token changes the entropy
    >>> jnp.round(steer(0.5).live(unmoved(batch), batch, effect, ()), 4).tolist()
    [[1.0, 1.0], [1.0, 0.5]]
    """
    if not 0 < smallest <= 1 or estimate not in ESTIMATES:
        raise ValueError(f"smallest is {smallest} and estimate {estimate!r}; allowed are (0, 1] and {ESTIMATES}")

    def live_weight(live, batch, effect, marks):
        adv = effect.advantage
        if estimate == "released":
            change = inverse_old_estimate(live.log_prob, batch.log_prob, batch.entropy, adv)
            floor = 0.02
        else:
            unclipped = ~(((adv > 0) & (live.ratio > effect.high)) | ((adv < 0) & (live.ratio < effect.low)))
            own = own_logit_estimate(live.log_prob, batch.entropy, adv, live.ratio)
            full = full_estimate(live.log_prob, batch.entropy, batch.expected, adv, live.ratio)
            change = unclipped * (own if estimate == "printed" else full)
            floor = 1e-30
        size = jnp.abs(change) * batch.mask
        share = size / jnp.maximum(jnp.max(size), floor)
        return jnp.clip(jnp.exp(jnp.log(smallest) * share), smallest, 1)

    return Intervention(live=live_weight)
