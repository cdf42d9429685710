"""A learning rate that explodes for a few steps: without a guard, with a clipped gradient, with the radius as a guard.

Gradient descent of a two-layer network on drawn digits; for some steps in the middle the learning rate is 10,000 times
too large. Clipping bounds the gradient and not the step, so the spike passes through; the guard bounds the step by
the radius of the most sensitive sample, τ <= min ρ_a. Left: loss, median and range over seeds. Right: the step over
the radius, r. Substitute for the paper's networks; fixed seeds.

Shows: the guarded run goes on through the spike, the two others end far above where they were.
Source: arXiv 2603.13552, the controller τ <= ρ_a (own substitute).
Cost: smoke 3 s, laptop 5 s, paper 1 min
Run: python -m experiments.softmax_ghosts.controller
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_grid
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.softmax_ghosts._network import downhill, loss, moved, radii, sample_problem
from figures.forms import line_with_band
from figures.render import render
from figures.style import BLUE, DOUBLE, GREEN, INK, VERMILION, new_figure
from theory.short.ghosts import guarded_step

NAMES = ("no guard", "clipped gradient", r"guard $\tau\leq\rho_a$")


@dataclass(frozen=True)
class Config:
    """The rate is `rate`, and `spike` times that from step `at` on for `spike_steps` steps."""

    steps: int = 200
    rate: float = 0.3
    spike: float = 1e4
    at: int = 80
    spike_steps: int = 5
    clip: float = 1.0
    seeds: int = 5
    each: int = 20
    width: int = 64

    def __post_init__(self) -> None:
        """Refuses a spike that is not there."""
        if not 0 < self.at < self.at + self.spike_steps < self.steps:
            raise ValueError(f"at: {self.at} + {self.spike_steps}, must lie within the {self.steps} steps")


PRESETS = {
    "smoke": Config(steps=50, at=30, spike_steps=3, seeds=4, each=5, width=24),
    "laptop": Config(),
    "paper": Config(steps=1000, at=400, seeds=20, each=100, width=256),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Loss and step ratio (guards, seeds, steps)."""
    return _courses(config, run.mesh, key)


@partial(jax.jit, static_argnums=(0, 1))
def _courses(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:

    def one(guard: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        layers, data = sample_problem(key, config.each, config.width)

        def descend(net, index):
            direction, norm = downhill(net, data)
            spiked = (index >= config.at) & (index < config.at + config.spike_steps)
            rate = config.rate * jnp.where(spiked, config.spike, 1.0)
            allowed = radii(net, data, direction)
            wanted = rate * norm
            clipped = rate * jnp.minimum(norm, config.clip)
            step = jnp.select([guard == 0, guard == 1], [wanted, clipped], guarded_step(wanted, allowed))
            return moved(net, direction, step), (loss(net, data), step / allowed.min())

        return jax.lax.scan(descend, layers, jnp.arange(config.steps))[1]

    keys = jax.random.split(key, config.seeds)
    losses, ratios = over_grid(mesh, one, jnp.arange(3), keys)
    return {"loss": losses, "ratio": ratios}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Loss and step ratio by step."""
    figure, axes = new_figure(DOUBLE, 2.6, cols=2)
    steps = np.arange(config.steps)
    for ax, shown in zip(axes, ("loss", "ratio"), strict=True):
        for row, (name, color) in enumerate(zip(NAMES, (INK, VERMILION, BLUE), strict=True)):
            curve = arrays[shown][row]
            alive = np.isfinite(curve).all(0) & (curve > 0).all(0)
            line_with_band(ax, steps[alive], curve[:, alive], label=name, color=color)
        ax.axvspan(config.at, config.at + config.spike_steps, color=GREEN, alpha=0.25, linewidth=0)
        ax.set(yscale="log", xlabel="step")
    axes[0].set_ylabel("cross-entropy")
    axes[1].set_ylabel(r"$r=\tau/\rho_a$")
    axes[0].legend(loc="upper left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True, gaps=("loss", "ratio"))

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
