"""Learning from failures alone, and holding the entropy by the sign of the samples, where responses are long.

A tiny transformer copies three digits behind nine words without consequence (12 tokens, most of them likely), from a
base that is sure of a wrong last digit on three prompts of ten. Raw rewards ±1 without a baseline, 16 prompts x 8
answers, 4 updates a rollout, Adam 1e-3: PSR learns from right samples only, NSR from wrong ones only, and Entrocraft
drops the right ones while the mean token entropy is below its band, the wrong ones while it is above. Substitute for
the language models of the sources. Lines and dots: mean over seeds; band and bars: its 95 % interval; d: single runs.
Each seed has a base policy of its own.

Shows: failures alone do not preserve the decision entropy, nine tenths of it go (a), but keep two to three times as
much a rollout as successes alone, and at equal reward from 0.7 on, seed by seed, still 1.2 to 1.4 times as much (b),
which on bandits is Adam's doing (claim c15). With coin tosses for rewards, which teach nothing, NSR raises the entropy
and PSR leaves it (c). Entrocraft does not hold its band in single runs (d): below it wrong samples run out, and the
words' own entropy wanders in any case.
Source: arXiv 2506.01347 (PSR, NSR) and 2604.26326 (Entrocraft); the testbed is ours.
Cost: smoke 15 s, laptop 60 s
Run: python -m experiments.entropy_interventions.long_responses
"""

from dataclasses import dataclass

import jax
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.entropy_interventions._equal_reward import at_reward
from experiments.entropy_interventions._long_runs import BAND, METHODS, long_runs
from figures.annotate import panel_letters
from figures.forms import line_with_band
from figures.render import render
from figures.statistics import mean_band
from figures.style import BLUE, DOUBLE, GREEN, GREY, VERMILION, new_figure

LEVELS = np.linspace(0.6, 0.8, 5)


@dataclass(frozen=True)
class Config:
    """The task and the runs."""

    words: int = 9
    rollouts: int = 40
    seeds: int = 8
    imitation: int = 400

    def __post_init__(self):
        if self.seeds < 2:
            raise ValueError(f"seeds={self.seeds}: must be >= 2 for an interval")


PRESETS = {"smoke": Config(1, rollouts=7, seeds=2, imitation=5), "laptop": Config(), "paper": Config(17, 400, 32, 1000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Reports (seeds, rewards: true or tossed, methods, rollouts)."""
    sizes = {"words": config.words, "rollouts": config.rollouts, "imitation": config.imitation}
    return long_runs(jax.random.split(key, config.seeds), run.mesh, **sizes, tossed=(False, True))


def draw(config: Config, arrays: Arrays) -> Figure:
    """Per rollout, at equal reward, without a signal, and run by run."""
    figure, axes = new_figure(DOUBLE, 4.2, rows=2, cols=2)
    (per_rollout, equal), (tossed, single) = axes
    rollouts = np.arange(config.rollouts)
    entropy, reward = (np.asarray(arrays[name], float) for name in ("decision_entropy", "reward"))
    for index, (method, color) in enumerate(zip(METHODS, (VERMILION, BLUE, GREEN), strict=True)):
        line_with_band(per_rollout, rollouts, mean_band(entropy[:, 0, index]), method, color)
        line_with_band(tossed, rollouts, mean_band(entropy[:, 1, index]), method, color)
        reached = np.array([at_reward(entropy[:, 0, index], reward[:, 0, index], level) for level in LEVELS])
        all_runs = np.isfinite(reached).all(1)  # a mean over the fast runs only would flatter
        if all_runs.any():
            band = mean_band(reached[all_runs].T)
            bars = np.abs(np.stack([band.lower, band.upper]) - band.middle)
            place = LEVELS[all_runs] + 0.006 * (index - 1)  # side by side
            equal.errorbar(place, band.middle, bars, fmt="o", color=color, label=method)
    single.axhspan(*BAND, color=GREEN, alpha=0.3, lw=0, label="band to be held")
    single.plot(rollouts, np.asarray(arrays["entropy"], float)[:, 0, 2].T, color=GREY, lw=0.7)
    per_rollout.set(xlabel="rollout", ylabel="decision entropy (nats)", yscale="log")
    equal.set(xticks=LEVELS, xlabel="reward reached by all runs", ylabel="decision entropy (nats)", ylim=(0, None))
    tossed.set(xlabel="rollout, rewards by coin toss", ylabel="decision entropy (nats)", ylim=(0, None))
    single.set(xlabel="rollout", ylabel="mean token entropy (nats)", ylim=(0, None))
    for ax in (tossed, single):
        ax.legend()
    panel_letters(axes.ravel())
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
