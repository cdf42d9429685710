"""Two equal minima: what one consensus makes of them, and what many do.

Particles of plain consensus-based optimisation at α = 1 and α = 100, and of its polarised form (reach κ), at the end of
runs on min(|x-a|², |x+a|²) in the plane; all runs over one another. Crosses: the plain consensus point of each run.
Share of particles within 0.2 of a minimum above each panel.

Shows: at small α the plain swarm agrees on the middle, which is no minimiser, at large α on one of the two by chance;
the polarised swarm keeps both.
Source: polarised consensus, Bungert, Roith and Wacker, arXiv 2211.05238; plain: arXiv 2306.09778.
Cost: smoke 3 s, laptop 5 s
Run: python -m experiments.gradient_is_all_you_need.two_minima
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.particles.cbo import CboParameters
from core.particles.loops import evolve
from core.particles.objectives import sphere
from core.particles.polarised import PolarisedParameters, polarised_step
from core.particles.swarm import swarm_consensus, swarm_init
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.gradient_is_all_you_need._swarms import consensus_run
from figures.render import render
from figures.style import BLUE, DOUBLE, VERMILION, new_figure


@dataclass(frozen=True)
class Config:
    """The reach of polarisation, and the runs."""

    reach: float = 0.5
    particles: int = 100
    runs: int = 20
    steps: int = 300


PRESETS = {
    "smoke": Config(particles=40, runs=4, steps=60),
    "laptop": Config(),
    "paper": Config(particles=400, runs=100),
}


def wells(x: jax.Array) -> jax.Array:
    """Minima at (-1, 0) and (1, 0)."""
    right = jnp.array([1.0, 0.0])[:, None]
    return jnp.minimum(sphere(x - right), sphere(x + right))


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Particles (methods, runs, 2, particles) and consensus points (methods, runs, 2)."""
    return jax.jit(partial(_ends, config))(key)


def _ends(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    def plain(alpha: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        start = jax.random.normal(jax.random.fold_in(key, 10**6), (2, config.particles))
        parameters = CboParameters(1.0, 0.7, alpha, 0.02)
        end = consensus_run(wells, parameters, key, start, config.steps)[0]
        return end.position, swarm_consensus(end, alpha).point

    def polarised(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        start = jax.random.normal(jax.random.fold_in(key, 10**6), (2, config.particles))
        parameters = PolarisedParameters(CboParameters(1.0, 0.7, 10.0, 0.02), config.reach)
        step = lambda swarm: polarised_step(wells, parameters, key, swarm)  # noqa: E731
        end = evolve(step, swarm_init(wells, start), config.steps)[0]
        return end.position, swarm_consensus(end, 10.0).point

    keys = jax.random.split(key, config.runs)
    agreed = jax.vmap(jax.vmap(plain, (None, 0)), (0, None))(np.array([1.0, 100.0]), keys)
    split = jax.vmap(polarised)(keys)
    positions, points = (jnp.concatenate([both, one[None]]) for both, one in zip(agreed, split, strict=True))
    return {"positions": positions, "points": points}


def draw(config: Config, arrays: Arrays) -> Figure:
    """One panel a method."""
    figure, axes = new_figure(DOUBLE, 2.1, cols=3, sharex=True, sharey=True)
    titles = (r"plain, $\alpha=1$", r"plain, $\alpha=100$", rf"polarised, $\kappa={config.reach:g}$")
    for ax, title, positions, points in zip(axes, titles, arrays["positions"], arrays["points"], strict=True):
        ax.plot(*positions.swapaxes(0, 1).reshape(2, -1), ".", color=BLUE, markersize=1.5, alpha=0.4, label="particles")
        ax.plot(*points.T, "x", color=VERMILION, markersize=4, label="consensus")
        ax.plot([-1, 1], [0, 0], "k*", markersize=7, markerfacecolor="white", label="minima")
        near = (((positions[:, 0] ** 2) ** 0.5 - 1) ** 2 + positions[:, 1] ** 2 < 0.04).mean()
        ax.set(xlabel="$x_1$", xlim=(-2, 2), ylim=(-0.6, 0.6))
        ax.set_title(f"{title}: {near:.0%} at minima", loc="left")
    axes[0].set_ylabel("$x_2$")
    axes[0].legend(fontsize=6, loc="upper left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
