"""Effective rank through training, with and without skewed frequencies.

RankMe (of the eigenvalues of the frequency-weighted covariance) of free features of 64 tokens in 8 dimensions, trained
by plain gradient descent on cross-entropy, for Zipf exponents of the frequencies; and the loss. Median and range over
seeds. A toy of ours: no context, no architecture.

Shows: with skew the rank first dips and then rises; without skew it does not dip. A third phase, compression at the
end, does not appear in this toy.
Source: arXiv 2509.23024, warm-up and entropy-seeking phases (toy is ours).
Cost: smoke 2 s, laptop 8 s, paper 1 min
Run: python -m experiments.representation_geometry.phases
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_grid
from core.probes.spectra import effective_rank
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.representation_geometry._training import record_times, train
from figures.forms import line_with_band
from figures.render import render
from figures.style import DOUBLE, new_figure


@dataclass(frozen=True)
class Config:
    """The vocabulary and the training."""

    skews: tuple[float, ...] = (0.0, 0.5, 1.0, 1.5)
    tokens: int = 64
    dimension: int = 8
    rate: float = 2.0
    spread: float = 0.3
    steps: int = 5000
    records: int = 40
    seeds: int = 4

    def __post_init__(self):
        """Refuses what can't be trained."""
        if min(self.skews) < 0 or self.steps < 1 or self.records < 2:
            raise ValueError(f"skews: {self.skews}, must be >= 0, steps={self.steps} >= 1, records={self.records} >= 2")


PRESETS = {
    "smoke": Config(skews=(0.0, 1.0), tokens=8, dimension=3, steps=20, records=4, seeds=2),
    "laptop": Config(),
    "paper": Config(tokens=512, dimension=32, steps=100_000, records=100, seeds=20),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Rank and loss, (skews, seeds, times)."""
    return jax.jit(partial(_courses, config, run.mesh))(key)


def _courses(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    times = tuple(record_times(config.steps, config.records))

    def one(skew, key):
        return train(key, skew, config.tokens, config.dimension, times, config.rate, config.spread)

    loss, spectrum = over_grid(mesh, one, jnp.array(config.skews), jax.random.split(key, config.seeds))
    return {"time": jnp.array(times), "loss": loss, "rank": effective_rank(spectrum, of="eigen")}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Rank left, loss right."""
    figure, axes = new_figure(DOUBLE, 2.5, cols=2)
    for ax, name, label in zip(axes, ("rank", "loss"), ("RankMe of the features", "cross-entropy (nats)"), strict=True):
        for row, skew in enumerate(config.skews):
            line_with_band(ax, np.maximum(arrays["time"], 0.7), arrays[name][row], label=f"Zipf exponent {skew:g}")
        ax.set(xscale="log", xlabel="steps (start drawn at 0.7)", ylabel=label)
    axes[1].set_yscale("log")
    axes[1].legend(loc="lower left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
