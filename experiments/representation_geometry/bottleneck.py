"""Depth of the early dip of the rank, over skew and dimension.

Smallest RankMe in training over that at the start, and RankMe at the end over the smallest, for free features of 48
tokens under cross-entropy; Zipf exponent across, number of dimensions up. Means over seeds.

Shows: the dip grows with the skew at every dimension, a bottleneck is not needed for it; the rise after it follows the
dip.
Source: arXiv 2509.23024, causes of the phases (toy is ours).
Cost: smoke 2 s, laptop 15 s, paper 3 min
Run: python -m experiments.representation_geometry.bottleneck
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
from figures.forms import phase_diagram
from figures.render import render
from figures.style import DOUBLE, new_figure


@dataclass(frozen=True)
class Config:
    """The plane and the training."""

    skews: tuple[float, ...] = (0.0, 0.5, 1.0, 1.5)
    dimensions: tuple[int, ...] = (4, 8, 16, 32)
    tokens: int = 48
    rate: float = 2.0
    spread: float = 0.3
    steps: int = 600
    records: int = 20
    seeds: int = 2

    def __post_init__(self):
        """Refuses a plane without cells."""
        if len(self.skews) < 2 or len(self.dimensions) < 2:
            raise ValueError(f"skews: {self.skews}, dimensions: {self.dimensions}, must be two or more each")


PRESETS = {
    "smoke": Config(skews=(0.0, 1.0), dimensions=(2, 4), tokens=6, steps=10, records=4, seeds=1),
    "laptop": Config(),
    "paper": Config(dimensions=(4, 8, 16, 32, 64, 128), tokens=256, steps=20_000, records=60, seeds=10),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Dip and rise, (dimensions, skews)."""
    return jax.jit(partial(_plane, config, run.mesh))(key)


def _plane(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    times, dips, rises = tuple(record_times(config.steps, config.records)), [], []
    skews, keys = jnp.array(config.skews), jax.random.split(key, config.seeds)
    for dimension in config.dimensions:

        def one(skew, key, dimension=dimension):
            return train(key, skew, config.tokens, dimension, times, config.rate, config.spread)[1]

        rank = effective_rank(over_grid(mesh, one, skews, keys), of="eigen")
        dips.append(jnp.mean(rank.min(-1) / rank[..., 0], axis=1))
        rises.append(jnp.mean(rank[..., -1] / rank.min(-1), axis=1))
    return {"dip": jnp.stack(dips), "rise": jnp.stack(rises)}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Dip left, rise right."""
    figure, axes = new_figure(DOUBLE, 2.5, cols=2, sharey=True)
    labels = {"dip": "smallest rank / rank at the start", "rise": "rank at the end / smallest rank"}
    for ax, (name, label) in zip(axes, labels.items(), strict=True):
        phase_diagram(ax, config.skews, np.arange(len(config.dimensions)), arrays[name], label=label)
        ax.set(xlabel="Zipf exponent", yticks=range(len(config.dimensions)), yticklabels=config.dimensions)
    axes[0].set_ylabel("dimensions")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
