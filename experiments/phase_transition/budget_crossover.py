"""One strong agent or many weak ones: accuracy against budget on both sides of s = β.

The same total budget B is spent on one agent, whose bias grows as c B^β until it is perfect; on the best tree of
voters of one or more levels, messages paid for, by the exact recursion; or on the widest star that a context window of
W tokens allows. Left, the tree gains more from leaves than a leaf gains from compute (s > β): trees win inside a
window that the theory gives, from the threshold B_1 of the shallowest tree to the budget (μ*/c)^(1/β) at which a
single agent passes the ceiling μ* of every tree. Right, s < β: no budget and no depth make a tree win, though a star,
whose exponent is 1/2, still can. Nothing here is random; correlation is by common cause, the leaf law min(1, c x^β)
is assumed, and the probability of being right is (1 + μ)/2.

Shows: left, the tree above the single agent between the two marks and nowhere else; right, nowhere.
Source: arXiv 2601.17311, Theorem 5 (re-derived).
Cost: 3 s
Run: python -m experiments.phase_transition.budget_crossover
"""

from dataclasses import dataclass
from functools import partial

import jax
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import threshold
from figures.render import render
from figures.style import BLUE, DOUBLE, GREEN, GREY, VERMILION, new_figure
from theory.trees.budget import Leaf, compute_for, growth_threshold, leaf_bias, message_cost, tree_options
from theory.trees.recursion import Tree, fixed_point, organisation_exponent
from theory.trees.star import context_fan_in, star_bias_at_budget


@dataclass(frozen=True)
class Config:
    """One panel a leaf exponent β; `decades` of budget, in tokens."""

    exponents: tuple[float, ...] = (0.15, 0.4)
    scale: float = 1e-3
    fan_in: int = 5
    fidelity: float = 0.95
    correlation: float = 0.05
    message_length: int = 10
    window: int = 4096
    decades: tuple[float, ...] = (1.5, 22.0)
    points: int = 600
    max_depth: int = 32


PRESETS = {"smoke": Config(points=40, max_depth=6), "laptop": Config(), "paper": Config(points=4000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Root bias against budget for the three organisations; leading axis: leaf exponents."""
    return jax.jit(partial(_arrays, config))()


def _arrays(config: Config) -> dict[str, jax.Array]:
    tree = Tree(config.fan_in, config.fidelity, config.correlation)
    cost, budget = message_cost(config.message_length, config.fan_in), np.logspace(*config.decades, config.points)
    agents = context_fan_in(config.window, config.message_length)

    @jax.vmap
    def organisations(exponent: jax.Array) -> dict[str, jax.Array]:
        leaf = Leaf(config.scale, exponent)
        trees = tree_options(budget, tree, leaf, cost, config.max_depth)  # depth 0 is the single agent
        noise = (agents, config.fidelity, config.correlation)
        return {
            "single": leaf_bias(budget, leaf),
            "tree": trees.bias[1:].max(axis=0),
            "depth": 1 + trees.bias[1:].argmax(axis=0),
            "star": star_bias_at_budget(budget, *noise, leaf, config.message_length),
            "opens": growth_threshold(tree, leaf, cost, depth=1),
            "closes": compute_for(fixed_point(tree).bias, leaf),
        }

    return {
        "budget": budget,
        "exponent": organisation_exponent(tree),
        "ceiling": fixed_point(tree).bias,
        **organisations(np.array(config.exponents)),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Log-log, one panel a leaf exponent."""
    figure, axes = new_figure(DOUBLE, 2.7, cols=len(config.exponents), sharey=True, squeeze=False)
    budget, s = arrays["budget"], float(arrays["exponent"])
    for panel, (ax, beta) in enumerate(zip(axes[0], config.exponents, strict=True)):
        ax.plot(budget, arrays["single"][panel], color=VERMILION, label="one agent")
        for name, color, label in (("tree", BLUE, "best tree"), ("star", GREEN, "widest star")):
            bias = arrays[name][panel]
            affordable = bias > 0
            ax.plot(budget[affordable], bias[affordable], color=color, label=label)
        ax.axhline(float(arrays["ceiling"]), color=GREY, linewidth=0.8, linestyle=":", label=r"ceiling $\mu^*$")
        if beta < s:
            threshold(ax, float(arrays["opens"][panel]), "$B_1$")
            threshold(ax, float(arrays["closes"][panel]), r"$(\mu^*/c)^{1/\beta}$")
        relation = ">" if s > beta else "<"
        ax.set(xscale="log", yscale="log", xlabel="budget $B$ (tokens)")
        ax.set_xlim(budget[0], min(budget[-1], 100 * float(arrays["closes"][panel])))
        ax.set_title(rf"$s={s:.3f} {relation} \beta={beta:g}$")
    axes[0, 0].set(ylabel=r"bias $\mu$ of the decision", ylim=(config.scale, 1.6))
    axes[0, -1].legend(loc="lower right")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True, gaps=("opens",))

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
