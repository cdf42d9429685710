"""Who wins as the budget grows: organisation exponent s against leaf exponent β.

a: the organisation exponent s = log_b α over fidelity and fan-in. Below s = 0 a signal dies out; trees pay where s
exceeds the exponent β with which a single agent gains from compute: the thick lines are its boundaries for some β.
However wide and faithful, no tree reaches 1/2, the exponent of stars. b: every dot is a random tree and a random leaf
law: blue where at some budget and some whole depth the tree beats one agent, vermilion where it never does, by exact
recursion over all the budgets and depths tried, messages paid for, while the signal is weak (c = 10⁻³⁰). Nothing is
random but the choice of dots; correlation is by common cause, the leaf law c x^β.

Shows: in b the diagonal s = β separates the colours, and all dots lie left of s = 1/2.
Source: arXiv 2601.17311, Theorem 5 (re-derived).
Cost: smoke 1 s, laptop 4 s
Run: python -m experiments.phase_transition.synergy_region
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
from figures.style import BLUE, DOUBLE, INK, VERMILION, new_figure
from theory.trees.budget import Leaf, message_cost, tree_options
from theory.trees.recursion import Tree, organisation_exponent

WEAK = 1e-30  # c: no budget tried brings a leaf near its ceiling


@dataclass(frozen=True)
class Config:
    """Plane on the left, dots on the right."""

    correlation: float = 0.1
    exponents: tuple[float, ...] = (0.15, 0.3)
    half_fan_ins: int = 60  # how many of the widths 3, ..., 1001 are drawn
    points: int = 120
    dots: int = 400
    budgets: int = 80
    decades: float = 40.0
    max_depth: int = 40


PRESETS = {
    "smoke": Config(half_fan_ins=8, points=12, dots=20, budgets=40),
    "laptop": Config(),
    "paper": Config(half_fan_ins=200, points=600, dots=3000, budgets=600),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """The plane of s, and for each dot s, β and whether a tree ever wins."""
    return jax.jit(partial(_arrays, config))(key)


def _arrays(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    widths = 2 * np.round(np.logspace(0, np.log10(500), config.half_fan_ins)) + 1
    fidelity = np.linspace(0.05, 1, config.points)
    plane = organisation_exponent(Tree(widths[:, None], fidelity, config.correlation))
    choose = jax.random.split(key, 4)
    odd = 2.0 * jax.random.randint(choose[0], (config.dots,), 1, 26) + 1
    gamma = jax.random.uniform(choose[1], (config.dots,), minval=0.2)
    tree = Tree(odd, gamma, jax.random.uniform(choose[2], (config.dots,), maxval=0.5))
    beta = jax.random.uniform(choose[3], (config.dots,), minval=0.02, maxval=0.58)
    budget = np.logspace(0, config.decades, config.budgets)

    def wins(tree: Tree, beta: jax.Array) -> jax.Array:
        cost = message_cost(1.0, tree.fan_in)
        options = tree_options(budget, tree, Leaf(WEAK, beta), cost, config.max_depth)
        return jnp.any(options.bias[1:] > options.bias[0] * (1 + 1e-9))

    return {
        "fan_in": widths,
        "fidelity": fidelity,
        "plane": plane,
        "s": organisation_exponent(tree),
        "beta": beta,
        "wins": jax.lax.map(lambda dot: wins(*dot), (tree, beta), batch_size=50),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Contours of s, and the plane of both exponents."""
    figure, (plane, dots) = new_figure(DOUBLE, 2.9, cols=2)
    _contours(config, arrays, plane)
    s, beta, wins = arrays["s"], arrays["beta"], arrays["wins"]
    for which, color, label in ((wins, BLUE, "some tree wins"), (~wins, VERMILION, "no tree wins")):
        dots.plot(s[which], beta[which], ".", color=color, ms=3, label=label)
    dots.axline((0, 0), slope=1, color=INK, linewidth=1.2)
    dots.axvline(0.5, color=INK, linewidth=0.8, linestyle="--")
    dots.annotate("stars", (0.5, 0.56), (-2, 0), textcoords="offset points", ha="right", fontsize=7)
    wrong = int(np.sum((s > beta) != wins))
    closest = np.min(np.abs(s - beta))
    dots.set_title(f"{wrong} of {len(s)} on the wrong side; closest $|s-\\beta|={closest:.5f}$", loc="right")
    dots.set(xlabel=r"organisation exponent $s=\log_b\alpha$", ylabel=r"leaf exponent $\beta$")
    dots.set(xlim=(-0.2, 0.53), ylim=(0, 0.6))
    dots.legend(loc="lower left", frameon=True, framealpha=0.9, edgecolor="none")
    panel_letters([plane, dots])
    return figure


def _contours(config: Config, arrays: Arrays, ax) -> None:
    fidelity, fan_in, s = arrays["fidelity"], arrays["fan_in"], np.maximum(arrays["plane"], -0.1)
    ax.set(yscale="log", xlabel=r"fidelity $\gamma$ of a message", ylabel="fan-in $b$")
    ax.contourf(fidelity, fan_in, s, levels=np.arange(0, 0.55, 0.05), cmap="Blues", alpha=0.8)
    bold = sorted({0.0, *config.exponents})
    thin = [level for level in (0.1, 0.2, 0.4) if level not in bold]
    for levels, width, row in ((bold, 1.4, 0.55), (thin, 0.5, 0.75)):
        lines = ax.contour(fidelity, fan_in, s, levels=levels, colors=INK, linewidths=width)
        at = int(row * (len(fan_in) - 1))
        names = {level: f"$s={level:g}$" if level in (0, *thin) else rf"$s=\beta={level:g}$" for level in levels}
        places = [(float(np.interp(level, s[at], fidelity)), float(fan_in[at])) for level in levels]
        ax.clabel(lines, fmt=names, fontsize=7, manual=places)
    ax.set_title(rf"$\rho={config.correlation:g}$", loc="right")


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
