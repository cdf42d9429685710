"""Over a barrier by its width, not by its height.

From the left well of E(x) = H ((x/w)² - 1)² + tilt on the line, the share of runs that have been beyond +w/2 within the
steps: consensus hopping (N particles), consensus-based optimisation started in the well, and Langevin dynamics at the
temperature 1/(2αN) of the hopping swarm, a hundred steps for each hop, each a tenth of what is stable. Left: over the
height H at w = 0.6. Right: over the half-width w at H = 1. Dots with exact 95 % intervals.

Shows: from a height of order 1/α on hopping does not care for it, and stops at the width that the best of N still
reaches; a swarm with noise in proportion to its size crosses at any scale; Langevin at that temperature never leaves.
Source: arXiv 2306.09778, "passing energetic barriers" (quantified here).
Cost: smoke 3 s, laptop 6 s
Run: python -m experiments.gradient_is_all_you_need.barrier_crossing
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_devices
from core.draws import normal
from core.particles.cbo import CboParameters
from core.particles.hopping import HoppingParameters
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.gradient_is_all_you_need._swarms import consensus_run, hopping_run
from figures.render import render
from figures.style import COLORS, DOUBLE, new_figure
from theory.consensus.finite_swarm import best_of_n, effective_temperature

METHODS = ("hopping", "consensus-based", "Langevin")


@dataclass(frozen=True)
class Config:
    """Landscapes, the swarm, and the runs of a point."""

    heights: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
    widths: tuple[float, ...] = (0.2, 0.4, 0.6, 0.8, 1.0, 1.4, 2.0)
    alpha: float = 20.0
    width: float = 0.4
    particles: int = 50
    steps: int = 100
    runs: int = 100

    def __post_init__(self) -> None:
        if min(self.widths) <= 0:
            raise ValueError(f"widths: {self.widths}, must be positive")


PRESETS = {"smoke": Config((0.1, 10.0), (0.2, 2.0), steps=30, runs=20), "laptop": Config(), "paper": Config(runs=2000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Shares that crossed, (methods, points), over heights and over widths."""
    return jax.jit(partial(_crossings, config, run.mesh))(key)


def _crossings(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    temperature = effective_temperature(config.alpha, config.particles)

    def crossed(height: jax.Array, half: jax.Array, key: jax.Array) -> jax.Array:
        def energy(x: jax.Array) -> jax.Array:  # the well to the right is lower by a fifth of the height
            return height * ((x[0] / half) ** 2 - 1) ** 2 - 0.1 * height * x[0] / half

        place = lambda swarm, agreed: agreed.point[0]  # noqa: E731
        around = -half + 0.2 * half * normal(jax.random.fold_in(key, 10**6), (1, config.particles))
        hops = hopping_run(energy, HoppingParameters(config.alpha, config.width), key, around, config.steps, place)[1]
        parameters = CboParameters(1.0, 7.0, config.alpha, 0.01)
        swarm = consensus_run(energy, parameters, key, around, config.steps, record=place)[1]

        step_size = 0.1 * half**2 / (8 * height)  # a tenth of 1/E'' at the bottom of the well

        def langevin(x: jax.Array, k: jax.Array) -> tuple[jax.Array, jax.Array]:
            kick = jnp.sqrt(2 * step_size * temperature) * jax.random.normal(jax.random.fold_in(key, k))
            slope = jax.grad(lambda x: energy(x[None]))(x)
            return x - step_size * slope + kick, x

        walk = jax.lax.scan(langevin, -half, jnp.arange(100 * config.steps))[1]
        return jnp.stack([jnp.any(path > half / 2) for path in (hops, swarm, walk)])

    middle = len(config.heights)
    heights = np.array([*config.heights, *(1.0 for _ in config.widths)])
    halves = np.array([*(0.6 for _ in config.heights), *config.widths])
    places = jax.vmap(crossed, (0, 0, None))  # which share the random numbers of a run
    keys = jax.random.split(key, config.runs)
    each = over_devices(mesh, lambda key: places(heights, halves, key), keys, together=config.runs)
    counts = each.sum(0).T
    reach = config.width * best_of_n(float(config.particles))
    return {"heights": counts[:, :middle], "widths": counts[:, middle:], "reach": reach}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Shares over height and over width."""
    from scipy import stats

    figure, axes = new_figure(DOUBLE, 2.4, cols=2, sharey=True)
    for ax, name, grid in zip(axes, ("heights", "widths"), (config.heights, config.widths), strict=True):
        for color, method, counts in zip(COLORS, METHODS, arrays[name], strict=False):
            ends = np.array([stats.binomtest(int(n), config.runs).proportion_ci(0.95) for n in counts])
            share = counts / config.runs
            ax.errorbar(grid, share, np.abs(ends.T - share), fmt="o-", color=color, label=method, elinewidth=0.8)
    axes[1].axvline(float(arrays["reach"]), color="#999999", linestyle=":", label="best of N: $s\\,E\\max$")
    axes[0].set(xscale="log", xlabel="height $H$ (half-width 0.6)", ylabel="share of runs that crossed")
    axes[1].set(xlabel="half-width $w$ (height 1)")
    axes[1].legend(fontsize=6, loc="center right")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
