"""Where flattening pays.

Probability that a particle drawn at the end is right, over the number of particles, for the plain filter, annealing,
and annealing with look-ahead; overconfident rewards that mislead early (left) and calibrated rewards (right). Mean over
runs with its 95 % interval.

Shows: with misleading rewards the plain filter loses by more particles, annealing gains (here the gain grows
with N; the paper reports the largest at small N); with calibrated rewards the three are equal.
Source: arXiv 2510.05825 (model and bias are ours; the paper's numbers are of language models).
Cost: smoke 3 s, laptop 5 s
Run: python -m experiments.entropic_particle_filtering.success
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_devices
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.entropic_particle_filtering._filter import METHODS, Model, run_filter
from figures.forms import line_with_band
from figures.render import render
from figures.statistics import mean_band
from figures.style import COLORS, DOUBLE, new_figure
from figures.ticks import ticks_at


@dataclass(frozen=True)
class Config:
    """Sizes, biases and runs."""

    particles: tuple[int, ...] = (4, 8, 16, 32, 64)
    biases: tuple[float, ...] = (0.7, 0.0)
    noises: tuple[float, ...] = (1.5, 0.3)
    steps: int = 16
    runs: int = 300


PRESETS = {"smoke": Config(particles=(16,), runs=50), "laptop": Config(), "paper": Config(runs=50000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Share of right particles at the end (biases, methods, runs, sizes)."""
    return {"right": jax.jit(partial(_right, config, run.mesh))(key)}


def _right(config: Config, mesh: Mesh, key: jax.Array) -> jax.Array:
    def end(particles: int, bias: jax.Array, noise: jax.Array, method: jax.Array, key: jax.Array) -> jax.Array:
        return run_filter(Model(config.steps, bias=bias, noise=noise), particles, method, key).right[-1]

    def ends(key: jax.Array) -> jax.Array:  # the same random numbers for all methods and settings
        biases, noises, methods = jnp.array(config.biases), jnp.array(config.noises), jnp.arange(len(METHODS))
        each = lambda n: jax.vmap(jax.vmap(partial(end, n), (None, None, 0, None)), (0, 0, None, None))  # noqa: E731
        return jnp.stack([each(n)(biases, noises, methods, key) for n in config.particles], axis=-1)

    keys = jax.random.split(key, config.runs)
    return over_devices(mesh, ends, keys, together=config.runs).transpose(1, 2, 0, 3)


def draw(config: Config, arrays: Arrays) -> Figure:
    """One panel a bias."""
    figure, axes = new_figure(DOUBLE, 2.3, cols=len(config.biases), sharey=True, squeeze=False)
    for ax, bias, by_method in zip(axes[0], config.biases, arrays["right"], strict=True):
        for color, method, values in zip(COLORS, METHODS, by_method, strict=False):
            line_with_band(ax, np.array(config.particles), mean_band(values), method, color, marker="o")
        ax.set(xscale="log", xlabel="particles $N$")
        ticks_at(ax.xaxis, config.particles)
        ax.set_title("calibrated" if bias == 0 else f"early bias {bias:g}", loc="left", pad=9)
    axes[0, 0].set_ylabel("probability of a right answer")
    axes[0, 0].legend(fontsize=6, loc="upper left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
