"""The first steps of a cascade: what 1 - δ + β λ_1 predicts, and for how long.

Errors are counted by influence: each with the entry u_i of the left Perron vector of the dependency graph. Left: the
mean count after one error at the most influential agent, relative to that error, on four graphs of the same risk R and
so of the same predicted growth (dashed): in the mean field (lines) and measured (dots, 95 % interval of the mean). The
first step is exact on every graph; after it, errors that meet agents already in error are lost, at once on a ring and
a star, late on a complete graph. Right: growth in the first step, measured against predicted, over graphs, risks and
corrections. Substitute: agents are states of a stochastic process, no language model is run.

Shows: left, all graphs leave on the dashed line and the sparse ones leave it first; right, all on the diagonal.
Source: arXiv 2603.04474, its early risk criterion (equations re-derived).
Cost: smoke 3 s, laptop 5 s, paper 1 min
Run: python -m experiments.error_cascades.early_growth
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
from core.trees.cascade import recurring, simulate_cascade
from experiments.error_cascades._graphs import NAMES, four_graphs, influence
from figures.annotate import small_print
from figures.forms import predicted_measured
from figures.render import render
from figures.statistics import NORMAL_95
from figures.style import COLORS, DOUBLE, INK, new_figure
from theory.trees.cascade import cascade, early_growth, spectral_radius


@dataclass(frozen=True)
class Config:
    """The left panel has the first risk and correction."""

    agents: int = 60
    degree: float = 6.0  # of the random graph
    risks: tuple[float, ...] = (2.0, 0.5, 1.0, 4.0)
    corrections: tuple[float, ...] = (0.15, 0.3)
    steps: int = 25
    replicas: int = 4000

    def __post_init__(self) -> None:
        """Refuses transmissions above one: a ring, λ_1 = 2, needs the largest."""
        if max(self.risks) * max(self.corrections) > 2:
            raise ValueError(f"risks: {self.risks} with {self.corrections}, must leave β = Rδ/2 below 1")


PRESETS = {
    "smoke": Config(agents=12, degree=4.0, risks=(2.0,), corrections=(0.15, 0.3), steps=5, replicas=200),
    "laptop": Config(),
    "paper": Config(agents=400, degree=8.0, steps=60, replicas=20_000),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Weighted counts by step (graphs, settings, steps), and the growth predicted for them (graphs, settings)."""
    return jax.jit(partial(_arrays, config, run.mesh))(key)


def _arrays(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    graph_key, chance_key = jax.random.split(key)
    graphs = four_graphs(graph_key, config.agents, config.degree)
    risk, deltas = (jnp.asarray(x.ravel()) for x in np.meshgrid(config.risks, config.corrections))

    keys = jax.random.split(chance_key, (len(graphs), len(risk)))

    def one(at: jax.Array, place: jax.Array) -> dict[str, jax.Array]:
        key, graph, delta = keys[at, place], graphs[at], deltas[place]
        beta, weight = risk[place] * delta / spectral_radius(graph), influence(graph)
        seeds = jnp.arange(config.agents) == jnp.argmax(weight)
        rule, size = recurring(delta), (config.steps, config.replicas)
        mass = jnp.einsum("i,tir->tr", weight, simulate_cascade(key, graph, seeds, beta, *size, rule).errors * 1.0)
        return {
            "growth": early_growth(graph, beta, delta),
            "mean_field": cascade(seeds * 1.0, graph, beta, delta, config.steps) @ weight,
            "measured": mass.mean(1),
            "error": mass.std(1) / config.replicas**0.5,
        }

    return over_grid(mesh, one, *(jnp.arange(n) for n in keys.shape))


def draw(config: Config, arrays: Arrays) -> Figure:
    """Growth over time on the left, in the first step on the right."""
    figure, (course, first) = new_figure(DOUBLE, 2.9, cols=2, width_ratios=(1.4, 1))
    steps = np.arange(config.steps + 1)
    for panel, (name, color) in enumerate(zip(NAMES, COLORS, strict=False)):
        course.plot(steps, arrays["mean_field"][panel, 0], color=color, linewidth=0.8)
        error = NORMAL_95 * arrays["error"][panel, 0]
        course.errorbar(steps, arrays["measured"][panel, 0], error, fmt=".", color=color, label=name)
        predicted_measured(
            first, arrays["growth"][panel], arrays["measured"][panel, :, 1], arrays["error"][panel, :, 1], None, color
        )
    growth = arrays["growth"][0, 0]
    course.plot(steps, growth**steps, "--", color=INK, label=rf"$(1-\delta+\beta\lambda_1)^t={growth:.2f}^t$")
    course.set(yscale="log", xlabel="step $t$", ylabel="errors, weighted by influence")
    course.set_title(rf"$R={config.risks[0]:g}$, $\delta={config.corrections[0]:g}$, {config.agents} agents")
    course.legend(loc="upper left")
    small_print(course, f"bars: 95 %, {config.replicas:,} cascades")
    for words in first.texts:
        words.set_visible(False)  # one line a graph: the caption and the bars say it
    z = (arrays["measured"][..., 1] - arrays["growth"]) / arrays["error"][..., 1]
    first.set_title(f"{z.size} settings, max $|z|={np.abs(z).max():.1f}$; bars: 95 %")
    first.set(xlabel=r"predicted growth $1-\delta+\beta\lambda_1$", ylabel="growth in the first step")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
