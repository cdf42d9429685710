"""How far one step can go: change of the loss against the step, and against the step over the radius.

A two-layer network is trained on drawn digits for some steps; then one step of length τ is made straight downhill, at
several temperatures of the softmax. Left: relative change of the loss against τ. Right: the same curves against
r = τ/ρ, ρ = π/Δ_a of the most sensitive sample. The onset is the first step that raises the loss; its spread (standard
deviation of log10 over temperatures and seeds) is given above each panel. Substitute for the paper's architectures;
which step fails is measured, no theorem says that it must be r = 1, and here it is not: r = 1 is safe by a wide margin.

Shows: on the right the curves of all temperatures lie together, and nothing fails before r = 1.
Source: arXiv 2603.13552, temperature scaling (own substitute).
Cost: smoke 3 s, laptop 5 s, paper 1 min
Run: python -m experiments.softmax_ghosts.step_ratio
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
from figures.annotate import threshold
from figures.render import render
from figures.style import COLORS, DOUBLE, new_figure


@dataclass(frozen=True)
class Config:
    """`training` steps of gradient descent at rate `rate` come before the one that is measured."""

    temperatures: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0, 4.0)
    seeds: int = 6
    each: int = 20  # samples a class
    width: int = 64
    training: int = 100
    rate: float = 0.1
    points: int = 100

    def __post_init__(self) -> None:
        """Refuses a temperature at which nothing is defined."""
        if min(self.temperatures) <= 0:
            raise ValueError(f"temperatures: {self.temperatures}, must be positive")


PRESETS = {
    "smoke": Config(temperatures=(0.25, 0.5, 1.0, 4.0), seeds=3, each=5, width=24, training=30, points=60),
    "laptop": Config(),
    "paper": Config(seeds=32, each=200, width=256, training=300, points=400),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Loss before and after (temperatures, seeds, points), and the radius (temperatures, seeds)."""
    return _losses(config, run.mesh, key)


@partial(jax.jit, static_argnums=(0, 1))
def _losses(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    steps = jnp.logspace(-1.5, 3, config.points)

    def one(temperature: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        layers, data = sample_problem(key, config.each, config.width)

        def descend(net, _):
            direction, norm = downhill(net, data, temperature)
            return moved(net, direction, config.rate * temperature * norm), None

        net = jax.lax.scan(descend, layers, length=config.training)[0]
        direction, _ = downhill(net, data, temperature)
        after = jax.lax.map(lambda step: loss(moved(net, direction, step), data, temperature), steps)
        return loss(net, data, temperature), after, radii(net, data, direction, temperature).min()

    keys = jax.random.split(key, config.seeds)
    before, after, radius = over_grid(mesh, one, jnp.array(config.temperatures), keys)
    return {"step": steps, "before": before, "after": after, "radius": radius}


def draw(config: Config, arrays: Arrays) -> Figure:
    """One colour a temperature, one line a seed."""
    figure, axes = new_figure(DOUBLE, 2.7, cols=2, sharey=True)
    ratio = arrays["after"] / arrays["before"][..., None]
    raised = ratio > 1
    first = np.where(raised.any(-1), arrays["step"][raised.argmax(-1)], np.nan)
    for ax, unit, name in zip(axes, (np.ones_like(first), arrays["radius"]), (r"\tau", r"r=\tau/\rho_a"), strict=True):
        for row, (temperature, color) in enumerate(zip(config.temperatures, COLORS, strict=False)):
            for seed in range(config.seeds):
                label = f"$T={temperature:g}$" if seed == 0 else None
                ax.plot(arrays["step"] / unit[row, seed], ratio[row, seed], color=color, linewidth=0.7, label=label)
        onset = first / unit
        spread = np.nanstd(np.log10(onset))
        ax.set(xscale="log", yscale="log", ylim=(5e-2, 1e2), xlabel=f"${name}$ of one step")
        ax.set_title(f"onset from {np.nanmin(onset):.2g} to {np.nanmax(onset):.2g}, spread {spread:.2f} decades")
        ax.axhline(1, color="0.6", linewidth=0.5, zorder=0)
    threshold(axes[1], 1.0, "$r=1$")
    axes[1].set_xlim(1e-2, 1e3)
    axes[0].set_ylabel("loss after / loss before")
    axes[0].legend(loc="upper left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
