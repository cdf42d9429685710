"""Clip_B and Clip_V against the collapse of the entropy.

Decision entropy and reward of a tiny transformer that learns (a + b + c) mod 10 by GRPO (32 prompts x 8 answers, 4
updates a rollout, Adam 1e-3), plain and with the two clipping rules at several widths μ. Only tokens with negative
advantage are clipped, as in the released code. Substitute: the paper trains 7B models; its batches hold a thousand
times more tokens, so the cap of Clip_V is raised from 1e-4 to 0.1 of the batch. Line: mean over seeds, which share
the base policy, band: its 95 % interval.

Shows: plain GRPO falls below a tenth of its start; at μ = 1 both rules end with 2.3 to 2.4 times as much entropy, for
0.03 of the reward. At the released μ = 2.5 Clip_B finds no outliers to clip here, and Clip_V only delays the fall.
Source: arXiv 2602.03392, Clip_B and Clip_V.
Cost: smoke 10 s, laptop 35 s
Run: python -m experiments.entropy_dynamics.clipping_curves
"""

import jax
from matplotlib.figure import Figure

from core.policies.interventions.clip_batch import clip_batch
from core.policies.interventions.clip_vocabulary import clip_vocabulary
from core.policies.interventions.interface import NOTHING
from core.policies.testbed import MethodRuns
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.entropy_dynamics._sums import PRESETS, curves, reports
from figures.render import render

METHODS = {
    "GRPO": NOTHING,
    r"Clip$_B$, $\mu=2.5$": clip_batch(2.5),
    r"Clip$_B$, $\mu=1$": clip_batch(1.0),
    r"Clip$_V$, $\mu=2.5$": clip_vocabulary(2.5, 0.1),
    r"Clip$_V$, $\mu=1$": clip_vocabulary(1.0, 0.1),
}


def compute(config: MethodRuns, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Reports (methods, seeds, rollouts)."""
    return reports(METHODS, config, key, run)


def draw(config: MethodRuns, arrays: Arrays) -> Figure:
    """Entropy, reward, and the share of tokens that are clipped."""
    return curves(METHODS, config, arrays, "clipped")


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
