"""Particles of a finite swarm and their independent copies in the mean field.

Mean square distance between the particles of a swarm of N and those of a very large swarm that begins alike and is
driven by the same noise: random numbers belong to particles, so the first N of both swarms share theirs. Corrected by
1 - N/M for the size M of the large one. Mean over seeds with its 95 % interval; quadratic and Rastrigin energies.

Shows: order -1 in N, for Rastrigin only once N is large enough to see the minimum.
Source: arXiv 2306.09778, term N^(-1/2); propagation of chaos, arXiv 2312.07373 and 2505.08669.
Cost: smoke 3 s, laptop 8 s
Run: python -m experiments.gradient_is_all_you_need.propagation_of_chaos
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_grid
from core.draws import normal
from core.particles.cbo import CboParameters
from core.particles.objectives import rastrigin_soft, sphere
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.gradient_is_all_you_need._swarms import consensus_run, of_the_first
from figures.forms import order_plot
from figures.render import render
from figures.style import COLORS, SINGLE, new_figure

ENERGIES = (("quadratic", sphere, 1.0), ("Rastrigin", rastrigin_soft, 5.0))


@dataclass(frozen=True)
class Config:
    """Swarm sizes, the size that stands for infinity, seeds and steps."""

    particles: tuple[int, ...] = (64, 128, 256, 512, 1024)
    limit: int = 16384
    seeds: int = 64
    steps: int = 50
    dt: float = 0.02


PRESETS = {
    "smoke": Config(particles=(32, 64, 128), limit=1024, seeds=8, steps=20),
    "laptop": Config(),
    "paper": Config(particles=(64, 256, 1024, 4096, 16384), limit=10**6, seeds=400),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Mean square distances (energies, seeds, sizes)."""
    return {"gaps": jax.jit(partial(_gaps, config, run.mesh))(key)}


def _gaps(config: Config, mesh: Mesh, key: jax.Array) -> jax.Array:
    most, sizes = max(config.particles), np.array(config.particles)

    def gaps(which: jax.Array, alpha: jax.Array, key: jax.Array) -> jax.Array:
        energy = lambda x: jax.lax.switch(which, [function for _, function, _ in ENERGIES], x)  # noqa: E731
        start = 0.5 + normal(key, (1, config.limit))
        parameters = CboParameters(1.0, 0.5, alpha, config.dt)
        end = lambda energy, x: consensus_run(energy, parameters, key, x, config.steps)[0].position[0]  # noqa: E731
        limit = end(energy, start)[:most]

        def gap(size: jax.Array) -> jax.Array:  # the others have no weight, and are not counted
            apart = (end(of_the_first(size, energy), start[:, :most]) - limit) ** 2
            return jnp.sum(jnp.where(jnp.arange(most) < size, apart, 0)) / size

        return jax.vmap(gap)(sizes)

    cases = np.arange(len(ENERGIES)), np.array([alpha for *_, alpha in ENERGIES])
    return over_grid(mesh, lambda case, key: gaps(*case, key), cases, jax.random.split(key, config.seeds), together=4)


def draw(config: Config, arrays: Arrays) -> Figure:
    """Distances over N."""
    figure, ax = new_figure(SINGLE, 2.7)
    counts = np.array(config.particles)
    for color, (name, _, alpha), gaps in zip(COLORS, ENERGIES, arrays["gaps"], strict=False):
        gaps = gaps / (1 - counts / config.limit)
        mean, error = gaps.mean(0), 1.96 * gaps.std(0, ddof=1) / np.sqrt(len(gaps))
        ax.errorbar(counts, mean, np.minimum(error, 0.9 * mean), fmt="none", color=color, elinewidth=0.8)
        order_plot(ax, counts, mean, -1, label=rf"{name}, $\alpha={alpha:g}$", color=color)
    ax.set(xlabel="$N$", ylabel=r"$E|X^i-\bar X^i|^2$")
    ax.legend(fontsize=6)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
