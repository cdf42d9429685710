"""Which controllers hold the entropy at a target while the reward is learned.

Three methods that aim at an entropy, each with two targets (dashed), on a table of bandits (64 prompts x 20 answers,
32 prompts x 8 answers a rollout, 4 plain gradient steps a rollout): AEPO draws one answer a group at a temperature
above or below 1 and imitates it if it is right (strength 1, temperatures 2 and 1/2), EntroPIC weighs success against
failure by a controller (gains 1 and 0.05), Entrocraft drops samples of one sign (band of ±0.05 about the target).
Substitute for language models; temperatures and strength of AEPO are far above its source's (1.2, 0.8, 1/64), which
do nothing here. Line: mean over seeds, band: its 95 % interval; grey: plain GRPO.

Shows: none holds its target here. All fall through both; below the target EntroPIC and Entrocraft slow the fall, for
some reward, since they then learn from wrong samples, which lower the entropy as well.
Source: arXiv 2510.08141 (AEPO), 2604.26326 (Entrocraft, and EntroPIC in it).
Cost: smoke 10 s, laptop 15 s
Run: python -m experiments.entropy_interventions.held_target
"""

from dataclasses import dataclass
from functools import partial

import jax
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.policies.interventions.entropy_band import entropy_band
from core.policies.interventions.entropy_control import entropy_control
from core.policies.interventions.interface import NOTHING
from core.policies.interventions.tempered_targets import tempered_targets
from core.policies.testbed import bandit_recipe, compare
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import panel_letters
from figures.forms import line_with_band
from figures.render import render
from figures.statistics import mean_band
from figures.style import BLUE, DOUBLE, GREY, VERMILION, new_figure

KINDS = {
    "AEPO": lambda h: tempered_targets(h, 1.0, 2.0, 0.5),
    "EntroPIC": lambda h: entropy_control(h),
    "Entrocraft": lambda h: entropy_band((h - 0.05, h + 0.05), (h - 0.05, h + 0.05)),
}


@dataclass(frozen=True)
class Config:
    """Targets in nats, length and number of the runs."""

    targets: tuple[float, float] = (1.2, 0.7)
    rollouts: int = 150
    seeds: int = 8

    def __post_init__(self):
        if self.seeds < 2:
            raise ValueError(f"seeds={self.seeds}: must be >= 2 for an interval")


PRESETS = {"smoke": Config(rollouts=4, seeds=2), "laptop": Config(), "paper": Config(rollouts=600, seeds=64)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Reports (methods, seeds, rollouts): plain GRPO, then each kind at each target."""
    return jax.jit(partial(_runs, config, run.mesh))(key)


def _runs(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    at_base, at_runs = jax.random.split(key)
    recipe, params = bandit_recipe(at_base, horizon=config.rollouts)
    methods = [NOTHING, *(kind(target) for kind in KINDS.values() for target in config.targets)]
    keys = jax.random.split(at_runs, config.seeds)
    return compare(recipe, params, methods, keys, mesh=mesh, names=("entropy", "reward"))


def draw(config: Config, arrays: Arrays) -> Figure:
    """Entropy above, reward below, one column a method."""
    figure, axes = new_figure(DOUBLE, 3.6, rows=2, cols=len(KINDS), sharey="row", sharex=True)
    rollouts = np.arange(config.rollouts)
    for column, kind in enumerate(KINDS):
        for row, name in enumerate(("entropy", "reward")):
            ax = axes[row, column]
            ax.plot(rollouts, arrays[name][0].mean(0), color=GREY, lw=0.8, label="plain GRPO")
            for which, (target, color) in enumerate(zip(config.targets, (BLUE, VERMILION), strict=True)):
                band = mean_band(arrays[name][1 + len(config.targets) * column + which])
                line_with_band(ax, rollouts, band, f"target {target:g}", color)
                if name == "entropy":
                    ax.axhline(target, color=color, lw=0.8, ls="--")
        axes[1, column].set(xlabel=f"rollout, {kind}")
    axes[0, 0].set(ylabel="mean entropy (nats)", ylim=(0, None))
    axes[1, 0].set(ylabel="reward")
    axes[1, 0].legend(loc="lower right")
    panel_letters(axes.ravel())
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
