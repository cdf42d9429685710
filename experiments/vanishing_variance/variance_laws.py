"""Gossip eats variance: weights over rounds on three graphs, and the signal over depth.

Left: variance of independently initialised weights after t rounds of Metropolis gossip without any training, over that
of the start. Lines: tr(M^{2t})/N from the eigenvalues; dots: measured on drawn weights, mean over nodes; dotted: 1/N.
Right: energy of a signal after l rectified layers whose weights are averages of N He networks, over that before. Lines:
N^{-l}; filled dots: means over draws with 95 % intervals; hollow: the averaged weights rescaled to He's spread.

Shows: dots on lines; the complete graph loses all in one round, the ring like 1/√t; hollow dots stay near one.
Source: arXiv 2404.04616 (re-derived; gossip matrices are ours).
Cost: smoke 2 s, laptop 3 s
Run: python -m experiments.vanishing_variance.variance_laws
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
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from core.trees.graphs import complete, ring, star
from figures.annotate import small_print
from figures.render import render
from figures.style import COLORS, DOUBLE, INK, new_figure
from theory.short.averaging_variance import gossip_variance, metropolis, restore_spread, signal_gain

GRAPHS = {"ring": ring, "star": star, "complete": complete}


@dataclass(frozen=True)
class Config:
    """Of the graphs and of the signal."""

    nodes: int = 16
    rounds: int = 40
    entries: int = 20_000
    averages: tuple[int, ...] = (1, 2, 5)
    layers: int = 6
    width: int = 24
    draws: int = 400

    def __post_init__(self) -> None:
        """Refuses graphs that are too small."""
        if self.nodes < 3 or min(self.averages) < 1:
            raise ValueError(f"nodes, averages: {self.nodes}, {self.averages}, must be at least 3 and 1")


PRESETS = {
    "smoke": Config(nodes=4, rounds=4, entries=50, averages=(2,), layers=2, width=6, draws=20),
    "laptop": Config(),
    "paper": Config(nodes=64, rounds=200, width=128, draws=1000),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Variance shares (graphs, rounds) and gains (averages, corrected, layers)."""
    return jax.jit(partial(_laws, config, run.mesh))(key)


def _laws(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    weight_key, signal_key = jax.random.split(key)
    weights = normal(weight_key, (config.nodes, config.entries))
    mixing = jnp.stack([metropolis(graph(config.nodes)) for graph in GRAPHS.values()])

    @jax.vmap
    def measured(matrix: jax.Array) -> jax.Array:
        step = lambda w, _: (matrix @ w, jnp.mean(w**2))  # noqa: E731
        return jax.lax.scan(step, weights, None, config.rounds)[1]

    spread = (2 / config.width) ** 0.5

    def gain(key: jax.Array, share: jax.Array, corrected: jax.Array) -> jax.Array:
        # An average of N independent normal matrices is one normal matrix of a share 1/N of the variance.
        drawn = spread * share**0.5 * normal(key, (config.layers, config.width, config.width))
        drawn = jnp.where(corrected, jax.vmap(lambda w: restore_spread(w, spread))(drawn), drawn)

        def layer(h: jax.Array, w: jax.Array) -> tuple[jax.Array, jax.Array]:
            h = jax.nn.relu(h @ w)
            return h, jnp.mean(h**2)

        return jax.lax.scan(layer, jnp.ones(config.width), drawn)[1]

    keys = jax.random.split(signal_key, config.draws)
    shares, flags = 1 / jnp.array(config.averages, float), jnp.array([False, True])
    grid = jax.vmap(jax.vmap(gain, (None, None, 0)), (None, 0, None))
    gains = over_devices(mesh, lambda key: grid(key, shares, flags), keys, together=config.draws)
    return {
        "measured": measured(mixing),
        "exact": jax.vmap(lambda matrix: gossip_variance(matrix, config.rounds))(mixing),
        "gain": gains.mean(axis=0),
        "error": gains.std(axis=0, ddof=1) / config.draws**0.5,
        "expected": jnp.stack([signal_gain(shares, depth) for depth in range(1, config.layers + 1)], axis=1),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Variance on the left, signal on the right."""
    figure, (left, right) = new_figure(DOUBLE, 2.6, cols=2)
    rounds, depth = np.arange(config.rounds), 1 + np.arange(config.layers)
    for index, name in enumerate(GRAPHS):
        left.plot(rounds, arrays["exact"][index], color=COLORS[index])
        left.plot(rounds[::3], arrays["measured"][index][::3], "o", color=COLORS[index], label=name)
    left.axhline(1 / config.nodes, color=INK, linestyle=":", linewidth=0.8, label=f"$1/{config.nodes}$")
    left.set(yscale="log", xlabel="rounds of gossip $t$", ylabel="variance over that at the start")
    for index, networks in enumerate(config.averages):
        right.plot(depth, arrays["expected"][index], color=COLORS[index + 3])
        for flag, fill in enumerate((COLORS[index + 3], "white")):
            value, bar = arrays["gain"][index, flag], 1.96 * arrays["error"][index, flag]
            label = f"$N={networks}$" + (", rescaled" if flag else "")
            right.errorbar(depth + 0.1 * index * flag, value, bar, fmt="o", color=COLORS[index + 3],
                           markerfacecolor=fill, label=label)  # fmt: skip
    small_print(right, f"bars: 95 % of the mean of {config.draws} draws")
    right.set(yscale="log", xlabel="layers $l$", ylabel="energy of the signal, relative")
    for ax in (left, right):
        ax.legend()
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
