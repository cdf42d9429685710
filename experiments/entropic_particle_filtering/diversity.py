"""What a filter still remembers.

Effective sample size of the weights, lineages left (distinct ancestors over N) and share of right particles over the
steps of a latent-path model, whose reward favours wrong paths in the first half and right ones after; plain filter,
entropic annealing, and annealing with one step of look-ahead. Mean over runs with its 95 % interval.

Shows: annealing keeps more lineages and more right particles through the misleading half, and recovers after it.
Source: arXiv 2510.05825, entropic annealing and look-ahead modulation (model and bias are ours).
Cost: smoke 2 s, laptop 3 s
Run: python -m experiments.entropic_particle_filtering.diversity
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
from figures.ticks import plain_numbers


@dataclass(frozen=True)
class Config:
    """The model, the filter and the runs."""

    steps: int = 16
    bias: float = 0.7
    particles: int = 64
    runs: int = 400


PRESETS = {"smoke": Config(steps=8, particles=16, runs=50), "laptop": Config(), "paper": Config(runs=20000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Histories (methods, quantities, runs, steps)."""
    return {"history": jax.jit(partial(_histories, config, run.mesh))(key)}


def _histories(config: Config, mesh: Mesh, key: jax.Array) -> jax.Array:
    model, methods = Model(steps=config.steps, bias=config.bias), jnp.arange(len(METHODS))
    one = lambda method, key: jnp.stack(run_filter(model, config.particles, method, key))  # noqa: E731
    all_methods = lambda key: jax.vmap(one, (0, None))(methods, key)  # noqa: E731
    histories = over_devices(mesh, all_methods, jax.random.split(key, config.runs), together=config.runs)
    return histories.transpose(1, 2, 0, 3)


def draw(config: Config, arrays: Arrays) -> Figure:
    """Three quantities over the steps."""
    figure, axes = new_figure(DOUBLE, 2.2, cols=3)
    time = np.arange(1, config.steps + 1)
    labels = ("ESS / N of the rewards", "lineages left / N", "share of right particles")
    for color, method, history in zip(COLORS, METHODS, arrays["history"], strict=False):
        for ax, values in zip(axes, history, strict=True):
            line_with_band(ax, time, mean_band(values), method, color)
    for ax, label in zip(axes, labels, strict=True):
        ax.axvline(config.steps // 2 + 0.5, color="#999999", linestyle=":", linewidth=0.8)
        ax.set(xlabel="step (dotted: the reward turns right)", ylabel=label)
    axes[1].set(yscale="log")
    plain_numbers(axes[1].yaxis)
    axes[2].legend(fontsize=6)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
