"""How wrong the three predictors are, along the way and over the plane.

a, b: relative error of a predictor against the exact recursion, from weak leaves, over depth in units of the mixing
depth L_mix = ln(μ*/μ_0)/ln α, without and with correlation, for three fan-ins. The clip (full rate until the ceiling)
can only be too high, the chord (best chord of the map) only too low; both are worst where growth meets the ceiling.
The logistic law errs less and is no bound: too low without correlation, either way with it. c, d: the largest error
of the logistic law along the trajectory, with its sign, over fidelity and correlation, for a narrow and a wide tree;
grey: α < 1.05, where signals die or take too long. Nothing is random; correlation is by common cause.

Shows: in a and b errors of both bounds with the right signs; in c and d errors of a tenth, but a broad tree with
strong correlation is over-predicted by far.
Source: arXiv 2601.17311 announces a conservative predictor; the three were derived here.
Cost: smoke 1 s, laptop 5 s
Run: python -m experiments.phase_transition.predictor_errors
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
from figures.forms import color_bar, phase_diagram
from figures.render import render
from figures.style import BLUE, DOUBLE, GREEN, GREY, INK, VERMILION, new_figure
from theory.trees.predictors import best_chord_bound, clip_bound, logistic_law, mixing_depth
from theory.trees.recursion import Tree, amplification, critical_fidelity, tree_trajectory

_COLORS, _STYLES = (VERMILION, BLUE, GREEN), ("-", (0, (4, 1.5)), (0, (1, 1)))
PREDICTORS = ("clip", "chord", "logistic")


@dataclass(frozen=True)
class Config:
    """a, b: one line style a fan-in, one panel a correlation; c, d: one panel a width."""

    fan_ins: tuple[int, ...] = (3, 11, 101)
    correlations: tuple[float, ...] = (0.0, 0.3)
    amplification: float = 1.2
    widths: tuple[int, ...] = (3, 101)
    leaf_bias: float = 1e-3
    resolution: int = 70
    nearest: float = 1.05  # least α of c and d: nearer to 1, trajectories are too long
    depth: int = 160


PRESETS = {
    "smoke": Config(resolution=10, fan_ins=(3,), depth=60, nearest=1.3),
    "laptop": Config(),
    "paper": Config(resolution=200, nearest=1.02, depth=400),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Errors along trajectories (panels, fan-ins, predictors, levels) and over planes (widths, rows, columns)."""
    return {**jax.jit(partial(_along, config))(), **jax.jit(partial(_over, config))()}


def _along(config: Config) -> dict[str, jax.Array]:
    rho, fan_in = np.array(config.correlations)[:, None], np.array(config.fan_ins, float)
    tree = Tree(fan_in, config.amplification * critical_fidelity(fan_in, rho), rho)
    level = np.arange(config.depth + 1.0)
    truth = tree_trajectory(config.leaf_bias, tree, config.depth)
    laws = clip_bound, best_chord_bound, logistic_law
    errors = jnp.stack([law(config.leaf_bias, tree, level[:, None, None]) / truth - 1 for law in laws])
    return {
        "level": level,
        "mixing_depth": mixing_depth(config.leaf_bias, tree),
        "errors": jnp.transpose(errors, (2, 3, 0, 1)),
    }


def _over(config: Config) -> dict[str, jax.Array]:
    fidelity, correlation = np.linspace(0.1, 1, config.resolution), np.linspace(0, 0.9, config.resolution)
    widths, level = np.array(config.widths, float)[:, None, None], np.arange(1.0, config.depth + 1)
    plane = Tree(widths, fidelity, correlation[:, None])
    start = np.full((len(widths), config.resolution, config.resolution), config.leaf_bias)
    truth = tree_trajectory(start, plane, config.depth)[1:]
    errors = logistic_law(start, plane, level[:, None, None, None]) / truth - 1
    largest = jnp.take_along_axis(errors, jnp.abs(errors).argmax(axis=0)[None], axis=0)[0]
    arrives = (amplification(plane) >= config.nearest) & (mixing_depth(start, plane) < 0.8 * config.depth)
    return {
        "fidelity": fidelity,
        "correlation": correlation,
        "plane": jnp.where(arrives, largest, jnp.nan),
        "boundary": critical_fidelity(widths[:, 0], correlation),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Trajectories above, planes below."""
    figure, axes = new_figure(DOUBLE, 5.0, rows=2, cols=2)
    for panel, (ax, rho) in enumerate(zip(axes[0], config.correlations, strict=True)):
        for row, b in enumerate(config.fan_ins):
            x = arrays["level"] / arrays["mixing_depth"][panel, row]
            for which, name in enumerate(PREDICTORS):
                label = name if row == 0 else None
                line = {"color": _COLORS[which], "linestyle": _STYLES[row % 3]}
                ax.plot(x, 100 * arrays["errors"][panel, row, which], label=label, **line)
            if panel:
                ax.plot([], [], color=INK, linestyle=_STYLES[row % 3], label=f"$b={b}$")
        ax.axhline(0, color=GREY, linewidth=0.6)
        ax.set(xlim=(0, 2), xlabel=r"depth $t/L_{\mathrm{mix}}$", ylabel="relative error (%)")
        ax.set_title(rf"$\rho={rho:g}$, $\alpha={config.amplification:g}$", loc="right")
        ax.legend(loc="upper left", ncols=2)
    _planes(config, arrays, axes[1])
    panel_letters(axes)
    return figure


def _planes(config: Config, arrays: Arrays, axes: np.ndarray) -> None:
    reach = 100 * float(np.nanmax(np.abs(arrays["plane"])))
    for panel, (ax, b) in enumerate(zip(axes, config.widths, strict=True)):
        cells, _ = phase_diagram(
            ax,
            arrays["fidelity"],
            arrays["correlation"],
            100 * arrays["plane"][panel],
            boundary=(arrays["boundary"][panel], arrays["correlation"]),
            limits=(-reach, reach),
            centre=0.0,
        )
        ax.get_legend().remove()
        ax.set(xlabel=r"fidelity $\gamma$ of a message", ylabel=r"correlation $\rho$ of errors")
        worst = 100 * arrays["plane"][panel]
        title = f"$b={b}$: {np.nanmin(worst):+.0f} % to {np.nanmax(worst):+.0f} %"
        ax.set_title(title.replace("-", "\N{MINUS SIGN}"), loc="right")
    color_bar(cells, list(axes), "largest error (%)")


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True, gaps=("plane",))

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
