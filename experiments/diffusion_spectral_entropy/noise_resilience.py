"""Resilience to noise comes from the number of steps.

Diffusion spectral entropy of ten clusters in 32 dimensions against the standard deviation of normal noise on every
coordinate, for walks of 1 to 8 steps; bandwidth 5, clusters 40 apart. Median and range over seeds. Dashed:
log2 10, what the labels hold.

Shows: with one step any noise raises the entropy far above log2 k; with more steps it stays there up to larger noise.
Source: arXiv 2312.04823, noise resilience (the dependence on t is ours).
Cost: smoke 2 s, laptop 8 s, paper 3 min
Run: python -m experiments.diffusion_spectral_entropy.noise_resilience
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_grid
from core.probes.diffusion import diffusion_entropy
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import threshold
from figures.forms import line_with_band
from figures.render import render
from figures.style import SINGLE, new_figure


@dataclass(frozen=True)
class Config:
    """Clusters and noise."""

    clusters: int = 10
    per_cluster: int = 12
    dimension: int = 32
    steps: tuple[int, ...] = (1, 2, 4, 8)
    noises: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
    seeds: int = 4

    def __post_init__(self):
        """Refuses clusters without room."""
        if not 2 <= self.clusters <= self.dimension:
            raise ValueError(f"clusters: {self.clusters}, must lie in 2..dimension={self.dimension}")


PRESETS = {
    "smoke": Config(clusters=3, per_cluster=3, dimension=4, steps=(1, 4), noises=(0.0, 1.0), seeds=2),
    "laptop": Config(),
    "paper": Config(per_cluster=100, noises=tuple(k / 10 for k in range(31)), seeds=20),
}
DISTANCE, BANDWIDTH = 40.0, 5.0


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Entropies (steps, seeds, noises)."""
    return {"entropy": jax.jit(partial(_entropies, config, run.mesh))(key)}


def _entropies(config: Config, mesh: Mesh, key: jax.Array) -> jax.Array:
    corners = DISTANCE / np.sqrt(2) * np.eye(config.clusters, config.dimension)
    centres = np.repeat(corners, config.per_cluster, axis=0)

    def entropies(key, noise):
        points = centres + noise * jax.random.normal(key, centres.shape)
        return jax.vmap(lambda steps: diffusion_entropy(points, BANDWIDTH, steps))(jnp.array(config.steps, float))

    keys = jax.random.split(key, config.seeds)
    return jnp.moveaxis(over_grid(mesh, entropies, keys, jnp.array(config.noises), together=32), -1, 0)


def draw(config: Config, arrays: Arrays) -> Figure:
    """One curve a number of steps."""
    figure, ax = new_figure(SINGLE, 2.4)
    for row, steps in enumerate(config.steps):
        line_with_band(ax, config.noises, arrays["entropy"][row], label=f"$t={steps}$", marker="o")
    threshold(ax, float(np.log2(config.clusters)), rf"$\log_2 {config.clusters}$", axis="y")
    ax.set(xlabel="noise, standard deviation", ylabel="entropy (bits)")
    ax.legend(loc="upper left")  # the curves meet where labels would stand
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
