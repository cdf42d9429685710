"""The law of infinitely many particles, and histograms of finitely many.

Left: density of the mean-field law over time (finite volumes), with its consensus point (line). Middle: the law at the
end against a histogram of particles of the explicit scheme with the same step. Right: root mean square distance
between the consensus points of particles and of the equation over N, mean over runs.

Shows: the histogram on the density; order -1/2 in N.
Source: arXiv 2306.09778, mean-field limit (equation solved by Scharfetter-Gummel finite volumes).
Cost: smoke 3 s, laptop 6 s
Run: python -m experiments.gradient_is_all_you_need.mean_field_law
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_devices
from core.particles.cbo import CboParameters
from core.particles.objectives import rastrigin_soft
from core.particles.swarm import swarm_consensus
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.gradient_is_all_you_need._landscapes import soft
from experiments.gradient_is_all_you_need._swarms import consensus_run
from figures.forms import histogram_density, order_plot
from figures.render import render
from figures.style import DOUBLE, new_figure
from figures.ticks import plain_numbers
from theory.consensus.fokker_planck import mean_field_consensus, mean_field_init, mean_field_step
from theory.consensus.quadrature import normal_log_density

ALPHA, SIGMA, MEAN, DEVIATION = 5.0, 0.5, 1.0, 0.8


@dataclass(frozen=True)
class Config:
    """Grid, steps, swarm sizes and runs of each."""

    cells: int = 800
    steps: int = 100
    dt: float = 0.01
    particles: tuple[int, ...] = (100, 316, 1000, 3162, 10000)
    runs: int = 40


PRESETS = {
    "smoke": Config(cells=200, steps=30, particles=(100, 1000), runs=10),
    "laptop": Config(),
    "paper": Config(cells=3200, particles=(100, 1000, 10000, 100000), runs=400),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Densities (steps, cells), consensus of the law, errors (sizes,) and the particles of one run."""
    return jax.jit(partial(_laws, config, run.mesh))(key)


def _laws(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    law = mean_field_init(lambda x: normal_log_density(x, MEAN, DEVIATION), -4.0, 4.0, config.cells)

    def advance(law, _):
        law, _ = mean_field_step(law, soft, ALPHA, 1.0, SIGMA, config.dt)
        return law, (law.mass, mean_field_consensus(law, soft, ALPHA))

    _, (masses, path) = jax.lax.scan(advance, law, None, length=config.steps)

    def swarm(particles: int, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        start = MEAN + DEVIATION * jax.random.normal(key, (1, particles))
        parameters = CboParameters(1.0, SIGMA, ALPHA, config.dt)
        end = consensus_run(rastrigin_soft, parameters, key, start, config.steps)[0]
        return end.position[0], swarm_consensus(end, ALPHA).point[0]

    keys, errors = jax.random.split(key, config.runs), []
    for particles in config.particles:
        positions, points = over_devices(mesh, partial(swarm, particles), keys, together=10)
        errors.append(jnp.sqrt(jnp.mean((points - path[-1]) ** 2)))
    return {
        "cells": law.cells,
        "densities": masses / (law.cells[1] - law.cells[0]),
        "path": path,
        "errors": jnp.stack(errors),
        "particles": positions[0],
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Heat map, histogram and order."""
    figure, axes = new_figure(DOUBLE, 2.3, cols=3)
    cells, time = arrays["cells"], config.dt * np.arange(1, config.steps + 1)
    mesh = axes[0].pcolormesh(time, cells, np.log10(np.maximum(arrays["densities"].T, 1e-3)), rasterized=True)
    axes[0].plot(time, arrays["path"], color="white")
    axes[0].set(xlabel="time", ylabel="$x$", ylim=(-1.5, 3))
    figure.colorbar(mesh, ax=axes[0], label=r"$\log_{10}$ density")
    near = (cells > -1.2) & (cells < 1.8)
    histogram_density(axes[1], arrays["particles"], cells[near], arrays["densities"][-1][near], bins=40)
    axes[1].set(xlabel="$x$", ylabel="density", ylim=(0, 1.3 * arrays["densities"][-1].max()))
    axes[1].legend()
    order_plot(axes[2], np.array(config.particles), arrays["errors"], -0.5)
    axes[2].set(xlabel="$N$", ylabel="distance of consensus points")
    axes[2].set_ylim(arrays["errors"].min() / 2, 4 * arrays["errors"].max())  # room for the legend
    axes[2].legend(fontsize=6, loc="upper right")
    plain_numbers(axes[2].xaxis, axes[2].yaxis)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
