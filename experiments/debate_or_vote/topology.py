"""Where the martingale fails: unequal beliefs, and agents that are heard more than others.

Expected belief of each agent, exactly (lines, a linear recursion: how many answers an agent has heard is no matter of
chance) and measured (dots, 95 % interval), with the average of the group in black and its first and last value above,
on four graphs and from the same first beliefs, the best agent first. A single belief keeps its mean only if the
neighbours' average belief is its own: here it does in no panel. The group's average is conserved where everybody is
heard as much as everybody else, on the ring and in the complete group; a star is pulled towards its hub, a chain away
from its ends. Substitute: agents are Dirichlet beliefs, no language model is run.

Shows: coloured lines that move in every panel; a flat black line on ring and complete graph, a drift on star and chain.
Source: arXiv 2508.17536, Theorem 2 and its premise of equal beliefs (recursion for any graph derived here).
Cost: smoke 3 s, laptop 5 s, paper 1 min
Run: python -m experiments.debate_or_vote.topology
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
from core.trees.debate import simulate_debate
from core.trees.graphs import chain, complete, ring, star
from figures.render import render
from figures.statistics import NORMAL_95
from figures.style import COLORS, DOUBLE, INK, new_figure
from theory.trees.debate import mean_belief

GRAPHS = {"star": star, "chain": chain, "ring": ring, "complete": complete}


@dataclass(frozen=True)
class Config:
    """`beliefs` in the correct answer, one an agent; the first is the hub of the star and an end of the chain."""

    beliefs: tuple[float, ...] = (0.9, 0.6, 0.5, 0.4, 0.3)
    concentration: float = 5.0
    rounds: int = 12
    replicas: int = 10_000

    def __post_init__(self) -> None:
        """Refuses beliefs that are none, and groups that make no ring."""
        if len(self.beliefs) < 3 or not all(0 < p < 1 for p in self.beliefs):
            raise ValueError(f"beliefs: {self.beliefs}, must be three or more, between 0 and 1")


PRESETS = {"smoke": Config(rounds=3, replicas=200), "laptop": Config(), "paper": Config(rounds=40, replicas=400_000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Mean beliefs, exact and measured: (graphs, rounds, agents), and of their average (graphs, rounds)."""
    return jax.jit(partial(_arrays, config, run.mesh))(key)


def _arrays(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    p = jnp.array(config.beliefs)
    weights = config.concentration * jnp.stack([p, 1 - p], 1)
    graphs = jnp.stack([graph(len(p)) for graph in GRAPHS.values()])

    def measure(key: jax.Array, graph: jax.Array) -> dict[str, jax.Array]:
        belief = simulate_debate(key, graph, weights, config.rounds, config.replicas).belief
        group, root = belief.mean(1), config.replicas**0.5
        return {
            "exact": mean_belief(graph, weights, config.rounds)[..., 0],
            "measured": belief.mean(2),
            "error": belief.std(2) / root,
            "group": group.mean(1),
            "group_error": group.std(1) / root,
        }

    keys = jax.random.split(key, len(graphs))
    return over_devices(mesh, measure, keys, graphs)


def draw(config: Config, arrays: Arrays) -> Figure:
    """One panel a graph, one curve an agent."""
    figure, axes = new_figure(DOUBLE, 2.4, cols=len(GRAPHS), sharey=True, squeeze=False)
    rounds = np.arange(config.rounds + 1)
    for panel, (ax, name) in enumerate(zip(axes[0], GRAPHS, strict=True)):
        exact = arrays["exact"][panel]
        for agent in range(len(config.beliefs)):
            color = COLORS[agent % 6]
            ax.plot(rounds, exact[:, agent], color=color, linewidth=0.8)
            error = NORMAL_95 * arrays["error"][panel, :, agent]
            ax.errorbar(rounds, arrays["measured"][panel, :, agent], error, fmt=".", ms=2, color=color)
        group = exact.mean(1)
        ax.plot(rounds, group, color=INK, label="average")
        ax.errorbar(rounds, arrays["group"][panel], NORMAL_95 * arrays["group_error"][panel], fmt=".", color=INK)
        ax.set(xlabel="round $t$", title=f"{name}: {group[0]:.3f} to {group[-1]:.3f}")
    axes[0, 0].set(ylabel="mean belief in the correct answer")
    axes[0, 0].legend(loc="upper right")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
