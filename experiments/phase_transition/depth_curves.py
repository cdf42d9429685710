"""A signal on its way up the tree, with its bounds.

Bias of the vote against depth above, at and below the transition (amplification α = 1), from leaves that are barely
better than chance and from leaves that are always right. Line: the exact recursion. Shaded: between the rigorous
bounds for the weak leaves, growth at the full rate until the ceiling (clip) and growth at the rate of the best chord.
Dotted: the logistic law, a fit and no bound, with the same rate and ceiling. Dashed: the critical decay 1/√(2ct). The
bar on the axis is the mixing depth ln(μ*/μ0)/ln α. Nothing here is random; correlation is by common cause.

Shows: growth into a ceiling that the leaves do not matter to; decay like 1/√t at α = 1; exponential decay below it.
Source: arXiv 2601.17311, Theorem 4 and its predictors (re-derived; "chord" is our reading of the conservative one).
Cost: 1 s
Run: python -m experiments.phase_transition.depth_curves
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.render import render
from figures.style import COLORS, DOUBLE, INK, new_figure
from theory.trees.predictors import best_chord_bound, clip_bound, logistic_law, mixing_depth
from theory.trees.recursion import (
    Tree,
    amplification,
    critical_decay,
    critical_fidelity,
    fixed_point,
    tree_trajectory,
)


@dataclass(frozen=True)
class Config:
    """One panel a fan-in; one curve an amplification."""

    fan_ins: tuple[int, ...] = (3, 11)
    amplifications: tuple[float, ...] = (1.3, 1.1, 1.0, 0.9)
    correlation: float = 0.1
    leaf_bias: float = 1e-3
    depth: int = 80


PRESETS = {"smoke": Config(depth=20), "laptop": Config(), "paper": Config(depth=200)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Trajectories and predictors, (fan-ins, amplifications, levels)."""
    fan_in = np.array(config.fan_ins, float)[:, None, None]
    critical = np.asarray(jax.jit(partial(critical_fidelity, fan_in, config.correlation))())
    fidelity = np.array(config.amplifications)[:, None] * critical
    if fidelity.max() > 1:
        raise ValueError(f"amplifications: {config.amplifications} need a fidelity above 1 at fan_ins={config.fan_ins}")
    at_one = Tree(fan_in, critical, config.correlation)
    return jax.jit(partial(_curves, config, at_one, at_one._replace(fidelity=fidelity)))()


def _curves(config: Config, at_one: Tree, tree: Tree) -> dict[str, jax.Array]:
    level = np.arange(config.depth + 1.0)
    leaves = np.array([config.leaf_bias, 1.0])[:, None, None, None]
    weak, strong = jnp.moveaxis(tree_trajectory(leaves, tree, config.depth)[..., 0], 0, -1)
    return {
        "level": level,
        "amplification": amplification(tree)[..., 0],
        "bias": weak,
        "bias_from_one": strong,
        "clip": clip_bound(config.leaf_bias, tree, level),
        "chord": best_chord_bound(config.leaf_bias, tree, level),
        "logistic": logistic_law(config.leaf_bias, tree, level),
        "critical_decay": critical_decay(at_one, level[1:])[:, 0],
        "ceiling": fixed_point(tree).bias[..., 0],
        "mixing_depth": mixing_depth(config.leaf_bias, tree)[..., 0],
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """One panel a fan-in, logarithmic in the bias."""
    figure, axes = new_figure(DOUBLE, 2.7, cols=len(config.fan_ins), sharey=True, squeeze=False)
    level, dotted = arrays["level"], {"linestyle": ":", "color": INK, "linewidth": 0.9}
    for panel, (ax, fan_in) in enumerate(zip(axes[0], config.fan_ins, strict=True)):
        for curve, alpha in enumerate(config.amplifications):
            color, at = COLORS[curve], (panel, curve)
            ax.fill_between(level, arrays["chord"][at], arrays["clip"][at], color=color, alpha=0.15, linewidth=0)
            ax.plot(level, arrays["bias"][at], color=color, label=rf"$\alpha={alpha:g}$")
            ax.plot(level, arrays["bias_from_one"][at], color=color)
            ax.plot(level, arrays["logistic"][at], **dotted)
            if arrays["mixing_depth"][at] <= config.depth:
                on_axis = {"transform": ax.get_xaxis_transform(), "clip_on": False}
                ax.plot(arrays["mixing_depth"][at], 0, "|", color=color, ms=9, mew=2, **on_axis)
        ax.plot(level[1:], arrays["critical_decay"][panel], "--", color=INK, linewidth=0.9)
        ax.set(yscale="log", xlabel="depth $t$ (levels)", title=f"fan-in $b={fan_in}$", xlim=(0, config.depth))
    axes[0, 0].set(ylabel=r"bias $\mu_t$ of the vote", ylim=(config.leaf_bias / 30, 1.3))
    axes[0, 0].plot([], [], **dotted, label="logistic law")
    axes[0, 0].plot([], [], "--", color=INK, linewidth=0.9, label=r"$1/\sqrt{2ct}$")
    axes[0, 0].legend(loc="lower right", ncols=2)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True, gaps=("mixing_depth",))

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
