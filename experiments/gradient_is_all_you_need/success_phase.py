"""How many particles, how much noise.

Share of runs in which the energy at the consensus ends below a threshold, for Rastrigin in d dimensions with
anisotropic noise, over the noise σ² and the number of particles. Line: the mean-square threshold σ² = 2λ, up to which
the convergence theorem speaks; the noise at which almost no path contracts any more (σ√dt = 1.57, σ² = 123) lies beyond
the right edge. Each cell is a mean over independent runs (binomial standard error at most 1/(2√runs)).

Shows: success needs far more noise than the theorem allows, or many more particles.
Source: phase diagrams of arXiv 2111.08136 and 2306.09778's companion scripts (their sizes in the paper preset).
Cost: smoke 3 s, laptop 12 s, paper hours on a CPU
Run: python -m experiments.gradient_is_all_you_need.success_phase
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
from experiments.gradient_is_all_you_need._swarms import consensus_run
from figures.forms import phase_diagram
from figures.render import render
from figures.style import SINGLE, new_figure


@dataclass(frozen=True)
class Config:
    """The plane, the runs of a cell, and one run."""

    squares: tuple[float, ...] = (0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6)
    particles: tuple[int, ...] = (8, 16, 32, 64, 128)
    runs: int = 32
    dimension: int = 4
    steps: int = 400
    dt: float = 0.02
    threshold: float = 0.8


PRESETS = {
    "smoke": Config(squares=(0.4, 25.6), particles=(8, 64), runs=8, steps=100),
    "laptop": Config(),
    "paper": Config(
        squares=tuple(np.arange(0.4, 32.1, 0.4).round(1).tolist()),
        particles=tuple(range(2, 201, 2)),
        runs=100,
        steps=1000,
    ),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Success rates (sizes, squares)."""
    return {"success": jax.jit(partial(_rates, config, run.mesh))(key)}


def _rates(config: Config, mesh: Mesh, key: jax.Array) -> jax.Array:
    def success(particles: int, square: jax.Array, key: jax.Array) -> jax.Array:
        start = 2 + 4 * jax.random.normal(key, (config.dimension, particles))
        parameters = CboParameters(1.0, jnp.sqrt(square), 100.0, config.dt)
        end = consensus_run(rastrigin_soft, parameters, key, start, config.steps)[0]
        return rastrigin_soft(swarm_consensus(end, 100.0).point) < config.threshold

    def rates(particles: int) -> jax.Array:
        keys, squares = jax.random.split(jax.random.fold_in(key, particles), config.runs), jnp.array(config.squares)
        over_squares = lambda key: jax.vmap(partial(success, particles), (0, None))(squares, key)  # noqa: E731
        return over_devices(mesh, over_squares, keys, together=config.runs).mean(0)

    return jnp.stack([rates(particles) for particles in config.particles])


def draw(config: Config, arrays: Arrays) -> Figure:
    """The plane, both axes logarithmic."""
    figure, ax = new_figure(SINGLE, 2.7)
    ax.set(xscale="log", yscale="log")
    low, high = min(config.particles), max(config.particles)
    squares, sizes, threshold = np.array(config.squares), np.array(config.particles), np.full(2, 2.0)
    line = (threshold, np.array([low / 2, high * 2]))
    phase_diagram(ax, squares, sizes, arrays["success"], boundary=line, label="share of runs", limits=(0, 1))
    ax.get_legend().remove()
    ax.set(xlabel=r"noise $\sigma^2$ (line: mean-square threshold $2\lambda$)", ylabel="particles $N$")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=False)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
