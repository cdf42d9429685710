"""One architecture, many seeds: does collapse still go with loss.

Metrics against validation loss over seeds of one architecture, with the p-value of their correlation under shuffling
of the losses (two-sided; the data count as one of the shuffles). Seven tests: by Bonferroni, p below 0.007 is
evidence at the 5 % level. A substitute: a synthetic language (a Zipf hidden Markov model, 128 words) and transformers
with a few thousand parameters in place of TinyStories and GPT-Neo; with --config.published=PATH the rows that the
authors published, whose CDNV has the fourth power of the distance and whose inner products are raw. There the
architecture is 2 layers of width 768 after one epoch.

Shows: how much of the relation between collapse and loss is left at fixed scale.
Source: arXiv 2405.17767 (substitute data; definitions as the authors coded them).
Cost: smoke 6 s, laptop 25 s, paper hours on an accelerator; published 2 s
Run: python -m experiments.linguistic_collapse.seeds
"""

from dataclasses import dataclass

import jax
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.linguistic_collapse._published import permutation_p
from experiments.linguistic_collapse._study import Study, names, presets, rows
from figures.annotate import small_print
from figures.render import render
from figures.style import DOUBLE, new_figure

PUBLISHED = 2, 768  # layers and width of the architecture that the authors trained with many seeds


@dataclass(frozen=True)
class Config(Study):
    """The study, with sizes of its own."""

    widths: tuple[int, ...] = (16,)
    layers: tuple[int, ...] = (1,)
    steps: tuple[int, ...] = (200,)
    seeds: int = 16
    shuffles: int = 5000


PRESETS = presets(Config, widths=(256,), layers=(2,), steps=(3000,), seeds=30)


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """One row a seed."""
    found = rows(config, key, run.mesh)
    if config.published:
        own = (found["width"] == PUBLISHED[1]) & (found["layers"] == PUBLISHED[0]) & (found["steps"] == 1)
    else:
        own = found["steps"] == config.steps[-1]
    return {name: column[own] for name, column in found.items()}


def draw(config: Config, arrays: Arrays) -> Figure:
    """One panel a metric."""
    figure, axes = new_figure(DOUBLE, 3.4, rows=2, cols=4)
    for ax, (name, label) in zip(axes.ravel(), names(config).items(), strict=False):
        ax.plot(arrays[name], arrays["loss"], "o", alpha=0.7)
        kind, _, words = label.partition(": ")
        ax.set(title=kind, xlabel=words)
        small_print(ax, f"p = {permutation_p(arrays[name], arrays['loss'], config.shuffles):.4f}")
    for ax in axes[:, 0]:
        ax.set_ylabel("validation loss (nats)")
    axes[1, 3].axis("off")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
