"""Unequal classes: lengths of head rows and class means come to rest where the closed form puts them.

Lengths against steps of heavy-ball gradient descent (rate 0.1, momentum 0.9, normal start of standard deviation 0.1,
decays 5e-4), classes in the paper's proportion 4 : 2 : 1 : 1. Median and range over seeds; dashed, the closed form.
Fewer samples than the paper's (200, 100, 50, 50) on a laptop; the preset `paper` has them.

Shows: head rows are longer for larger classes, class means are shorter, each at its predicted length.
Source: arXiv 2301.00437, direct optimisation, imbalanced (closed form re-derived).
Cost: smoke 2 s, laptop 10 s, paper 4 min
Run: python -m experiments.deep_linear_collapse.imbalanced_lengths
"""

from dataclasses import dataclass

import jax
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.deep_linear_collapse._convergence import measured_descent
from figures.annotate import direct_labels, small_print
from figures.forms import line_with_band
from figures.render import render
from figures.style import COLORS, DOUBLE, INK, new_figure


@dataclass(frozen=True)
class Config:
    """Class sizes, depths and the protocol."""

    class_sizes: tuple[int, ...] = (40, 20, 10, 10)
    depths: tuple[int, ...] = (1, 3)
    width: int = 32
    decay: float = 5e-4
    rate: float = 0.1
    momentum: float = 0.9
    spread: float = 0.1
    steps: int = 8000
    every: int = 200
    seeds: int = 3

    def __post_init__(self):
        """Refuses sizes that make no run."""
        if min(self.class_sizes) < 1 or min(self.depths) < 1 or self.steps % self.every:
            raise ValueError(f"class_sizes: {self.class_sizes}, depths: {self.depths}, must be >= 1; every must divide")


PRESETS = {
    "smoke": Config(depths=(2,), width=4, class_sizes=(4, 2), steps=40, every=10, seeds=2),
    "laptop": Config(),
    "paper": Config(class_sizes=(200, 100, 50, 50), depths=(1, 3, 6, 9), width=64, steps=20_000, seeds=10),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Lengths, (depths, seeds, records, classes), and their predictions, (depths, 2, classes)."""
    found = measured_descent(config, key, run)
    return {name: found[name] for name in ("head_lengths", "mean_lengths", "predicted_lengths", "excess")}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Two rows of panels: head rows above, class means below; one column a depth."""
    figure, axes = new_figure(DOUBLE, 3.6, rows=2, cols=len(config.depths), sharex=True, squeeze=False)
    steps = config.every * np.arange(1, config.steps // config.every + 1)
    groups = {size: config.class_sizes.index(size) for size in dict.fromkeys(config.class_sizes)}
    for column, depth in enumerate(config.depths):
        for row, name in enumerate(("head_lengths", "mean_lengths")):
            ax = axes[row, column]
            for color, (size, index) in zip(COLORS, groups.items(), strict=False):
                line_with_band(ax, steps, arrays[name][column, :, :, index], label=f"$n={size}$", color=color)
                ax.axhline(arrays["predicted_lengths"][column, row, index], color=INK, linestyle="--", linewidth=0.75)
        axes[0, column].set_title(f"$M={depth}$")
        axes[1, column].set_xlabel("steps")
    axes[0, 0].set_ylabel(r"$\|w_k\|$")
    axes[1, 0].set_ylabel(r"$\|\bar h_k\|$")
    for ax in axes[:, -1]:
        direct_labels(ax)
    small_print(axes[0, 0], "dashed: closed form")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
