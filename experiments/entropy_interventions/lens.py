"""Predicted and measured entropy change of many methods, on one policy.

A table of bandits (64 prompts x 20 answers) takes one plain gradient step under each method, from the same rollouts
of 32 prompts x 8 answers. Crosses: the first-order prediction, the sum of -S dz over visited states; dots: the
measured change of the mean entropy, both as differences from plain GRPO and in units of GRPO's own change. Mean over
rollouts; bars: 95 % interval of the mean of the measured differences. The rollout was drawn by a policy 0.2 (normal,
each logit) away, so that ratios differ from 1 and clip bounds can act. Triangles: what the method's source says it
does to the entropy; grey where one step here shows the other sign or none (interval over 0).

Shows: prediction and measurement agree for every method, in sign and size; the sign is not always that of the source.
Source: the methods' own papers, named in core/policies/interventions; the common first-order law is ours.
Cost: smoke 10 s, laptop 15 s
Run: python -m experiments.entropy_interventions.lens
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.policies.interventions.one_of import one_of
from core.policies.lens import one_step
from core.policies.testbed import bandit_recipe
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.entropy_interventions._methods import METHODS, WITH_PLAIN
from figures.render import render
from figures.statistics import mean_band
from figures.style import BLUE, DOUBLE, INK, VERMILION, new_figure


@dataclass(frozen=True)
class Config:
    """Rollouts to average over, the step, how stale the rollouts are, and how many methods are compared with GRPO."""

    rollouts: int = 64
    rate: float = 1.0
    stale: float = 0.2
    methods: int = len(METHODS)

    def __post_init__(self):
        if self.rollouts < 2 or self.methods < 1:
            raise ValueError(
                f"rollouts={self.rollouts}, methods={self.methods}: must be >= 2 for an interval, and >= 1"
            )


PRESETS = {"smoke": Config(rollouts=3, methods=4), "laptop": Config(), "paper": Config(rollouts=1000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Predicted and measured changes (methods, rollouts); the first method is plain GRPO."""
    return jax.jit(partial(_changes, config))(key)


def _changes(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    at_base, at_noise, at_runs = jax.random.split(key, 3)
    recipe, old = bandit_recipe(at_base)
    noise = config.stale * jax.random.normal(at_noise, old["logits"].shape, old["logits"].dtype)
    params, keys = {"logits": old["logits"] + noise}, jax.random.split(at_runs, config.rollouts)
    methods = WITH_PLAIN[: 1 + config.methods]

    def of_method(index):
        told = recipe._replace(method=one_of(methods, index))
        return jax.lax.map(lambda k: one_step(told, params, k, config.rate, old), keys)

    predicted, measured = jax.lax.map(of_method, jnp.arange(len(methods)))
    return {"predicted": predicted, "measured": measured}


def draw(config: Config, arrays: Arrays) -> Figure:
    """One row a method, sorted by what was measured."""
    figure, ax = new_figure(DOUBLE, 3.8)
    unit = np.abs(arrays["measured"][0].mean())
    law, gap = ((arrays[name][1:] - arrays[name][0]) / unit for name in ("predicted", "measured"))
    band = mean_band(gap.T)
    order = np.argsort(np.asarray(band.middle))
    ax.axvline(0, color="0.6", linewidth=0.6)
    middle, lower, upper = (np.asarray(x)[order] for x in band[:3])
    rows = np.arange(len(order))
    ax.errorbar(middle, rows, xerr=(middle - lower, upper - middle), fmt="o", color=BLUE, label="measured (bars: 95 %)")
    ax.plot(law.mean(1)[order], rows, "x", color=VERMILION, markersize=5, label="predicted, first order")
    names, listed = list(METHODS), list(METHODS.values())
    ax.set_yticks(rows, [names[i] for i in order])
    for row, index in enumerate(order):
        said = listed[index].said
        shown = (lower[row] > 0) if said > 0 else (upper[row] < 0)
        if said:
            mark = "^" if said > 0 else "v"
            ax.plot(-0.01, row, mark, color=INK if shown else "0.75", transform=ax.get_yaxis_transform(), clip_on=False)
    ax.tick_params(axis="y", length=0, pad=9)
    for label, color in (("its source says up / down: seen here", INK), ("the same, not seen here", "0.75")):
        ax.plot([], [], "^", color=color, label=label)
    ax.set(xlabel=r"$\Delta H$ of one step less that of GRPO, in units of $|\Delta H_{\mathrm{GRPO}}|$")
    ax.legend(loc="lower right")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
