"""How a budget is best split: compute of each leaf and depth of the tree, by law and in whole levels.

Full lines: the best of all whole depths at each budget, by exact recursion with messages paid for and saturation
included. Dashed: the law for a tree that grows freely, leaf compute x* = β c_0/(s-β), whatever the budget, in N = (B
+ c_0)/(x* + c_0) leaves, a real number. Dotted: the budget B_sat at which that law meets the ceiling μ*. a: whole
levels make the compute saw-toothed about x*. b: depth in levels. c: what whole levels cost: the bias over that of the
law, c x*^β N^s, which it can't exceed, up to B_sat. Beyond it further levels still win, by ever less, since they
approach μ* without reaching it, until one agent with all the compute (depth 0) passes μ* and is best. Nothing is
random; correlation is by common cause, the leaf law min(1, c x^β) is assumed.

Shows: up to B_sat a compute that oscillates about a constant and a depth that climbs with the logarithm of the
budget; a better leaf law (larger β) wants more compute in fewer leaves.
Source: arXiv 2601.17311, Theorem 9 (re-derived).
Cost: smoke 1 s, laptop 2 s
Run: python -m experiments.phase_transition.allocation
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import panel_letters
from figures.render import render
from figures.style import BLUE, DOUBLE, GREEN, INK, VERMILION, new_figure
from theory.trees.budget import Leaf, best_leaf_compute, best_tree, message_cost, saturation_budget
from theory.trees.recursion import Tree, organisation_exponent

_COLORS = (BLUE, VERMILION, GREEN)


@dataclass(frozen=True)
class Config:
    """One colour a leaf exponent β; `decades` of budget, in tokens."""

    exponents: tuple[float, ...] = (0.08, 0.25)
    scale: float = 1e-2
    fan_in: int = 5
    fidelity: float = 0.95
    correlation: float = 0.05
    message_length: int = 10
    decades: tuple[float, ...] = (2.0, 9.0)
    points: int = 800
    max_depth: int = 24


PRESETS = {"smoke": Config(points=40, max_depth=8), "laptop": Config(), "paper": Config(points=6000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Exact and lawful allocation; leading axis: leaf exponents."""
    return jax.jit(partial(_arrays, config))()


def _arrays(config: Config) -> dict[str, jax.Array]:
    tree = Tree(config.fan_in, config.fidelity, config.correlation)
    cost, budget = message_cost(config.message_length, config.fan_in), np.logspace(*config.decades, config.points)
    s = organisation_exponent(tree)

    @jax.vmap
    def allocate(exponent: jax.Array) -> dict[str, jax.Array]:
        leaf = Leaf(config.scale, exponent)
        best = best_tree(budget, tree, leaf, cost, config.max_depth)
        x = best_leaf_compute(s, exponent, cost)
        leaves = (budget + cost) / (x + cost)
        return {
            "compute": best.compute,
            "depth": best.depth,
            "bias": best.bias,
            "law_compute": x,
            "law_depth": jnp.log(leaves) / np.log(config.fan_in),
            "law_bias": config.scale * x**exponent * leaves**s,
            "saturation": saturation_budget(tree, leaf, cost),
        }

    return {"budget": budget, "exponent": s, **allocate(np.array(config.exponents))}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Compute, depth and loss against budget."""
    figure, axes = new_figure(DOUBLE, 2.6, cols=3)
    budget = arrays["budget"]
    for row, beta in enumerate(config.exponents):
        color, ends = _COLORS[row % 3], float(arrays["saturation"][row])
        grows = budget < ends
        law = {"color": color, "linestyle": "--", "linewidth": 0.9}
        axes[0].plot(budget, arrays["compute"][row], color=color, linewidth=0.9)
        axes[0].plot(budget[grows], np.full(grows.sum(), arrays["law_compute"][row]), **law)
        axes[1].plot(budget, arrays["depth"][row], color=color, drawstyle="steps-mid", label=rf"$\beta={beta:g}$")
        axes[1].plot(budget[grows], arrays["law_depth"][row, grows], **law)
        axes[2].plot(budget[grows], (arrays["bias"][row] / arrays["law_bias"][row])[grows], color=color, linewidth=0.9)
        for ax in axes[:2]:
            ax.axvline(ends, color=color, linestyle=":", linewidth=0.8)
    axes[2].axhline(1, color=INK, linestyle="--", linewidth=0.8)
    axes[0].set(yscale="log", ylabel="compute $x$ of a leaf (tokens)")
    axes[1].set(ylabel="depth $L$ (levels)", ylim=(0, None))
    axes[2].set(ylabel="bias, exact over law", ylim=(0, 1.1))
    axes[1].plot([], [], "--", color=INK, linewidth=0.9, label="law")
    axes[1].legend(loc="upper left")
    axes[1].set_title(rf"$b={config.fan_in}$, $s={float(arrays['exponent']):.3f}$", loc="right")
    for ax in axes:
        ax.set(xscale="log", xlabel="budget $B$ (tokens)", xlim=(budget[0], budget[-1]))
    panel_letters(axes)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
