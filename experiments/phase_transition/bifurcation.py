"""Birth of a decision: the bias of the root on both sides of the transition.

Left, one fan-in: the bias of the root against α - 1 for trees of several depths with perfect leaves, and for
unlimited depth (black). Depth sharpens a smooth curve into a transition. Right, several fan-ins and correlations,
logarithmic: the limit μ* (lines) and the law √((α-1)/c) without a free number (dashed), c = (1-ρ)γ³ s_b (b-1)/6 at
the transition: the exponent is 1/2 for all of them, the amplitude belongs to each. Lines are exact. Dots: Monte Carlo
with 95 % intervals; on the right the leaves start next to μ* (to 2⁻⁸), so that the depths given suffice, and must
keep it. The largest z-score against the exact bias at the dots' own depth is given. Correlation is by common cause.

Shows: left, no bias below 0 in deep trees and a square root above; right, every line on its own dashed one as α → 1.
Source: arXiv 2601.17311, Theorem 4 (exponent and amplitude derived here).
Cost: smoke 2 s, laptop 10 s
Run: python -m experiments.phase_transition.bifurcation
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
from figures.annotate import direct_labels
from figures.render import render
from figures.style import BLUE, COLORS, DOUBLE, GREEN, INK, SKY, new_figure
from theory.trees.recursion import (
    Tree,
    amplification,
    critical_fidelity,
    cubic_coefficient,
    fixed_point,
    tree_trajectory,
)

_DEPTH_COLORS = (SKY, BLUE, GREEN)


@dataclass(frozen=True)
class Config:
    """`depths` are those of the left panel; `families` and `family_depths` belong to the right one."""

    fan_in: int = 3
    correlation: float = 0.125
    depths: tuple[int, ...] = (2, 5, 9)
    fan_ins: tuple[int, ...] = (3, 3, 9, 21)
    correlations: tuple[float, ...] = (0.0, 0.5, 0.0, 0.0)
    family_depths: tuple[int, ...] = (5, 5, 3, 2)
    points: int = 200
    dots: int = 9
    words: int = 256  # of 32 trees a dot

    def __post_init__(self) -> None:
        """Refuses what can't be simulated exactly."""
        if not len(self.fan_ins) == len(self.correlations) == len(self.family_depths):
            raise ValueError(f"family_depths: {self.family_depths}, must be as many as fan_ins and correlations")
        if not all((16 * rho).is_integer() for rho in (self.correlation, *self.correlations)):
            raise ValueError(f"correlation(s): {self.correlation}, {self.correlations}, must be multiples of 1/16")


PRESETS = {
    "smoke": Config(depths=(2,), fan_ins=(3,), correlations=(0.0,), family_depths=(2,), points=20, dots=2, words=128),
    "laptop": Config(),
    "paper": Config(depths=(2, 5, 9, 12), family_depths=(9, 9, 5, 3), points=1000, dots=16, words=2048),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Curves and dots of both panels; leading axis: depths on the left, families on the right."""
    linear_key, log_key = jax.random.split(key)
    return {**_finite_depths(config, linear_key, run), **_critical_laws(config, log_key, run)}


def _finite_depths(config: Config, key: jax.Array, run: Run) -> dict[str, np.ndarray]:
    critical = float(jax.jit(partial(critical_fidelity, config.fan_in, config.correlation))())
    fidelity, dots = np.linspace(0.6 * critical, 1, config.points), np.linspace(0.62 * critical, 0.995, config.dots)
    settings = nearest(1.0, dots, config.correlation)

    def exact() -> dict[str, jax.Array]:
        tree, at = Tree(config.fan_in, fidelity, config.correlation), Tree(config.fan_in, *settings[1:])
        deepest, rows = max(config.depths), np.array(config.depths)
        return {
            "excess": amplification(tree) - 1,
            "limit": fixed_point(tree).bias,
            "finite": tree_trajectory(1.0, tree, deepest)[rows],
            "dot_excess": amplification(at) - 1,
            "exact": tree_trajectory(1.0, at, deepest)[rows],
        }

    measured = [
        root_bias(run.mesh, jax.random.fold_in(key, depth), Shape(config.fan_in, depth), settings, config.words)
        for depth in config.depths
    ]
    return {**jax.jit(exact)(), "measured": jnp.stack(measured)}


def _critical_laws(config: Config, key: jax.Array, run: Run) -> dict[str, np.ndarray]:
    fan_in, rho = (np.array(part, float)[:, None] for part in (config.fan_ins, config.correlations))
    critical = np.asarray(jax.jit(partial(critical_fidelity, fan_in, rho))())
    largest = 0.98 * (1 / critical.max() - 1)  # so that every fidelity stays below 1
    excess = largest * np.logspace(-3.5, 0, config.points)
    _, sent, same = nearest(0.0, (1 + largest * np.logspace(-1.3, 0, config.dots)) * critical, rho)

    def laws() -> dict[str, jax.Array]:
        at_one, at = Tree(fan_in, critical, rho), Tree(fan_in, sent, same)
        return {
            "ceiling": fixed_point(at_one._replace(fidelity=(1 + excess) * critical)).bias,
            "law": jnp.sqrt(excess / cubic_coefficient(at_one)),
            "law_dot_excess": amplification(at) - 1,
            "start": fixed_point(at).bias,
        }

    lines = jax.jit(laws)()
    start, _, _ = nearest(lines.pop("start"), sent, same)
    measured = [
        root_bias(
            run.mesh, jax.random.fold_in(key, row), Shape(b, depth), (start[row], sent[row], same[row]), config.words
        )
        for row, (b, depth) in enumerate(zip(config.fan_ins, config.family_depths, strict=True))
    ]
    climb = jax.jit(partial(tree_trajectory, start, Tree(fan_in, sent, same), max(config.family_depths)))
    exact = np.asarray(climb())[config.family_depths, range(len(start))]
    return {**lines, "law_excess": excess, "law_measured": jnp.stack(measured), "law_exact": exact}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Linear on the left, logarithmic on the right."""
    figure, (left, right) = new_figure(DOUBLE, 2.8, cols=2)
    left.plot(arrays["excess"], arrays["limit"], color=INK, linewidth=1.4, label=r"$L=\infty$")
    bars = {"fmt": "o", "ms": 3.0, "elinewidth": 0.8}
    for row, depth in reversed(list(enumerate(config.depths))):
        color = _DEPTH_COLORS[row % 3]
        left.plot(arrays["excess"], arrays["finite"][row], color=color, label=f"$L={depth}$")
        half = half_interval(arrays["exact"][row], config.words)
        left.errorbar(arrays["dot_excess"], arrays["measured"][row], half, color=color, **bars)
    z = worst_score(arrays["measured"], arrays["exact"], config.words)
    left.set_title(rf"$b={config.fan_in}$, $\rho={config.correlation:g}$; max $|z|={z:.1f}$")
    left.set(xlabel=r"$\alpha-1$", ylabel=r"bias $\mu_L$ of the root", ylim=(-0.03, 1.03))
    left.legend(loc="upper left")
    for row, (b, rho) in enumerate(zip(config.fan_ins, config.correlations, strict=True)):
        color = COLORS[row]
        right.plot(arrays["law_excess"], arrays["ceiling"][row], color=color, label=rf"$b={b}$, $\rho={rho:g}$")
        right.plot(arrays["law_excess"], arrays["law"][row], "--", color=color, linewidth=0.8)
        half = half_interval(arrays["law_exact"][row], config.words)
        right.errorbar(arrays["law_dot_excess"][row], arrays["law_measured"][row], half, color=color, **bars)
    z = worst_score(arrays["law_measured"], arrays["law_exact"], config.words)
    right.set(xscale="log", yscale="log", xlabel=r"$\alpha-1$", ylabel=r"bias $\mu^*$ of a deep root")
    right.set_title(rf"dashed: $\sqrt{{(\alpha-1)/c}}$; max $|z|={z:.1f}$")
    direct_labels(right)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
