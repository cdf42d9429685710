"""The methods that stand side by side, and what each source says that it does to the entropy."""

from typing import NamedTuple

from core.policies.interventions.clip_batch import clip_batch
from core.policies.interventions.clip_bounds import clip_bounds
from core.policies.interventions.clip_covariance import clip_covariance
from core.policies.interventions.clip_vocabulary import clip_vocabulary
from core.policies.interventions.confidence_weight import confidence_weight
from core.policies.interventions.contrast_halves import contrast_halves
from core.policies.interventions.empg import empg
from core.policies.interventions.entropy_advantage import entropy_advantage
from core.policies.interventions.entropy_balanced import entropy_balanced
from core.policies.interventions.entropy_bonus import entropy_bonus
from core.policies.interventions.interface import NOTHING, Intervention
from core.policies.interventions.kl_covariance import kl_covariance
from core.policies.interventions.low_probability import low_probability
from core.policies.interventions.mastered_tokens import mastered_tokens
from core.policies.interventions.novelty_reward import novelty_reward
from core.policies.interventions.outcome_bonus import outcome_bonus
from core.policies.interventions.reference_divergence import reference_divergence
from core.policies.interventions.signed_weights import signed_weights
from core.policies.interventions.steer import steer
from core.policies.interventions.tail_risk import tail_risk
from core.policies.interventions.top_entropy import top_entropy


class Listed(NamedTuple):
    """A method and the sign of its effect on the entropy, against plain GRPO: 1 up, -1 down, 0 not said."""

    method: Intervention
    said: int


METHODS = {
    "entropy bonus .1": Listed(entropy_bonus(0.1), 1),
    "clip-higher .28": Listed(clip_bounds(0.2, 0.28), 1),
    "clip-low .05": Listed(clip_bounds(0.05, 0.2), 1),
    "Clip_B 1": Listed(clip_batch(1.0), 1),
    "Clip_V 1": Listed(clip_vocabulary(1.0, 0.1), 1),
    "Clip-Cov .1": Listed(clip_covariance(0.1, (0.5, 50.0)), 1),
    "KL-Cov .2, 3": Listed(kl_covariance(0.2, 3.0), 1),
    "STEER .7": Listed(steer(0.7), 1),
    "STEER .1": Listed(steer(0.1), 1),
    "top 20 %": Listed(top_entropy(0.2), 0),
    "entropy advantage": Listed(entropy_advantage(), 1),
    "AEPO agentic": Listed(entropy_balanced(), 0),
    "Lp-Reg": Listed(low_probability(quantile=0.2), 1),
    "DPH forward KL .1": Listed(reference_divergence(0.1), 1),
    "UloRL .5": Listed(mastered_tokens(0.5, 10.0), 1),
    "EMPG": Listed(empg(), -1),
    "ETTRL": Listed(confidence_weight(), -1),
    "CANON inter": Listed(contrast_halves(1.0), 0),
    "RiskPO": Listed(tail_risk(), 1),
    "EVOL-RL": Listed(novelty_reward(), 1),
    "outcome bonus .5": Listed(outcome_bonus(0.5), 1),
    "PSR": Listed(signed_weights(1.0, 0.0), -1),
    "NSR": Listed(signed_weights(0.0, 1.0), 1),
}
WITH_PLAIN = [NOTHING, *(listed.method for listed in METHODS.values())]
