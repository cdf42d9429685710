"""R > 1 is a threshold for the mean field, not for a small or sparse group of agents.

Share of agents in error against the risk R = β λ_1/δ on four graphs of equal size: in the stationary state of the mean
field (line), and measured in the stochastic process after a fixed number of steps (95 % interval of the mean over
replicas), from one error at the most influential agent (dots) and from everybody in error (rings). Below R = 1 all
errors die, as the theorem says. Above it, a dense graph follows the mean field, up to the sparks that die at once; a
star and a ring of the same R do not: a star's errors live through its hub, whose correction ends them, and a ring's
errors run into agents that are in error already. On every finite graph the last error is corrected some day; what
differs is whether anybody can wait for it. Substitute: agents are states of a stochastic process, no language model.

Shows: dots and rings near the line on complete and random graph, far below it on star and ring until R is about 3.
Source: arXiv 2603.04474, its early risk criterion (equations re-derived).
Cost: smoke 4 s, laptop 8 s, paper 3 min
Run: python -m experiments.error_cascades.spectral_threshold
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_grid
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from core.trees.cascade import recurring, simulate_cascade
from experiments.error_cascades._graphs import NAMES, four_graphs, influence
from figures.annotate import small_print, threshold
from figures.render import render
from figures.statistics import NORMAL_95
from figures.style import BLUE, DOUBLE, INK, VERMILION, new_figure
from theory.trees.cascade import cascade, spectral_radius


@dataclass(frozen=True)
class Config:
    """One panel a graph; `risks` are R, from which the transmission β = Rδ/λ_1 follows."""

    agents: int = 60
    degree: float = 6.0  # of the random graph
    correction: float = 0.15
    risks: tuple[float, ...] = (0.5, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 6.0)
    steps: int = 120
    replicas: int = 300
    curve: int = 40

    def __post_init__(self) -> None:
        """Refuses transmissions above one: a ring, λ_1 = 2, needs the largest."""
        if not 0 < self.correction <= 1 or max(self.risks) * self.correction > 2:
            raise ValueError(f"risks: {self.risks} with correction={self.correction}, must leave β = Rδ/2 below 1")


PRESETS = {
    "smoke": Config(agents=12, degree=4.0, risks=(0.5, 2.0), steps=20, replicas=40, curve=8),
    "laptop": Config(),
    "paper": Config(agents=200, degree=8.0, steps=400, replicas=2000, curve=80),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Shares in error: mean field (graphs, curve), measured (graphs, starts, risks)."""
    return jax.jit(partial(_arrays, config, run.mesh))(key)


def _arrays(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    graph_key, chance_key = jax.random.split(key)
    graphs = four_graphs(graph_key, config.agents, config.degree)
    risks, delta = jnp.array(config.risks), config.correction
    curve = jnp.geomspace(min(config.risks), max(config.risks), config.curve)

    def mean_field(case: tuple[jax.Array, jax.Array], risk: jax.Array) -> jax.Array:
        graph, radius = case
        return cascade(jnp.ones(config.agents), graph, risk * delta / radius, delta, 1500)[-1].mean()

    radius = jax.vmap(spectral_radius)(graphs)
    spark = jnp.argmax(jax.vmap(influence)(graphs), axis=1)
    keys = jax.random.split(chance_key, (len(graphs), 2, len(risks)))

    def measured(at: jax.Array, everyone: jax.Array, place: jax.Array) -> tuple[jax.Array, jax.Array]:
        key, size = keys[at, everyone, place], (config.steps, config.replicas)
        seeds = (everyone == 1) | (jnp.arange(config.agents) == spark[at])
        beta = risks[place] * delta / radius[at]
        errors = simulate_cascade(key, graphs[at], seeds, beta, *size, recurring(delta)).errors[-1].mean(0)
        return errors.mean(), errors.std() / config.replicas**0.5

    mean, error = over_grid(mesh, measured, *(jnp.arange(n) for n in keys.shape))
    field = over_grid(mesh, mean_field, (graphs, radius), curve)
    return {"curve": curve, "mean_field": field, "measured": mean, "error": error, "radius": radius}


def draw(config: Config, arrays: Arrays) -> Figure:
    """One panel a graph."""
    figure, axes = new_figure(DOUBLE, 2.4, cols=len(NAMES), sharey=True, squeeze=False)
    for panel, (ax, name) in enumerate(zip(axes[0], NAMES, strict=True)):
        ax.plot(arrays["curve"], arrays["mean_field"][panel], color=INK, label="mean field")
        starts = (("from one error", VERMILION, VERMILION), ("from all in error", BLUE, "white"))
        for start, (label, color, face) in enumerate(starts):
            mean, error = arrays["measured"][panel, start], NORMAL_95 * arrays["error"][panel, start]
            ax.errorbar(config.risks, mean, error, fmt="o", color=color, markerfacecolor=face, label=label)
        threshold(ax, 1.0)
        ax.set(xscale="log", xlabel=r"risk $R=\beta\lambda_1/\delta$", ylim=(-0.02, 1))
        ax.set_xticks((0.5, 1, 2, 4), ("0.5", "1", "2", "4"))
        ax.xaxis.set_minor_formatter("")
        ax.set_title(rf"{name}, $\lambda_1={arrays['radius'][panel]:.1f}$")
    axes[0, 0].set(ylabel="share of agents in error")
    axes[0, 2].legend(loc="upper right", handlelength=1)
    small_print(axes[0, -1], f"bars: 95 %, {config.replicas} cascades")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
