"""What is lost besides: accuracy on what should be kept, against how deeply the rest has been forgotten.

A two-layer network trained on ten drawn digits forgets one of them: by gradient ascent (GA), by the bounded loss (NPO),
and by both with the loss of the other nine digits added. Left: accuracy on the other nine by step. Right: the same
against the mean -log p of the digit to be forgotten. Median and range over seeds; a substitute for a language model.

Shows: GA loses everything else, with a retain term too; NPO stops in time. At equal depth they lose about the same.
Source: arXiv 2404.05868, forget quality against utility (own substitute).
Cost: smoke 3 s, laptop 5 s, paper 1 min
Run: python -m experiments.unlearning_speed.forget_retain
"""

from dataclasses import dataclass

import jax
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.unlearning_speed._forgetting import METHODS, forget_all
from figures.forms import line_with_band
from figures.render import render
from figures.style import BLUE, DOUBLE, GREEN, INK, ORANGE, new_figure

_COLORS = (INK, BLUE, ORANGE, GREEN)


@dataclass(frozen=True)
class Config:
    """Sizes of the network, its data and its two lives."""

    steps: int = 200
    rate: float = 0.03
    each: int = 15
    width: int = 32
    training: int = 300
    seeds: int = 5

    def __post_init__(self) -> None:
        """Refuses a forgetting of no length."""
        if self.steps < 2:
            raise ValueError(f"steps: {self.steps}, must be 2 or more")


PRESETS = {
    "smoke": Config(steps=120, each=5, width=16, training=200, seeds=3),  # the network of the claims
    "laptop": Config(),
    "paper": Config(each=100, width=256, training=1000, steps=500, seeds=20),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Accuracy kept and depth forgotten (methods, seeds, steps)."""
    sizes = (config.each, config.width, config.training, config.steps)
    found = forget_all(run.mesh, key, config.seeds, *sizes, (0.3, config.rate))
    return {name: found[name] for name in ("retained", "forgotten")}


def draw(config: Config, arrays: Arrays) -> Figure:
    """By step on the left, against each other on the right."""
    figure, (course, plane) = new_figure(DOUBLE, 2.6, cols=2, sharey=True)
    for row, (name, color) in enumerate(zip(METHODS, _COLORS, strict=True)):
        line_with_band(course, np.arange(config.steps), arrays["retained"][row], label=name, color=color)
        depth, kept = arrays["forgotten"][row], arrays["retained"][row]
        for seed in range(config.seeds):
            plane.plot(depth[seed], kept[seed], color=color, linewidth=0.7)
            plane.plot(depth[seed, -1], kept[seed, -1], "o", color=color)
    course.set(xlabel="step", ylabel="accuracy on the nine others", ylim=(0, 1.03))
    plane.set(xscale="log", xlim=(1e-2, 3e3), xlabel="mean $-\\log p$ of the forgotten digit")
    plane.set_title("dot: the end of a run (GA: beyond the axis)")
    course.legend(loc="center right")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
