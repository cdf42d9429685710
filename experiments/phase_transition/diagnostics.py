"""Three ways for a team to fail, on one plane: context saturation, subcritical cascade, strong baseline.

Colour: who is best at one budget, by exact recursion: one agent with all the compute, the best star that the window
holds, or the best tree of two or more levels of the given fan-in, messages paid for; on the right, how much better
the best team is than one agent. The plane: length m of a message, with fidelity γ = 1 - exp(-m/m_0) (an assumed
curve), against the bias of one agent with the whole budget. Lines are the predicted boundaries. Subcritical cascade:
left of m_c, where α(m_c) = 1, depth destroys the signal, and left of s = β it grows too slowly to pay. Context
saturation: a star has room for W/m voters only, right of W/b no aggregator of the tree fits the window, right of W/3
no team at all. Strong baseline: above μ*(m), the ceiling of the tree, no tree can beat one agent. Nothing is random;
correlation is by common cause, the leaf law min(1, c x^β) is assumed, one c for each height.

Shows: trees best only between m_c (more narrowly, s = β) and W/b and below μ*; stars where trees do not pay.
Source: arXiv 2601.17311, section 5 (boundaries re-derived).
Cost: smoke 1 s, laptop 5 s
Run: python -m experiments.phase_transition.diagnostics
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import panel_letters, threshold
from figures.forms import color_bar
from figures.render import render
from figures.style import DOUBLE, GREEN, INK, SKY, VERMILION, new_figure
from theory.trees.budget import Leaf, message_cost, tree_options
from theory.trees.design import saturating_fidelity
from theory.trees.recursion import Tree, amplification, fixed_point
from theory.trees.star import star_bias_at_budget

ORGANISATIONS = ("one agent", "star", "tree")
_COLORS = (VERMILION, GREEN, SKY)


@dataclass(frozen=True)
class Config:
    """The best of all depths, and of all stars that fit window and budget, at each point of the plane."""

    fan_in: int = 5
    correlation: float = 0.1
    window: int = 4096
    fidelity_scale: float = 250.0
    leaf_exponent: float = 0.1
    budget: float = 1e7
    resolution: int = 120
    max_depth: int = 9
    star_sizes: int = 40


PRESETS = {
    "smoke": Config(resolution=12, max_depth=4, star_sizes=8),
    "laptop": Config(),
    "paper": Config(resolution=500, star_sizes=200),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Bias of each organisation (organisations, single biases, lengths), and the boundaries."""
    return jax.jit(partial(_arrays, config))()


def _arrays(config: Config) -> dict[str, jax.Array]:
    length = np.geomspace(config.window / (2 * config.star_sizes + 1), config.window / 2, config.resolution)
    single = np.linspace(0.005, 1, config.resolution)
    scale = single / config.budget**config.leaf_exponent
    sizes = 3.0 + 2 * np.arange(config.star_sizes)  # all that the window may hold

    def column(m: jax.Array) -> tuple[jax.Array, jax.Array]:
        gamma = saturating_fidelity(m, config.fidelity_scale)

        def teams(c: jax.Array) -> tuple[jax.Array, jax.Array]:
            leaf, tree = Leaf(c, config.leaf_exponent), Tree(config.fan_in, gamma, config.correlation)
            options = tree_options(config.budget, tree, leaf, message_cost(m, config.fan_in), config.max_depth)
            stars = star_bias_at_budget(config.budget, sizes, gamma, config.correlation, leaf, m)
            star = jnp.where(sizes * m <= config.window, stars, 0).max()
            return star, jnp.where(config.fan_in * m <= config.window, options.bias[2:].max(), 0)

        return jax.vmap(teams)(scale)

    star, tree = jax.lax.map(column, length)
    by_length = Tree(config.fan_in, saturating_fidelity(length, config.fidelity_scale), config.correlation)
    slope = amplification(Tree(config.fan_in, 1.0, config.correlation))

    def length_of(fidelity: jax.Array) -> jax.Array:
        return -config.fidelity_scale * jnp.log1p(-fidelity)

    return {
        "length": length,
        "single": single,
        "bias": jnp.stack([jnp.broadcast_to(single[:, None], star.T.shape), star.T, tree.T]),
        "ceiling": fixed_point(by_length).bias,
        "critical_length": length_of(1 / slope),
        "paying_length": length_of(config.fan_in**config.leaf_exponent / slope),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Who is best, and by how much."""
    from matplotlib.colors import ListedColormap

    figure, (who, gain) = new_figure(DOUBLE, 3.0, cols=2, sharey=True)
    length, single, bias = arrays["length"], arrays["single"], arrays["bias"]
    best = np.where(np.isclose(bias.max(axis=0), bias[0], rtol=1e-9), 0, bias.argmax(axis=0))
    ratio = bias[1:].max(axis=0) / bias[0]
    mesh = {"rasterized": True, "shading": "nearest", "zorder": 0}
    who.pcolormesh(length, single, best, cmap=ListedColormap(_COLORS), vmin=-0.5, vmax=2.5, alpha=0.55, **mesh)
    cells = gain.pcolormesh(length, single, np.maximum(ratio, 1), vmin=1, **mesh)
    color_bar(cells, [gain], "bias of the best team over one agent")
    for row, name in enumerate(ORGANISATIONS):
        who.plot([], [], "s", color=_COLORS[row], alpha=0.55, ms=6, label=name)
    for ax, color in ((who, INK), (gain, "white")):
        ax.set(xscale="log", xlabel="message length $m$ (tokens)")
        above = arrays["ceiling"] > 0
        ax.plot(length[above], arrays["ceiling"][above], color=color, linewidth=1.4)
        ax.annotate(r"$\mu^*$", (length[-1], arrays["ceiling"][-1]), (-2, -9), textcoords="offset points", ha="right",
                    color=color, fontsize=7)  # fmt: skip
        marks = {
            "$m_c$": float(arrays["critical_length"]),
            r"$s=\beta$": float(arrays["paying_length"]),
            "$W/b$": config.window / config.fan_in,
            "$W/3$": config.window / 3,
        }
        for name, at in marks.items():
            threshold(ax, at, color=color)
            ax.annotate(name, (at, 1), (0, 2), xycoords=("data", "axes fraction"), textcoords="offset points",
                        ha="center", fontsize=7)  # fmt: skip
        ax.set(xlim=(length[0], length[-1]), ylim=(0, 1))
    who.set_ylabel("bias of one agent with the whole budget")
    who.legend(loc="upper left", frameon=True, framealpha=0.85, edgecolor="none")
    panel_letters([who, gain])
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
