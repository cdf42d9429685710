"""Clip-Cov and KL-Cov against the collapse, and one curve for all of them.

Decision entropy and reward of a tiny transformer that learns (a + b + c) mod 10 by GRPO (32 prompts x 8 answers, 4
updates a rollout, Adam 1e-3), plain, with a raised upper clip bound, and with the two covariance controls.
Substitute: the paper trains 7B and 32B models; its shares (2e-4 of the tokens) would pick no token here, so they are
raised about a hundredfold. Line: mean over seeds, band: its 95 % interval. Right: all methods, reward against
entropy, one dot a rollout (mean over seeds).

Shows: GRPO and clip-higher fall below a tenth of the start; both controls keep at least twice GRPO's entropy; the (H,
R) points of all methods lie near one curve.
Source: arXiv 2505.22617, Figures 1, 11 and 12, Clip-Cov and KL-Cov.
Cost: smoke 10 s, laptop 40 s
Run: python -m experiments.entropy_mechanism.covariance_controls
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from matplotlib.figure import Figure

from core.policies.interventions.clip_bounds import clip_bounds
from core.policies.interventions.clip_covariance import clip_covariance
from core.policies.interventions.interface import NOTHING
from core.policies.interventions.kl_covariance import kl_covariance
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
    "clip-higher 0.28": clip_bounds(0.2, 0.28),
    "Clip-Cov, $r=0.1$": clip_covariance(0.1, (0.5, 50.0)),
    r"KL-Cov, $k=0.2$, $\beta=1$": kl_covariance(0.2, 1.0),
    r"KL-Cov, $k=0.2$, $\beta=3$": kl_covariance(0.2, 3.0),
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


PRESETS = {"smoke": Config(3, 2, 5, methods=2), "laptop": Config(), "paper": Config(400, 32, 1000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Reports (methods, seeds, rollouts)."""
    methods = list(METHODS.values())[: config.methods]
    sizes = {"rollouts": config.rollouts, "seeds": config.seeds, "imitation": config.imitation}
    reports = compare_on_sums(methods, key, **sizes)
    return {name: reports[name] for name in ("decision_entropy", "reward", "touched")}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Entropy, reward, and reward over entropy."""
    figure, axes = new_figure(DOUBLE, 2.3, cols=3)
    rollouts = jnp.arange(config.rollouts)
    for index, method in enumerate(list(METHODS)[: config.methods]):
        h, r = arrays["decision_entropy"][index], arrays["reward"][index]
        line_with_band(axes[0], rollouts, mean_band(h), method, COLORS[index])
        line_with_band(axes[1], rollouts, mean_band(r), method, COLORS[index])
        axes[2].plot(h.mean(0), r.mean(0), ".", color=COLORS[index], markersize=2.5)
    axes[0].set(xlabel="rollout", ylabel="decision entropy (nats)", yscale="log", ylim=(0.02, 4))
    axes[1].set(xlabel="rollout", ylabel="reward")
    axes[1].legend(loc="lower right")
    axes[2].invert_xaxis()
    axes[2].set(xlabel="decision entropy (nats)", ylabel="reward")
    panel_letters(axes)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
