"""Weighting tokens by their estimated entropy change.

Decision entropy and reward of a tiny transformer that learns (a + b + c) mod 10 by GRPO (32 prompts x 8 answers, 4
updates a rollout, Adam 1e-3), plain and with STEER weights from three estimates: as printed, as in the released code,
and from the exact law, each with the smallest weight 0.1, and as printed with the paper's 0.7. Substitute for
Qwen2.5-Math-7B. Line: mean over seeds, which share the base policy, band: its 95 % interval.

Shows: at this size only the weights of the released code, at 0.1, slow the collapse: they end with 1.5 times as much
entropy as GRPO. The printed weights, at 0.7 and 0.1, and the exact ones do not differ from GRPO at the end.
Source: arXiv 2510.10150, released code; the exact weights are ours.
Cost: smoke 10 s, laptop 40 s
Run: python -m experiments.steer.weighting_curves
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from matplotlib.figure import Figure

from core.policies.interventions.interface import NOTHING
from core.policies.interventions.steer import steer
from core.policies.testbed import compare_on_sums
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import panel_letters
from figures.forms import line_with_band
from figures.render import render
from figures.statistics import mean_band
from figures.style import COLORS, DOUBLE, new_figure

METHODS = {
    "GRPO": NOTHING,
    r"printed, $\lambda_{\min}=0.7$": steer(0.7),
    r"printed, $\lambda_{\min}=0.1$": steer(0.1),
    r"released, $\lambda_{\min}=0.1$": steer(0.1, "released"),
    r"exact, $\lambda_{\min}=0.1$": steer(0.1, "exact"),
}


@dataclass(frozen=True)
class Config:
    """Length and number of the runs, and how many of the methods run."""

    rollouts: int = 100
    seeds: int = 8
    imitation: int = 600
    methods: int = len(METHODS)

    def __post_init__(self):
        if self.seeds < 2:
            raise ValueError(f"seeds={self.seeds}: must be >= 2 for an interval")


PRESETS = {"smoke": Config(3, 2, 5, methods=1), "laptop": Config(), "paper": Config(400, 32, 1000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Reports (methods, seeds, rollouts)."""
    methods = list(METHODS.values())[: config.methods]
    sizes = {"rollouts": config.rollouts, "seeds": config.seeds, "imitation": config.imitation}
    reports = compare_on_sums(methods, key, **sizes)
    return {name: reports[name] for name in ("decision_entropy", "reward", "touched")}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Entropy and reward."""
    figure, axes = new_figure(DOUBLE, 2.4, cols=2)
    rollouts = jnp.arange(config.rollouts)
    for ax, name, label in zip(
        axes, ("decision_entropy", "reward"), ("decision entropy (nats)", "reward"), strict=True
    ):
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
