"""Gossip learning from independent starts, with and without rescaling, on three graphs.

Every node trains a rectified network on blobs of two of four classes, then mixes its weights with its neighbours'
(Metropolis). Solid: plain averages; dashed: each mixed matrix rescaled to the mixed standard deviation of its sources.
Left: test loss on all classes, mean over nodes, median over seeds, bands the range. Right: mean variance of the weights
over He's. Grey: loss of guessing. A substitute: small synthetic data, plain gradient descent.

Shows: without rescaling variance falls in the first rounds, most on the complete graph, and the loss waits at guessing;
with it learning starts at once.
Source: arXiv 2404.04616, Figures 3 to 5 (substitute).
Cost: smoke 4 s, laptop 9 s
Run: python -m experiments.vanishing_variance.gossip_training
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
from core.trees.graphs import complete, random_graph, ring
from experiments.vanishing_variance._gossip import CLASSES, Data, Schedule, blobs, train
from figures.forms import line_with_band
from figures.render import render
from figures.style import COLORS, DOUBLE, GREY, new_figure
from theory.short.averaging_variance import metropolis

GRAPHS = ("ring", "random", "complete")


@dataclass(frozen=True)
class Config:
    """Of nodes, data, network and rounds."""

    nodes: int = 8
    samples: int = 32
    dimension: int = 8
    width: int = 16
    hidden: int = 5
    rounds: int = 60
    local_steps: int = 5
    rate: float = 0.05
    seeds: int = 3

    def __post_init__(self) -> None:
        """Refuses a single seed."""
        if self.seeds < 2 or self.nodes < CLASSES:
            raise ValueError(f"seeds, nodes: {self.seeds}, {self.nodes}, must be at least 2 and {CLASSES}")


PRESETS = {
    "smoke": Config(nodes=4, samples=4, dimension=3, width=4, hidden=2, rounds=2, local_steps=1, seeds=2),
    "laptop": Config(),
    "paper": Config(nodes=64, samples=256, width=64, rounds=600, seeds=10),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Loss and variance share, (graphs, corrected, seeds, rounds)."""
    return jax.jit(partial(_courses, config, run.mesh))(key)


def _courses(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    graph_key, data_key, train_key = jax.random.split(key, 3)
    drawn = random_graph(graph_key, config.nodes, 2.5)
    both_ways = jnp.maximum(drawn, drawn.T)
    mixing = jnp.stack([metropolis(graph) for graph in (ring(config.nodes), both_ways, complete(config.nodes))])
    data = blobs(data_key, config.nodes, config.samples, config.dimension, classes=2)
    test = Data(data.inputs.reshape(-1, config.dimension), data.labels.reshape(-1))
    widths = (config.dimension, *(config.width,) * config.hidden, CLASSES)
    schedule = Schedule(config.rounds, config.local_steps, config.rate)

    def one(matrix: jax.Array, corrected: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        return train(key, data, test, matrix, corrected, widths, schedule)

    grid = (mixing, jnp.arange(2) == 1, jax.random.split(train_key, config.seeds))
    loss, share = over_grid(mesh, one, *grid)
    return {"loss": loss, "share": share}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Loss on the left, variance on the right."""
    figure, (left, right) = new_figure(DOUBLE, 2.7, cols=2)
    rounds = 1 + np.arange(config.rounds)
    for index, name in enumerate(GRAPHS):
        for flag, style in enumerate(("-", "--")):
            label = name + (", rescaled" if flag else "")
            look = {"color": COLORS[index], "linestyle": style, "label": label}
            line_with_band(left, rounds, arrays["loss"][index, flag], **look)
            line_with_band(right, rounds, arrays["share"][index, flag], **look)
    left.axhline(np.log(CLASSES), color=GREY, linewidth=0.6)
    left.set(ylabel="loss on all classes (nats)", ylim=(0, 2.5))
    right.set(ylabel="variance of weights over He's", yscale="log")
    for ax in (left, right):
        ax.set_xlabel("round")
    right.legend(loc="center right", ncols=2)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
