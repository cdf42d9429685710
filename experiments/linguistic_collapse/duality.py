"""Heads and means: aligned, and uniformly so.

Mean cosine between the head's rows and the centred class means (NC3), against its variation over classes (UNC3), and
both against width at the end of training. Colours: validation loss. A substitute: a synthetic language (a Zipf hidden
Markov model, 128 words) and transformers with a few thousand parameters in place of TinyStories and GPT-Neo; with
--config.published=PATH the rows that the authors published, whose CDNV has the fourth power of the distance and whose
inner products are raw.

Shows: the mean alignment stays far from 1; with lower loss it becomes more uniform.
Source: arXiv 2405.17767 (substitute data; definitions as the authors coded them).
Cost: smoke 6 s, laptop 50 s, paper hours on an accelerator; published 2 s
Run: python -m experiments.linguistic_collapse.duality
"""

from dataclasses import dataclass

import jax
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.linguistic_collapse._study import check, rows
from figures.forms import color_bar
from figures.render import render
from figures.style import DOUBLE, new_figure


@dataclass(frozen=True)
class Config:
    """The language, the models and their training; or `published`, a path to the authors' rows."""

    vocabulary: int = 128
    states: int = 96
    length: int = 16
    widths: tuple[int, ...] = (8, 32)
    layers: tuple[int, ...] = (1, 2)
    steps: tuple[int, ...] = (30, 100, 300)
    seeds: int = 1
    batch: int = 64
    test_texts: int = 256
    rate: float = 5e-3
    published: str = ""

    def __post_init__(self):
        """Refuses models that can't be built."""
        check(self)


PRESETS = {
    "smoke": Config(
        vocabulary=16, states=8, length=4, widths=(4,), layers=(1,), steps=(2, 4), seeds=1, batch=4, test_texts=16
    ),
    "laptop": Config(),
    "paper": Config(
        vocabulary=2048,
        states=1024,
        length=64,
        widths=(64, 128, 256, 512),
        layers=(1, 2, 4, 8),
        steps=(1000, 3000, 10_000),
        seeds=1,
        batch=256,
        test_texts=2048,
        rate=1e-3,
    ),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """One row a model and checkpoint."""
    return rows(config, key)


def draw(config: Config, arrays: Arrays) -> Figure:
    """Against each other, then against width."""
    figure, axes = new_figure(DOUBLE, 2.4, cols=3)
    views = [("duality", "uniform_duality"), ("width", "duality"), ("width", "uniform_duality")]
    labels = {"duality": "mean cosine", "uniform_duality": "variation of the cosine", "width": "width $d$"}
    for ax, (x, y) in zip(axes, views, strict=True):
        points = ax.scatter(arrays[x], arrays[y], c=arrays["loss"], s=9)
        ax.set(xlabel=labels[x], ylabel=labels[y])
        if x == "width":
            ax.set_xscale("log")
            ax.set_xticks(np.unique(arrays["width"]), [f"{w:g}" for w in np.unique(arrays["width"])], minor=False)
            ax.xaxis.set_minor_formatter("")
    color_bar(points, axes, "validation loss")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
