"""Towards collapse through training.

Loss and metrics of one architecture at checkpoints of its training, median and range over seeds. A substitute: a
synthetic language (a Zipf hidden Markov model, 128 words) and transformers with a few thousand parameters in place of
TinyStories and GPT-Neo; with --config.published=PATH the rows that the authors published, whose CDNV has the fourth
power of the distance and whose inner products are raw. There the checkpoints are models trained for 1, 3, 6 and
10 epochs, and the seeds are all widths and depths.

Shows: variability falls and duality improves with training, also in uniformity; agreement rises, not steadily.
Source: arXiv 2405.17767 (substitute data; definitions as the authors coded them).
Cost: smoke 6 s, laptop 25 s, paper hours on an accelerator; published 2 s
Run: python -m experiments.linguistic_collapse.training_length
"""

from dataclasses import dataclass

import jax
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.linguistic_collapse._study import Study, names, presets, rows
from figures.annotate import small_print
from figures.forms import line_with_band
from figures.render import render
from figures.statistics import Band
from figures.style import DOUBLE, new_figure
from figures.ticks import plain_numbers, ticks_at


@dataclass(frozen=True)
class Config(Study):
    """The study, with sizes of its own."""

    widths: tuple[int, ...] = (16,)
    layers: tuple[int, ...] = (2,)
    steps: tuple[int, ...] = (10, 30, 60, 120, 240, 480)
    seeds: int = 3


PRESETS = presets(Config, widths=(256,), layers=(4,), steps=(100, 300, 1000, 3000, 10_000), seeds=5)


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """One row a model and checkpoint."""
    return rows(config, key, run.mesh)


def draw(config: Config, arrays: Arrays) -> Figure:
    """One panel a metric; the loss first."""
    figure, axes = new_figure(DOUBLE, 3.4, rows=2, cols=4, sharex=True)
    steps = np.unique(arrays["steps"])
    words_of = {"loss": "validation loss (nats)", **names(config)}
    for ax, (name, label) in zip(axes.ravel(), words_of.items(), strict=True):
        groups = [arrays[name][arrays["steps"] == s] for s in steps]
        middle, low, high = ([f(g) for g in groups] for f in (np.median, np.min, np.max))
        line_with_band(ax, steps, Band(middle, low, high, ""), marker="o")
        kind, _, words = label.partition(": ")
        ax.set(title=kind if words else "", ylabel=words or label, xscale="log")
    small_print(axes[0, 0], "bands: range")
    axes[0, 0].set_title("")
    axes[0, 1].set_yscale("log")
    plain_numbers(axes[0, 1].yaxis)
    for ax in axes[1]:
        ax.set_xlabel("epochs" if config.published else "steps")
        ticks_at(ax.xaxis, steps)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
