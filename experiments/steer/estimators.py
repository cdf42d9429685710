"""Estimators of a token's entropy change against the truth.

Each dot is one sampled token of a synthetic next-token row (Zipf-like tails, 500 tokens, peaks of all heights) with a
standard normal advantage. x: the realised change after a policy-gradient step of size 0.01 on that row, divided by
the step; y: the estimate. From left to right: the full law -A (S - E S), Theorem 1 as printed, -A (1 - p) S, the bare
discriminator -A S, the released code's -(A/p)(1 - p) S, and minus the batch covariance, the last two cut at the
frame. On rows whose parameters are not shared the full law is exact; a transformer's shared parameters blur all of
them alike.

Shows: the full law on the diagonal; Theorem 1 spread around it by the baseline that it drops.
Source: arXiv 2510.10150, Theorem 1 and its estimator comparison (synthetic rows in place of model outputs).
Cost: 3 s
Run: python -m experiments.steer.estimators
"""

from dataclasses import dataclass
from functools import partial

import jax
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.steer._rows import NAMES, guessed
from figures.annotate import small_print
from figures.render import render
from figures.style import BLUE, DOUBLE, GREY, HAIRLINE, new_figure


@dataclass(frozen=True)
class Config:
    """Tokens, and the step of the truth."""

    tokens: int = 4000
    step: float = 1e-2

    def __post_init__(self):
        if self.tokens < 2 or not self.step > 0:
            raise ValueError(f"tokens={self.tokens}, step={self.step}: must be >= 2 and > 0")


PRESETS = {"smoke": Config(1000), "laptop": Config(), "paper": Config(40_000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """The truth (tokens,) and the estimates (estimators, tokens)."""
    truth, guesses = jax.jit(partial(guessed, count=config.tokens, step=config.step))(key)
    return {"truth": truth, "estimates": guesses}


def draw(config: Config, arrays: Arrays) -> Figure:
    """One square an estimator."""
    figure, axes = new_figure(DOUBLE, 1.9, cols=len(NAMES), sharey=True)
    truth = arrays["truth"]
    reach = float(np.quantile(np.abs(truth), 0.995))
    for ax, name, estimate in zip(axes, NAMES, arrays["estimates"], strict=True):
        ax.plot([-reach, reach], [-reach, reach], color=GREY, linewidth=HAIRLINE)
        ax.plot(truth, estimate, ".", color=BLUE, markersize=1.5, alpha=0.5, rasterized=True)
        small_print(ax, f"correlation {np.corrcoef(truth, estimate)[0, 1]:.3f}")
        ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xlabel=name)
    axes[0].set_ylabel(r"estimate of $\Delta H/\eta$")
    figure.supxlabel(
        r"realised $\Delta H/\eta$ of one token's step, against the estimate named below each panel", fontsize=7
    )
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
