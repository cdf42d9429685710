"""Clip_B and Clip_V against the collapse of the entropy.

Decision entropy and reward of a tiny transformer that learns (a + b + c) mod 10 by GRPO (32 prompts x 8 answers, 4
updates a rollout, Adam 1e-3), plain and with the two clipping rules at several widths μ. Only tokens with negative
advantage are clipped, as in the released code. Substitute: the paper trains 7B models; its batches hold a thousand
times more tokens, so the cap of Clip_V is raised from 1e-4 to 0.1 of the batch. Line: mean over seeds, band: its 95 %
interval.

Shows: plain GRPO falls below a tenth of its start; at μ = 1 both rules end with 3 to 4.5 times as much entropy, for
some reward. At the released μ = 2.5 Clip_B finds no outliers to clip here, and Clip_V only delays the fall.
Source: arXiv 2602.03392, Clip_B and Clip_V.
Cost: smoke 10 s, laptop 45 s
Run: python -m experiments.entropy_dynamics.clipping_curves
"""

import jax
import jax.numpy as jnp
from matplotlib.figure import Figure

from core.policies.interventions.clip_batch import clip_batch
from core.policies.interventions.clip_vocabulary import clip_vocabulary
from core.policies.interventions.interface import NOTHING
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.entropy_dynamics._sums import PRESETS, Config, compute_reports
from figures.annotate import panel_letters
from figures.forms import line_with_band
from figures.render import render
from figures.statistics import mean_band
from figures.style import COLORS, DOUBLE, new_figure

METHODS = {
    "GRPO": NOTHING,
    r"Clip$_B$, $\mu=2.5$": clip_batch(2.5),
    r"Clip$_B$, $\mu=1$": clip_batch(1.0),
    r"Clip$_V$, $\mu=2.5$": clip_vocabulary(2.5, 0.1),
    r"Clip$_V$, $\mu=1$": clip_vocabulary(1.0, 0.1),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Reports (methods, seeds, rollouts)."""
    return compute_reports(METHODS, config, key)


def draw(config: Config, arrays: Arrays) -> Figure:
    """Entropy, reward, and the share of tokens that are clipped."""
    figure, axes = new_figure(DOUBLE, 2.3, cols=3)
    rollouts = jnp.arange(config.rollouts)
    names = ("decision_entropy", "reward", "touched")
    labels = ("decision entropy (nats)", "reward", "share of tokens clipped")
    for ax, name, label in zip(axes, names, labels, strict=True):
        for index, method in enumerate(list(METHODS)[: config.methods]):
            line_with_band(ax, rollouts, mean_band(arrays[name][index]), method, COLORS[index])
        ax.set(xlabel="rollout", ylabel=label)
    axes[0].set(yscale="log", ylim=(0.02, 4))
    axes[1].legend(loc="lower right")
    panel_letters(axes)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
