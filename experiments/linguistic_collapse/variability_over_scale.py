"""Variability within classes, over width and depth.

CDNV and agreement with the nearest class mean at the end of training, against the width, one curve a depth: mean over
seeds and their range; on a laptop three seeds of one language. A substitute: a synthetic language (a Zipf hidden Markov
model, 128 words) and transformers with a few thousand parameters in place of TinyStories and GPT-Neo; with
--config.published=PATH the rows that the authors published, whose CDNV has the fourth power of the distance and whose
inner products are raw.

Shows: wider models vary less within classes; one layer or two differ little, and not always in one direction.
Source: arXiv 2405.17767 (substitute data; definitions as the authors coded them).
Cost: smoke 6 s, laptop 60 s, paper hours on an accelerator; published 2 s
Run: python -m experiments.linguistic_collapse.variability_over_scale
"""

from dataclasses import dataclass

import jax
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.linguistic_collapse._study import Study, presets, rows, width_ticks
from figures.annotate import small_print
from figures.forms import line_with_band
from figures.render import render
from figures.statistics import Band
from figures.style import COLORS, DOUBLE, new_figure
from figures.ticks import plain_numbers


@dataclass(frozen=True)
class Config(Study):
    """The study, with sizes of its own."""

    widths: tuple[int, ...] = (8, 16, 32)
    steps: tuple[int, ...] = (200,)
    seeds: int = 3


PRESETS = presets(Config, steps=(10_000,))


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """One row a model and checkpoint."""
    return rows(config, key, run.mesh)


def draw(config: Config, arrays: Arrays) -> Figure:
    """CDNV left, agreement right."""
    figure, axes = new_figure(DOUBLE, 2.5, cols=2)
    last = arrays["steps"] == arrays["steps"].max()
    labels = {"distance": "CDNV, mean over pairs of classes", "agreement": "agreement with the nearest mean"}
    for ax, (name, label) in zip(axes, labels.items(), strict=True):
        for color, depth in zip(COLORS, np.unique(arrays["layers"]), strict=False):
            own = last & (arrays["layers"] == depth)
            widths = np.unique(arrays["width"][own])
            groups = [arrays[name][own & (arrays["width"] == w)] for w in widths]
            middle, low, high = (np.array([f(g) for g in groups]) for f in (np.mean, np.min, np.max))
            line_with_band(ax, widths, Band(middle, low, high, ""), color=color, label=f"{depth:g}", marker="o")
        ax.set(xlabel="width $d$", ylabel=label)
        width_ticks(ax, arrays["width"])
    small_print(axes[0], "bands: range")
    axes[0].set_yscale("log")
    plain_numbers(axes[0].yaxis)
    axes[1].legend(title="layers")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
