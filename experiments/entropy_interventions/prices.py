"""What each method keeps of the entropy, and what it pays in reward.

The same table of bandits (64 prompts x 20 answers, 32 prompts x 8 answers a rollout, 4 plain gradient steps a rollout)
trained under every method with the same seeds, each as in its source or as strong as is said beside its name. a: mean
entropy over training, plain GRPO in black with its 95 % interval, the others in the colours of their class. b, c:
entropy and reward over the last tenth of the run, less those of GRPO with the same seeds; bars: 95 % interval of the
mean over seeds. Substitute for language models.

Shows: of the methods that end with clearly more entropy all but a weak entropy bonus end with less reward; the order is
not that of a single step (figure `lens`), since who learns less also keeps more.
Source: the methods' own papers, named in core/policies/interventions.
Cost: smoke 10 s, laptop 20 s
Run: python -m experiments.entropy_interventions.prices
"""

from dataclasses import dataclass
from functools import partial

import jax
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.policies.testbed import bandit_recipe, compare
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.entropy_interventions._methods import METHODS, WITH_PLAIN
from figures.annotate import panel_letters
from figures.forms import line_with_band
from figures.render import render
from figures.statistics import mean_band
from figures.style import BLUE, DOUBLE, GREEN, INK, VERMILION, new_figure


@dataclass(frozen=True)
class Config:
    """Length and number of the runs, and how many methods are compared with GRPO."""

    rollouts: int = 80
    seeds: int = 8
    methods: int = len(METHODS)

    def __post_init__(self):
        if self.seeds < 2 or self.methods < 1:
            raise ValueError(f"seeds={self.seeds}, methods={self.methods}: must be >= 2 and >= 1")


PRESETS = {"smoke": Config(4, 2, methods=4), "laptop": Config(), "paper": Config(400, 64)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Reports (methods, seeds, rollouts); the first method is plain GRPO."""
    return jax.jit(partial(_runs, config, run.mesh))(key)


def _runs(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    at_base, at_runs = jax.random.split(key)
    recipe, params = bandit_recipe(at_base, horizon=config.rollouts)
    methods, keys = WITH_PLAIN[: 1 + config.methods], jax.random.split(at_runs, config.seeds)
    return compare(recipe, params, methods, keys, mesh=mesh, names=("entropy", "reward"))


def draw(config: Config, arrays: Arrays) -> Figure:
    """Entropy over training, and both differences at its end, one row a method."""
    figure, (left, *both) = new_figure(DOUBLE, 3.4, cols=3, width_ratios=(1.3, 1, 1))
    rollouts, tail = np.arange(config.rollouts), max(config.rollouts // 10, 1)
    ends = [np.asarray(arrays[name], float)[..., -tail:].mean(-1) for name in ("entropy", "reward")]
    kept, paid = (mean_band((end[1:] - end[0]).T) for end in ends)
    order = np.argsort(np.asarray(kept.middle))
    rows, up, down = np.arange(len(order)), np.asarray(kept.lower) > 0, np.asarray(paid.upper) < 0
    colors = np.where(up, np.where(down, GREEN, BLUE), VERMILION)
    for index in order:
        left.plot(rollouts, arrays["entropy"][1 + index].mean(0), color=colors[index], lw=0.6)
    line_with_band(left, rollouts, mean_band(arrays["entropy"][0]), "GRPO", INK, lw=1.6)
    for ax, band in zip(both, (kept, paid), strict=True):
        ax.axvline(0, color="0.6", linewidth=0.6)
        middle, lower, upper = (np.asarray(x)[order] for x in band[:3])
        for row in rows:
            bar = [[middle[row] - lower[row]], [upper[row] - middle[row]]]
            ax.errorbar(middle[row], row, xerr=bar, fmt="o", color=colors[order[row]])
        ax.set_yticks(rows, [])
        ax.tick_params(axis="y", length=0)
    both[0].set_yticks(rows, [list(METHODS)[i] for i in order])
    for label, color in (("more entropy, no less reward", BLUE), ("more entropy, less reward", GREEN),
                         ("no more entropy", VERMILION)):  # fmt: skip
        left.plot([], [], color=color, label=label)
    left.set(xlabel="rollout", ylabel="mean entropy (nats)", ylim=(0, None))
    left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2, columnspacing=0.8)
    both[0].set(xlabel="entropy gained (nats)")
    both[1].set(xlabel="reward gained")
    panel_letters((left, *both))
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
