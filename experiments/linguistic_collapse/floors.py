"""What is possible in too few dimensions.

Distance of the class means' Gram matrix from a simplex ETF, deviation of their cosines, and variance of the log
kernel, against width, with what geometry dictates: lines are floors for that many classes in d dimensions (left;
middle, for zero-sum directions), and the value of uniform directions (right). Rows of all depths and lengths. A
substitute: a synthetic language (a Zipf hidden Markov model, 128 words) and transformers with a few thousand
parameters in place of TinyStories and GPT-Neo; with --config.published=PATH the rows that the authors published,
whose CDNV has the fourth power of the distance and whose inner products are raw. Their cosines are not normalised and
not drawn.

Shows: no row lies below the floor on the left; trained models stay far from the variance of uniform directions.
Source: arXiv 2405.17767 (substitute data; definitions as the authors coded them).
Cost: smoke 6 s, laptop 25 s, paper hours on an accelerator; published 2 s
Run: python -m experiments.linguistic_collapse.floors
"""

from dataclasses import dataclass

import jax
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.linguistic_collapse._study import Study, presets, rows, width_ticks
from figures.forms import color_bar
from figures.render import render
from figures.style import DOUBLE, INK, new_figure
from figures.ticks import plain_numbers
from theory.collapse.floors import cosine_spread_floor, etf_error_floor, log_kernel_sphere

PUBLISHED_CLASSES = 29_233  # of the authors' 50 257 tokens, those that occur


@dataclass(frozen=True)
class Config(Study):
    """The study, with sizes of its own."""

    widths: tuple[int, ...] = (4, 8, 16)
    layers: tuple[int, ...] = (1,)


PRESETS = presets(Config, layers=(1, 4))


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """One row a model and checkpoint."""
    return rows(config, key, run.mesh)


def draw(config: Config, arrays: Arrays) -> Figure:
    """Three metrics against width."""
    figure, axes = new_figure(DOUBLE, 2.4, cols=3)
    classes = PUBLISHED_CLASSES if config.published else config.vocabulary
    width = np.geomspace(arrays["width"].min(), arrays["width"].max(), 200)
    floors = {
        "etf_error": (etf_error_floor(classes, width), "distance from an ETF", "floor"),
        "cosine": (cosine_spread_floor(classes, width), "deviation of cosines", "tight frame"),
        "kernel_variance": (log_kernel_sphere(width)[1], "variance of the log kernel", "uniform"),
    }
    for ax, (name, (floor, label, meaning)) in zip(axes, floors.items(), strict=True):
        if not (config.published and name == "cosine"):
            points = ax.scatter(arrays["width"], arrays[name], c=arrays["loss"], s=9, zorder=3)
        ax.plot(width, floor, color=INK, label=meaning)
        ax.set(xlabel="width $d$", ylabel=label)
        width_ticks(ax, arrays["width"])
        ax.legend()
    axes[2].set_yscale("log")
    plain_numbers(axes[2].yaxis)
    color_bar(points, axes, "validation loss (nats)")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
