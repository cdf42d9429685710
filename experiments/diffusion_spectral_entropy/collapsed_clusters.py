"""Entropy of collapsed clusters: from their number's logarithm to zero as the bandwidth grows.

Diffusion spectral entropy of k point-like clusters at distance 1 (lines: closed form for equal sizes; dots: measured
on samples), against the bandwidth; then of the same clusters with unequal sizes (crosses), where the closed form does
not hold but the limits do. Nothing random.

Shows: log2 k for small bandwidth, for any sizes; 0 for large; a wide range of bandwidths in between matters.
Source: arXiv 2312.04823 (closed form derived here).
Cost: smoke 2 s, laptop 4 s, paper 5 s
Run: python -m experiments.diffusion_spectral_entropy.collapsed_clusters
"""

from dataclasses import dataclass
from itertools import product

import jax
import numpy as np
from matplotlib.figure import Figure

from core.probes.diffusion import diffusion_entropy
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.render import render
from figures.style import COLORS, DOUBLE, new_figure
from theory.collapse.diffusion import collapsed_diffusion_entropy


@dataclass(frozen=True)
class Config:
    """Numbers of clusters, and the walk's steps."""

    clusters: tuple[int, ...] = (2, 5, 10)
    steps: tuple[int, ...] = (1, 4)
    per_cluster: int = 6
    bandwidths: int = 16

    def __post_init__(self):
        """Refuses what is no cluster."""
        if min(self.clusters) < 2 or min(self.steps) < 1:
            raise ValueError(f"clusters: {self.clusters}, must be >= 2, steps={self.steps} >= 1")


PRESETS = {
    "smoke": Config(clusters=(2,), per_cluster=2, bandwidths=4),
    "laptop": Config(),
    "paper": Config(bandwidths=60),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, np.ndarray]:
    """Entropies (steps, clusters, bandwidths): predicted, measured with equal sizes and with unequal ones."""
    fine, coarse = np.geomspace(0.1, 5, 200), np.geomspace(0.1, 5, config.bandwidths)
    entropy = jax.jit(jax.vmap(diffusion_entropy, (None, 0, None)))
    equal, unequal = [], []
    for steps, k in product(config.steps, config.clusters):
        corners = np.eye(k) / np.sqrt(2)
        sizes = np.round(np.linspace(0.4, 1.6, k) * config.per_cluster).astype(int)
        equal.append(entropy(np.repeat(corners, config.per_cluster, axis=0), coarse, float(steps)))
        unequal.append(entropy(np.repeat(corners, sizes, axis=0), coarse, float(steps)))
    shape = (len(config.steps), len(config.clusters), -1)
    steps, clusters = np.ix_(config.steps, config.clusters)
    law = jax.jit(collapsed_diffusion_entropy)(clusters[:, :, None], 1.0, fine[None, None], steps[:, :, None])
    found = {"equal": np.reshape(equal, shape), "unequal": np.reshape(unequal, shape)}
    return {"fine": fine, "coarse": coarse, "law": np.asarray(law), **found}


def draw(config: Config, arrays: Arrays) -> Figure:
    """One panel a number of steps."""
    figure, axes = new_figure(DOUBLE, 2.5, cols=len(config.steps), sharey=True, squeeze=False)
    for panel, (ax, steps) in enumerate(zip(axes[0], config.steps, strict=True)):
        for row, k in enumerate(config.clusters):
            ax.plot(arrays["fine"], arrays["law"][panel, row], color=COLORS[row], label=f"$k={k}$")
            ax.plot(arrays["coarse"], arrays["equal"][panel, row], "o", color=COLORS[row])
            ax.plot(arrays["coarse"], arrays["unequal"][panel, row], "x", color=COLORS[row], markersize=4)
        ax.set(xscale="log", xlabel=r"bandwidth $\sigma$ / distance", title=f"$t={steps}$")
    axes[0, 0].set_ylabel("diffusion spectral entropy (bits)")
    axes[0, -1].plot([], [], "o", color="k", label="equal sizes")
    axes[0, -1].plot([], [], "x", color="k", markersize=4, label="unequal sizes")
    axes[0, -1].legend()
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
