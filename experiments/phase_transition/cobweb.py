"""Cobweb of one level: below, at and above the transition.

Thick: the map g(μ) = ργμ + (1-ρ) f_b(γμ) that takes the bias of the children to that of their aggregator, exactly.
Thin: the diagonal, where nothing changes. Stairs: the recursion from a weak and from a perfect start. Dashed: growth
at the full rate α, the slope of g at 0; g is concave and stays below it. Dots: Monte Carlo of single aggregators,
with 95 % intervals; their largest z-score is given. Correlation is by common cause.

Shows: one meeting point (chance) while α <= 1, the approach at α = 1 being slow; a second one, which both stairs
reach, once α > 1.
Source: arXiv 2601.17311, Theorem 4 (re-derived).
Cost: smoke 1 s, laptop 2 s
Run: python -m experiments.phase_transition.cobweb
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from core.trees.law import Shape
from experiments.phase_transition._measure import half_interval, nearest, root_bias, worst_score
from figures.annotate import panel_letters
from figures.render import render
from figures.style import BLUE, DOUBLE, GREY, INK, VERMILION, new_figure
from theory.trees.recursion import Tree, amplification, critical_fidelity, fixed_point, tree_step, tree_trajectory


@dataclass(frozen=True)
class Config:
    """One panel a fidelity; 0 stands for the critical one."""

    fan_in: int = 3
    fidelities: tuple[float, ...] = (0.6, 0.0, 0.9)
    correlation: float = 0.125
    starts: tuple[float, ...] = (0.1, 1.0)
    levels: int = 12
    points: int = 200
    dots: int = 8
    words: int = 256  # of 32 aggregators a dot

    def __post_init__(self) -> None:
        """Refuses what can't be simulated exactly."""
        if not (16 * self.correlation).is_integer():
            raise ValueError(f"correlation: {self.correlation}, must be a multiple of 1/16")
        if not all(0 <= gamma <= 1 for gamma in self.fidelities):
            raise ValueError(f"fidelities: {self.fidelities}, must lie in [0, 1]")


PRESETS = {"smoke": Config(points=20, dots=2, words=16), "laptop": Config(), "paper": Config(points=1000, words=8192)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Maps, stairs and measured dots; leading axis: panels."""
    critical = float(jax.jit(partial(critical_fidelity, config.fan_in, config.correlation))())
    gamma = np.array([fidelity or critical for fidelity in config.fidelities])[:, None]
    at, sent, same = nearest(np.linspace(0, 1, config.dots + 2)[1:-1], gamma, config.correlation)

    def exact() -> dict[str, jax.Array]:
        tree, bias = Tree(config.fan_in, gamma, config.correlation), np.linspace(0, 1, config.points)
        stairs = tree_trajectory(np.array(config.starts), tree, config.levels)
        return {
            "amplification": amplification(tree)[:, 0],
            "ceiling": fixed_point(tree).bias[:, 0],
            "bias": bias,
            "next": tree_step(bias, tree),
            "stairs": jnp.moveaxis(stairs, 0, -1),
            "exact": tree_step(at, Tree(config.fan_in, sent, same)),
        }

    settings = at.ravel(), sent.ravel(), same.ravel()
    measured = root_bias(run.mesh, key, Shape(config.fan_in, 1), settings, config.words).reshape(at.shape)
    return {**jax.jit(exact)(), "fidelity": gamma[:, 0], "dot_bias": at, "measured": measured}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Square panels from 0 to 1."""
    figure, axes = new_figure(DOUBLE, 2.75, cols=len(config.fidelities), sharey=True, squeeze=False)
    for panel, ax in enumerate(axes[0]):
        alpha = float(arrays["amplification"][panel])
        ax.plot([0, 1], [0, 1], color=GREY, linewidth=0.7)
        ax.plot([0, min(1, 1 / alpha)], [0, min(1, alpha)], "--", color=INK, linewidth=0.8)
        ax.plot(arrays["bias"], arrays["next"][panel], color=INK, linewidth=1.4)
        for stairs, color in zip(arrays["stairs"][panel], (BLUE, VERMILION), strict=False):
            x = np.repeat(stairs, 2)
            ax.plot(x[:-1], np.append(0, x[2:]), color=color, linewidth=0.9)
        measured, exact = arrays["measured"][panel], arrays["exact"][panel]
        bars = half_interval(exact, config.words)
        ax.errorbar(arrays["dot_bias"][panel], measured, bars, fmt="o", color=INK, markerfacecolor="white", ms=3.4)
        if arrays["ceiling"][panel] > 0:
            ax.plot(*[arrays["ceiling"][panel]] * 2, "*", color=INK, ms=7, zorder=4)
        z = worst_score(measured, exact, config.words)
        ax.set_title(rf"$\gamma={arrays['fidelity'][panel]:.3g}$, $\alpha={alpha:.3g}$; max $|z|={z:.1f}$", loc="right")
        ax.set(xlim=(0, 1.02), ylim=(0, 1.02), aspect="equal", xlabel=r"bias $\mu$ of the children")
    axes[0, 0].set_ylabel(r"bias $g(\mu)$ of their aggregator")
    panel_letters(axes[0])
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
