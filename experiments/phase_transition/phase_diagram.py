"""Phase diagram: where a tree of voters amplifies and where it forgets.

Colour: the bias μ* in which an infinitely deep tree ends, exactly, over the fidelity of a message and the correlation
of errors (common cause). Line: the predicted boundary γ_c = 1/(ρ + (1-ρ) s_b), amplification one. Dots: Monte Carlo of
finite trees with perfect leaves, coloured by the measured bias of the root; close to the boundary they have not yet
arrived at μ*. The largest of their z-scores against the exact bias at their own depth is given.

Shows: dark (chance) on the left of the line, bright on its right, for dots and plane alike; fan-in moves the line left.
Source: arXiv 2601.17311, Theorem 4 (re-derived).
Cost: 7 s
Run: python -m experiments.phase_transition.phase_diagram
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from core.trees.bits import Dyadic
from core.trees.law import Law, Shape
from core.trees.simulate import simulate_sharded
from figures.forms import color_bar, phase_diagram
from figures.render import render
from figures.style import DOUBLE, new_figure
from theory.trees.recursion import Tree, critical_fidelity, fixed_point, tree_trajectory

FLIP_BITS = 5  # measured fidelities are 1 - k/16, exactly
CORRELATION_BITS = 4


@dataclass(frozen=True)
class Config:
    """One panel a fan-in; `depths` are those of the simulated trees."""

    fan_ins: tuple[int, ...] = (3, 9)
    depths: tuple[int, ...] = (8, 4)
    resolution: int = 120
    flips: tuple[int, ...] = (1, 2, 3, 4, 5, 7, 9, 11)  # in 1/32
    correlations: tuple[int, ...] = (1, 5, 9, 13)  # in 1/16
    words: int = 256  # of 32 trees a dot

    def __post_init__(self) -> None:
        """Refuses what can't be simulated."""
        if len(self.fan_ins) != len(self.depths):
            raise ValueError(f"depths: {self.depths}, must be as many as fan_ins, {self.fan_ins}")
        if not all(0 <= k <= 16 for k in self.flips + self.correlations):
            raise ValueError(f"flips, correlations: {self.flips}, {self.correlations}, must lie in 0..16")


PRESETS = {
    "smoke": Config(fan_ins=(3,), depths=(3,), resolution=16, flips=(1, 7), correlations=(3,), words=8),
    "laptop": Config(),
    "paper": Config(fan_ins=(3, 5, 9, 21), depths=(10, 7, 5, 4), resolution=400, words=8192),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Exact plane and boundary, and measured and exact bias at the dots; leading axis: fan-ins."""
    flips, shared = (x.ravel() for x in np.meshgrid(config.flips, config.correlations))
    measured = [
        _root_bias(run.mesh, Shape(b, depth), config.words, jax.random.fold_in(key, panel), flips, shared)
        for panel, (b, depth) in enumerate(zip(config.fan_ins, config.depths, strict=True))
    ]
    dots = {"dot_fidelity": 1 - flips / 16, "dot_correlation": shared / 16, "measured": jnp.stack(measured)}
    return {**jax.jit(partial(_exact, config, dots["dot_fidelity"], dots["dot_correlation"]))(), **dots}


def _exact(config: Config, dot_fidelity: np.ndarray, dot_correlation: np.ndarray) -> dict[str, jax.Array]:
    fidelity, correlation = np.linspace(0.1, 1.0, config.resolution), np.linspace(0.0, 0.95, config.resolution)
    fan_in = np.array(config.fan_ins, float)[:, None]
    at_dots = tree_trajectory(1.0, Tree(fan_in, dot_fidelity, dot_correlation), max(config.depths))
    return {
        "fidelity": fidelity,
        "correlation": correlation,
        "bias": fixed_point(Tree(fan_in[:, None], fidelity, correlation[:, None])).bias,
        "boundary": critical_fidelity(fan_in, correlation),
        "exact_at_depth": at_dots[np.array(config.depths), np.arange(len(fan_in))],
    }


@partial(jax.jit, static_argnums=(0, 1, 2))
def _root_bias(mesh: Mesh, shape: Shape, words: int, key: jax.Array, flips: jax.Array, shared: jax.Array) -> jax.Array:
    """Measured bias of the root over perfect leaves, dot by dot."""

    def count(dot: tuple[jax.Array, ...]) -> jax.Array:
        key, flip, same = dot
        law = Law(Dyadic(1, 0), Dyadic(flip, FLIP_BITS), Dyadic(same, CORRELATION_BITS))
        return simulate_sharded(mesh, key, law, shape, words, axis="devices")

    return 2 * jax.lax.map(count, (jax.random.split(key, len(flips)), flips, shared)) / (32 * words) - 1


def draw(config: Config, arrays: Arrays) -> Figure:
    """One panel a fan-in, one colour scale."""
    figure, axes = new_figure(DOUBLE, 2.9, cols=len(config.fan_ins), sharey=True, squeeze=False)
    for panel, (ax, b, depth) in enumerate(zip(axes[0], config.fan_ins, config.depths, strict=True)):
        measured, exact = arrays["measured"][panel], arrays["exact_at_depth"][panel]
        cells, _ = phase_diagram(
            ax,
            arrays["fidelity"],
            arrays["correlation"],
            arrays["bias"][panel],
            boundary=(arrays["boundary"][panel], arrays["correlation"]),
            points=(arrays["dot_fidelity"], arrays["dot_correlation"], measured),
            limits=(0, 1),
        )
        error = np.sqrt((1 - exact**2) / (32 * config.words))
        farthest = np.max(np.abs(measured - exact) / error)
        ax.get_legend().remove()  # the caption says it, and the room is needed for the test of the dots
        ax.set_title(f"$b={b}$; dots: depth {depth}, {32 * config.words} trees each, max $|z|={farthest:.1f}$")
        ax.set_xlabel(r"fidelity $\gamma$ of a message")
    axes[0, 0].set_ylabel(r"correlation $\rho$ of errors")
    color_bar(cells, list(axes[0]), r"bias $\mu^*$ of the root")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
