"""Predicted and measured entropy change of many methods, on one policy.

A table of bandits (64 prompts x 20 answers) takes one plain gradient step under each method, from the same rollouts
of 32 prompts x 8 answers. Crosses: the first-order prediction, the sum of -S dz over visited states; dots: the
measured change of the mean entropy, both as differences from plain GRPO and in units of GRPO's own change. Mean over
rollouts; bars: 95 % interval of the mean of the measured differences. The rollout was drawn by a policy 0.2 (normal,
each logit) away, so that ratios differ from 1 and clip bounds can act.

Shows: prediction and measurement agree for every method; most lie to the right of 0: they take less entropy than GRPO.
Source: the methods' own papers, named in core/policies/interventions; the common first-order law is ours.
Cost: smoke 15 s, laptop 30 s
Run: python -m experiments.entropy_interventions.lens
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.policies.interventions.clip_batch import clip_batch
from core.policies.interventions.clip_bounds import clip_bounds
from core.policies.interventions.clip_covariance import clip_covariance
from core.policies.interventions.clip_vocabulary import clip_vocabulary
from core.policies.interventions.confidence_weight import confidence_weight
from core.policies.interventions.contrast_halves import contrast_halves
from core.policies.interventions.entropy_advantage import entropy_advantage
from core.policies.interventions.entropy_bonus import entropy_bonus
from core.policies.interventions.entropy_control import entropy_control
from core.policies.interventions.interface import NOTHING
from core.policies.interventions.kl_covariance import kl_covariance
from core.policies.interventions.outcome_bonus import outcome_bonus
from core.policies.interventions.signed_weights import signed_weights
from core.policies.interventions.steer import steer
from core.policies.interventions.top_entropy import top_entropy
from core.policies.lens import one_step
from core.policies.testbed import bandit_recipe
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.render import render
from figures.style import BLUE, DOUBLE, VERMILION, new_figure

METHODS = {
    "entropy bonus .1": entropy_bonus(0.1),
    "clip-higher .28": clip_bounds(0.2, 0.28),
    "clip-low .05": clip_bounds(0.05, 0.2),
    "Clip_B 1": clip_batch(1.0),
    "Clip_V 1": clip_vocabulary(1.0, 0.1),
    "Clip-Cov .1": clip_covariance(0.1, (0.5, 50.0)),
    "KL-Cov .2, 3": kl_covariance(0.2, 3.0),
    "STEER .7": steer(0.7),
    "STEER .1": steer(0.1),
    "top 20 %": top_entropy(0.2),
    "entropy advantage": entropy_advantage(),
    "ETTRL": confidence_weight(),
    "CANON inter": contrast_halves(1.0),
    "EntroPIC 1": entropy_control(1.0),
    "outcome bonus .5": outcome_bonus(0.5),
    "PSR": signed_weights(1.0, 0.0),
    "NSR": signed_weights(0.0, 1.0),
}


@dataclass(frozen=True)
class Config:
    """Rollouts to average over, the step, and how stale the rollouts are."""

    rollouts: int = 64
    rate: float = 1.0
    stale: float = 0.2


PRESETS = {"smoke": Config(rollouts=3), "laptop": Config(), "paper": Config(rollouts=1000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Predicted and measured changes (methods, rollouts), and those of plain GRPO (rollouts)."""
    at_base, at_noise, at_runs = jax.random.split(key, 3)
    recipe, old = bandit_recipe(at_base)
    noise = config.stale * jax.random.normal(at_noise, old["logits"].shape, old["logits"].dtype)
    params = {"logits": old["logits"] + noise}
    keys = jax.random.split(at_runs, config.rollouts)

    def changes(method):
        step = partial(one_step, recipe._replace(method=method), params, rate=config.rate, stale=old)
        return jax.jit(lambda ks: jax.lax.map(step, ks))(keys)

    plain = changes(NOTHING)
    predicted, measured = (jnp.stack(x) for x in zip(*(changes(m) for m in METHODS.values()), strict=True))
    return {"predicted": predicted, "measured": measured, "plain_predicted": plain[0], "plain_measured": plain[1]}


def draw(config: Config, arrays: Arrays) -> Figure:
    """One row a method, sorted by what was measured."""
    figure, ax = new_figure(DOUBLE, 3.2)
    unit = np.abs(arrays["plain_measured"].mean())
    law = (arrays["predicted"] - arrays["plain_predicted"]).mean(1) / unit
    gap = (arrays["measured"] - arrays["plain_measured"]) / unit
    bar = 1.96 * gap.std(1) / np.sqrt(gap.shape[1])
    order = np.argsort(gap.mean(1))
    rows = np.arange(len(order))
    ax.axvline(0, color="0.6", linewidth=0.6)
    ax.errorbar(gap.mean(1)[order], rows, xerr=bar[order], fmt="o", color=BLUE, label="measured (bars: 95 %)")
    ax.plot(law[order], rows, "x", color=VERMILION, markersize=5, label="predicted, first order")
    ax.set_yticks(rows, [list(METHODS)[i] for i in order])
    ax.set(xlabel=r"$\Delta H$ of one step less that of GRPO, in units of $|\Delta H_{\mathrm{GRPO}}|$")
    ax.legend(loc="lower right")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
