"""Every metric of collapse against the loss.

Metrics of the last features, grouped by next token, against validation loss, over widths, depths and lengths of
training; the correlation coefficient (of the logarithm, where the axis is) in small print. One seed each; dots larger
for wider models, colours by depth. A substitute: a synthetic language (a Zipf hidden Markov model, 128 words) and
transformers with a few thousand parameters in place of TinyStories and GPT-Neo; with --config.published=PATH the rows
that the authors published, whose CDNV has the fourth power of the distance and whose inner products are raw.

Shows: models with lower loss are nearer to collapse by most metrics; agreement rises, variability falls.
Source: arXiv 2405.17767 (substitute data; definitions as the authors coded them).
Cost: smoke 6 s, laptop 35 s, paper hours on an accelerator; published 2 s
Run: python -m experiments.linguistic_collapse.metrics_against_loss
"""

import jax
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.linguistic_collapse._study import Study, names, presets, rows
from figures.annotate import small_print
from figures.render import render
from figures.style import COLORS, DOUBLE, new_figure
from figures.ticks import plain_numbers

PRESETS = presets(Study)


def compute(config: Study, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """One row a model and checkpoint."""
    return rows(config, key, run.mesh)


def draw(config: Study, arrays: Arrays) -> Figure:
    """One panel a metric."""
    figure, axes = new_figure(DOUBLE, 3.6, rows=2, cols=4, sharex=True)
    depths = np.unique(arrays["layers"])
    size = 6 + 14 * np.log2(arrays["width"] / arrays["width"].min())
    for ax, (name, label) in zip(axes.ravel(), names(config).items(), strict=False):
        for color, depth in zip(COLORS, depths, strict=False):
            own = arrays["layers"] == depth
            ax.scatter(arrays["loss"][own], arrays[name][own], s=size[own], color=color, alpha=0.7, linewidths=0,
                       label=f"{depth:g}")  # fmt: skip
        values = arrays[name]
        if name in ("distance", "uniform_duality"):  # a variation has no bound where the mean is near zero
            values = np.log(values)
            ax.set_yscale("log")
            plain_numbers(ax.yaxis)
        if np.ptp(values) > 0:  # in a tiny run agreement may be zero throughout
            small_print(ax, f"r = {np.corrcoef(values, arrays['loss'])[0, 1]:.2f}")
        kind, _, words = label.partition(": ")
        ax.set(title=kind, ylabel=words)
    for ax in (*axes[1, :3], axes[0, 3]):
        ax.set_xlabel("validation loss (nats)")
        ax.xaxis.set_tick_params(labelbottom=True)
    axes[1, 3].axis("off")
    axes[1, 3].legend(*axes[0, 0].get_legend_handles_labels(), title="layers", loc="center left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
