"""Five ways down a winding canyon, from the same corner.

Paths from around (8, 8) in the paper's canyon (contours; star: the global minimum): the consensus point of a swarm, the
point of consensus hopping, and, for comparison, proximal steps, gradient descent and annealed Langevin dynamics. Swarm
sizes, steps and strengths are those of the authors' published scripts. Coloured by time. The share of runs that end
within 0.25 of the minimum stands above each panel, with its exact 95 % (Clopper-Pearson) interval; gradient descent and
proximal steps have nothing random but their start. Proximal steps are of size 0.05 by Newton's method from the point.

Shows: gradient descent and proximal steps stop at the ripple (2.33, 2.47), E = 3.86; nearly all swarms come to 0.
Source: arXiv 2306.09778, Figures 1(b) and 2 (parameters of the authors' code; numbering of version 1).
Cost: smoke 3 s, laptop 15 s
Run: python -m experiments.gradient_is_all_you_need.canyon
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
from core.particles.cbo import CboParameters, isotropic
from core.particles.hopping import HoppingParameters
from core.particles.loops import consensus_path
from core.particles.objectives import canyon
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.gradient_is_all_you_need._swarms import consensus_run, hopping_run
from figures.render import render
from figures.style import DOUBLE, INK, new_figure
from theory.consensus.steps import proximal_point

NAMES = ("consensus-based", "hopping", "proximal", "gradient", "Langevin")
CORNER = 8.0


@dataclass(frozen=True)
class Config:
    """Sizes of the authors' figures; `runs` of each method."""

    runs: int = 50
    particles: int = 200
    steps: int = 250
    gradient_steps: int = 10000

    def __post_init__(self) -> None:
        if self.runs < 1 or self.gradient_steps % self.steps:
            raise ValueError(f"gradient_steps: {self.gradient_steps}, must be a multiple of steps, {self.steps}")


PRESETS = {"smoke": Config(runs=4, gradient_steps=2500), "laptop": Config(), "paper": Config(runs=200)}


# the steps of a run take the keys fold_in(key, 0), fold_in(key, 1), ...: its start takes one beyond
START_KEY = 10**6


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Paths (methods, runs, steps, 2)."""
    return {"paths": jax.jit(partial(_paths, config, run.mesh))(key)}


def _paths(config: Config, mesh: Mesh, key: jax.Array) -> jax.Array:
    stride = config.gradient_steps // config.steps
    noise = jax.random.split(jax.random.fold_in(key, 1), config.runs)

    def swarms(key: jax.Array, width: float) -> jax.Array:
        return CORNER + width * normal(jax.random.fold_in(key, START_KEY), (2, config.particles))

    def single(key: jax.Array) -> jax.Array:  # a shorter draw is the beginning of a longer one
        return swarms(key, 0.5).ravel()[:2]

    def cbo(key: jax.Array) -> jax.Array:
        parameters = CboParameters(1.0, 1.6, 100.0, 0.01)
        return consensus_run(canyon, parameters, key, swarms(key, 0.5), config.steps, isotropic, consensus_path)[1]

    def hop(key: jax.Array) -> jax.Array:
        parameters = HoppingParameters(100.0, 0.7)
        return hopping_run(canyon, parameters, key, swarms(key, 0.7), config.steps, consensus_path)[1]

    def descend(temperature: jax.Array, key: jax.Array) -> jax.Array:
        def step(x: jax.Array, k: jax.Array) -> tuple[jax.Array, None]:
            sigma = temperature * 10 / jnp.log(k + 2.0)
            kick = sigma * jnp.sqrt(0.001) * jax.random.normal(jax.random.fold_in(key, k), (2,))
            return x - 0.001 * jax.grad(canyon)(x) + kick, None

        def stretch(x: jax.Array, k: jax.Array) -> tuple[jax.Array, jax.Array]:
            x = jax.lax.scan(step, x, k * stride + jnp.arange(stride))[0]
            return x, x

        return jax.lax.scan(stretch, single(key), jnp.arange(config.steps))[1]

    def proximal(key: jax.Array) -> jax.Array:
        step = lambda x, _: (proximal_point(canyon, x, 0.05, iterations=8),) * 2  # noqa: E731
        return jax.lax.scan(step, single(key), None, length=config.steps)[1]

    descents = jax.vmap(descend, (0, None))  # gradient descent is Langevin dynamics at temperature 0
    methods = lambda key: jnp.stack([cbo(key), hop(key), proximal(key), *descents(np.array([0.0, 1.0]), key)])  # noqa: E731
    return over_devices(mesh, methods, noise, together=config.runs).swapaxes(0, 1)


def draw(config: Config, arrays: Arrays) -> Figure:
    """One panel a method."""
    from scipy import stats

    figure, axes = new_figure(DOUBLE, 1.95, cols=len(NAMES), sharey=True, sharex=True)
    axis = np.linspace(-2, 9, 221)
    with jax.enable_x64(False):
        heights = np.asarray(jax.jit(canyon)(np.stack(np.meshgrid(axis, axis)).astype(np.float32)))
    for ax, name, paths in zip(axes, NAMES, arrays["paths"], strict=True):
        ax.contour(axis, axis, heights, levels=22, colors="#bbbbbb", linewidths=0.3, zorder=0)
        time = np.broadcast_to(np.arange(paths.shape[1]), paths.shape[:2])
        dots = ax.scatter(*paths.reshape(-1, 2).T, c=time.ravel(), s=0.8, cmap="viridis", rasterized=True, linewidths=0)
        ax.plot(*paths[:, -1].T, ".", color="#D55E00", markersize=2.5)
        ax.plot(0, 0, "*", color=INK, markersize=7, markeredgecolor="white", markeredgewidth=0.5)
        hits = int((np.linalg.norm(paths[:, -1], axis=1) < 0.25).sum())
        low, high = stats.binomtest(hits, len(paths)).proportion_ci(0.95)
        ax.set_title(f"{name}\n{hits} of {len(paths)} [{low:.2f}, {high:.2f}]", loc="left")
        ax.set(xlabel="$x_1$", aspect="equal", xlim=(-2, 9), ylim=(-2, 9))
    axes[0].set_ylabel("$x_2$")
    bar = figure.colorbar(dots, ax=list(axes), aspect=20, pad=0.01)
    bar.set_label("recorded step")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
