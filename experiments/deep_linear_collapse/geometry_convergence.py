"""Balanced classes: the predicted geometry appears while gradient descent runs, for shallow and deep heads.

Four measures of the distance to the closed form against steps of heavy-ball gradient descent (the paper's protocol:
rate 0.1, momentum 0.9, normal start of standard deviation 0.1, decays 5e-4): relative excess of the loss over f*,
variance within classes over variance of the means (NC1), Frobenius distance of the normalised A Aᵀ and H̄ᵀH̄ from the
identity (NC2), and of A from H̄ᵀ (NC3). Median and range over seeds. Fewer samples than the paper's 100 a class on a
laptop; the preset `paper` has them.

Shows: all measures fall together by orders of magnitude; the excess loss never becomes negative.
Source: arXiv 2301.00437, direct optimisation, balanced (closed form re-derived).
Cost: smoke 2 s, laptop 12 s, paper 5 min
Run: python -m experiments.deep_linear_collapse.geometry_convergence
"""

from dataclasses import dataclass

import jax
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.deep_linear_collapse._convergence import MEASURES, draw_measures, measured_descent
from figures.render import render


@dataclass(frozen=True)
class Config:
    """Class sizes, depths and the protocol."""

    class_sizes: tuple[int, ...] = (20, 20, 20, 20)
    depths: tuple[int, ...] = (1, 3, 6)
    width: int = 32
    decay: float = 5e-4
    rate: float = 0.1
    momentum: float = 0.9
    spread: float = 0.1
    steps: int = 10_000
    every: int = 250
    seeds: int = 3

    def __post_init__(self):
        """Refuses sizes that make no run."""
        if min(self.class_sizes) < 1 or min(self.depths) < 1 or self.steps % self.every:
            raise ValueError(f"class_sizes: {self.class_sizes}, depths: {self.depths}, must be >= 1; every must divide")


PRESETS = {
    "smoke": Config(depths=(2,), width=4, class_sizes=(3, 3), steps=40, every=10, seeds=2),
    "laptop": Config(),
    "paper": Config(class_sizes=(100, 100, 100, 100), depths=(1, 3, 6, 9), width=64, steps=20_000, seeds=10),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Every measure, (depths, seeds, records)."""
    return measured_descent(config, key, run)


def draw(config: Config, arrays: Arrays) -> Figure:
    """One panel a measure, one curve a depth."""
    return draw_measures(config, arrays, MEASURES)


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
