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

import jax
import jax.numpy as jnp
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


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Entropies (steps, clusters, bandwidths): predicted, measured with equal sizes and with unequal ones."""
    fine, coarse = jnp.geomspace(0.1, 5, 200), jnp.geomspace(0.1, 5, config.bandwidths)
    law, equal, unequal = [], [], []
    for steps in config.steps:
        for k in config.clusters:
            corners = jnp.eye(k) / jnp.sqrt(2)
            points = jnp.repeat(corners, config.per_cluster, axis=0)
            sizes = jnp.linspace(0.4, 1.6, k) * config.per_cluster
            uneven = jnp.repeat(corners, jnp.round(sizes).astype(int), axis=0)
            entropy = jax.jit(jax.vmap(lambda s, x, t=steps: diffusion_entropy(x, s, t), (0, None)))
            law.append(collapsed_diffusion_entropy(k, 1.0, fine, steps))
            equal.append(entropy(coarse, points))
            unequal.append(entropy(coarse, uneven))
    shape = (len(config.steps), len(config.clusters), -1)
    stacked = {"law": law, "equal": equal, "unequal": unequal}
    return {"fine": fine, "coarse": coarse, **{k: jnp.stack(v).reshape(shape) for k, v in stacked.items()}}


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
