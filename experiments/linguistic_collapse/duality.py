"""Heads and means: aligned, and uniformly so.

Mean cosine between the head's rows and the centred class means (NC3), against its variation over classes (UNC3), and
both against width; all checkpoints of training. Colours: validation loss. A substitute: a synthetic language (a Zipf
hidden Markov model, 128 words) and transformers with a few thousand parameters in place of TinyStories and GPT-Neo;
with --config.published=PATH the rows that the authors published, whose CDNV has the fourth power of the distance and
whose inner products are raw.

Shows: the mean alignment stays far from 1; with lower loss it becomes more uniform.
Source: arXiv 2405.17767 (substitute data; definitions as the authors coded them).
Cost: smoke 6 s, laptop 35 s, paper hours on an accelerator; published 2 s
Run: python -m experiments.linguistic_collapse.duality
"""

import jax
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.linguistic_collapse._study import Study, presets, rows, width_ticks
from figures.forms import color_bar
from figures.render import render
from figures.style import DOUBLE, new_figure
from figures.ticks import plain_numbers

PRESETS = presets(Study)


def compute(config: Study, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """One row a model and checkpoint."""
    return rows(config, key, run.mesh)


def draw(config: Study, arrays: Arrays) -> Figure:
    """Against each other, then against width."""
    figure, axes = new_figure(DOUBLE, 2.4, cols=3)
    views = [("duality", "uniform_duality"), ("width", "duality"), ("width", "uniform_duality")]
    labels = {"duality": "mean cosine", "uniform_duality": "variation of the cosine", "width": "width $d$"}
    for ax, (x, y) in zip(axes, views, strict=True):
        points = ax.scatter(arrays[x], arrays[y], c=arrays["loss"], s=9)
        ax.set(xlabel=labels[x], ylabel=labels[y])
        if x == "width":
            width_ticks(ax, arrays["width"])
        if y == "uniform_duality":  # a variation has no bound where the mean is near zero
            ax.set_yscale("log")
            plain_numbers(ax.yaxis)
    color_bar(points, axes, "validation loss (nats)")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
