"""How long a message should be: faithful and few, or hasty and many.

An aggregator reads messages of m tokens in a window of W: the longer a message, the more faithful, γ = 1 -
exp(-m/m_0) (an assumed curve), and the fewer fit, b(m) <= W/m, odd. a: amplification α(m) of a level. b: organisation
exponent s(m), the gain of a leaf. Their maxima (dots, with the fan-in) differ: the best length depends on whether
depth or budget is short. c: what a budget really prefers: the bias of the best tree of whole levels against m,
relative to the best m, by exact recursion at three budgets for the first setting, messages paid for; as the budget
grows, its maximum (dots) moves to that of s (line). Nothing is random; correlation is by common cause, the signal is
weak.

Shows: the maximum of s at a longer message than that of α, and subcritical levels (α < 1) where messages are too
short.
Source: derived here from arXiv 2601.17311, Theorems 4, 5 and 9.
Cost: smoke 1 s, laptop 5 s
Run: python -m experiments.phase_transition.message_design
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
from figures.style import BLUE, DOUBLE, GREEN, INK, ORANGE, SKY, VERMILION, new_figure
from theory.trees.budget import Leaf, message_cost, tree_options
from theory.trees.design import designs, saturating_fidelity
from theory.trees.recursion import Tree

_COLORS, _BUDGET_COLORS = (BLUE, VERMILION), (SKY, GREEN, ORANGE)


@dataclass(frozen=True)
class Config:
    """One setting a pair of `scales` m_0 and `correlations`."""

    window: int = 4096
    scales: tuple[float, ...] = (64.0, 256.0)
    correlations: tuple[float, ...] = (0.05, 0.2)
    leaf_exponent: float = 0.1
    leaf_scale: float = 1e-14
    budgets: tuple[float, ...] = (1e6, 1e12, 1e24)
    max_depth: int = 32
    stride: int = 4  # between the message lengths of c

    def __post_init__(self) -> None:
        """Refuses settings that are not pairs."""
        if len(self.scales) != len(self.correlations):
            raise ValueError(f"correlations: {self.correlations}, must be as many as scales, {self.scales}")


PRESETS = {"smoke": Config(window=512, stride=16, max_depth=8), "laptop": Config(), "paper": Config(stride=1)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Design curves (settings, lengths), and bias (budgets, coarser lengths) of the first setting."""
    return jax.jit(partial(_arrays, config))()


def _arrays(config: Config) -> dict[str, jax.Array]:
    length = np.arange(1.0, config.window // 3 + 1)
    scale, rho = (np.array(part)[:, None] for part in (config.scales, config.correlations))
    design = designs(config.window, length, saturating_fidelity(length, scale), rho)
    chosen = length[:: config.stride]
    first = designs(config.window, chosen, saturating_fidelity(chosen, config.scales[0]), config.correlations[0])
    budget, leaf = np.array(config.budgets), Leaf(config.leaf_scale, config.leaf_exponent)

    def best(point: tuple[jax.Array, jax.Array]) -> jax.Array:
        m, b = point
        tree = Tree(b, saturating_fidelity(m, config.scales[0]), config.correlations[0])
        return tree_options(budget, tree, leaf, message_cost(m, b), config.max_depth).bias[1:].max(axis=0)

    return {
        "length": length,
        "fan_in": jnp.broadcast_to(design.fan_in, design.amplification.shape),
        "amplification": design.amplification,
        "exponent": design.exponent,
        "chosen": chosen,
        "bias": jax.lax.map(best, (chosen, first.fan_in), batch_size=64).T,
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Depth view, budget view, and the exact answer of three budgets."""
    figure, axes = new_figure(DOUBLE, 2.7, cols=3)
    length = arrays["length"]
    for row, (scale, rho) in enumerate(zip(config.scales, config.correlations, strict=True)):
        color, name = _COLORS[row % 2], rf"$m_0={scale:g}$, $\rho={rho:g}$"
        for ax, values in zip(axes[:2], (arrays["amplification"][row], arrays["exponent"][row]), strict=True):
            best = int(values.argmax())
            ax.plot(length, values, color=color, label=name)
            ax.plot(length[best], values[best], "o", color=color, markeredgecolor="white", ms=4.5)
            fan_in = int(arrays["fan_in"][row, best])
            side = {"ha": ("center", "right")[row % 2], "textcoords": "offset points", "fontsize": 7, "color": color}
            ax.annotate(f"$m={length[best]:.0f}$, $b={fan_in}$", (length[best], values[best]), (-1, 4), **side)
    axes[0].axhline(1, color=INK, linestyle="--", linewidth=0.8)
    axes[0].set(ylabel=r"amplification $\alpha(m)$", ylim=(0, 1.25 * arrays["amplification"].max()))
    axes[0].legend(loc="lower center", bbox_to_anchor=(0.5, 0.0))
    axes[1].set(ylabel=r"organisation exponent $s(m)$", ylim=(0, 1.25 * arrays["exponent"].max()))
    for row, budget in enumerate(config.budgets):
        relative = arrays["bias"][row] / arrays["bias"][row].max()
        color, best = _BUDGET_COLORS[row % 3], int(relative.argmax())
        axes[2].plot(arrays["chosen"], relative, color=color, label=f"$B=10^{{{np.log10(budget):.0f}}}$")
        axes[2].plot(arrays["chosen"][best], 1, "o", color=color, markeredgecolor="white", ms=4.5)
    axes[2].axvline(length[arrays["exponent"][0].argmax()], color=INK, linestyle="--", linewidth=0.8)
    axes[2].set(ylabel="bias of the best tree, over the largest", yscale="log", ylim=(1e-4, 1.6))
    axes[2].legend(loc="lower right", frameon=True, framealpha=1, edgecolor="none")
    for ax in axes:
        ax.set(xscale="log", xlabel="message length $m$ (tokens)", xlim=(8, length[-1]))
    panel_letters(axes)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
