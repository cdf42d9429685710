"""Which classes die: the load at which a mode leaves the minimum, for one to nine layers.

What a class's mode gives out, x^M/(1+x^M), at the global minimum, over the load b/n (what the mode costs, over what it
gains) and the depth M. Line: T1, where the global minimum drops the mode; dashed, T2, up to which a living local
minimum survives. Dots: what gradient methods (L-BFGS) find from a start on the living branch, the smallest of three
classes (20, 10, 5), same colours: between the lines they stay alive where the global minimum is dead. All exact but
for the descents, which are deterministic.

Shows: one layer loses a class continuously; deeper ones jump, and keep it, metastable, far beyond the threshold.
Source: arXiv 2301.00437, minority collapse (both thresholds re-derived).
Cost: smoke 1 s, laptop 9 s, paper 15 s
Run: python -m experiments.deep_linear_collapse.minority_phase
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.features.unconstrained import Penalty, class_targets
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.deep_linear_collapse._descents import (
    Ends,
    closed_form,
    penalty_at_load,
    planted,
    roots,
    settle,
    stacked,
    thresholds,
)
from figures.forms import phase_diagram
from figures.render import render
from figures.style import INK, SINGLE, new_figure


@dataclass(frozen=True)
class Config:
    """The plane, and where it is measured."""

    depths: tuple[int, ...] = (1, 2, 3, 6, 9)
    measured_depths: tuple[int, ...] = (1, 3, 6)
    loads: int = 120
    measured: int = 9
    largest_load: float = 2.4
    steps: int = 600

    def __post_init__(self):
        """Refuses what has no plane."""
        if not self.depths or min(self.depths) < 1 or not set(self.measured_depths) <= set(self.depths):
            raise ValueError(f"depths: {self.depths}, must be >= 1 and contain measured_depths={self.measured_depths}")


PRESETS = {
    "smoke": Config(depths=(1, 2), measured_depths=(2,), loads=20, measured=2, steps=60),
    "laptop": Config(),
    "paper": Config(depths=tuple(range(1, 11)), measured_depths=(1, 2, 3, 6, 9), measured=16, steps=2000),
}
SIZES = (20, 10, 5)


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, Any]:
    """Outputs over the plane (depths, loads), and those that descents find."""
    load, depth = np.linspace(0.05, config.largest_load, config.loads), np.array(config.depths, float)[:, None]
    power = roots(np.broadcast_to(load, (len(depth), len(load))), depth) ** depth
    probes = np.linspace(0.15, config.largest_load - 0.1, config.measured)
    starts = [living(depth, probes) for depth in config.measured_depths]
    ends = [descended(key, *start, probes, config.steps) for start in starts]
    return {"load": load, "output": power / (1 + power), "probe_load": probes, "found": _smallest(ends)}


def living(depth: int, loads: np.ndarray) -> tuple[np.ndarray, Penalty]:
    """Layer energies and penalties of the branch that lives, at 0.9 T2 or at the load if lower."""
    edge = 0.9 * thresholds(depth)[1]
    penalties = [penalty_at_load(depth, SIZES, min(load, edge)) for load in loads]
    energies = [closed_form(SIZES, penalty, branch="metastable").layer_energy for penalty in penalties]
    return np.stack(energies), stacked(penalties)


def descended(key: jax.Array, energy: Any, start: Penalty, loads: np.ndarray, steps: int) -> Ends:
    """Where descent ends from there at these loads."""
    penalties = stacked([penalty_at_load(energy.shape[1], SIZES, load) for load in loads])
    targets = class_targets(SIZES)
    models = planted(energy, targets, start, key, width=4)
    return settle(models, np.stack([targets] * len(loads)), penalties, steps, 1e-9)


@jax.jit
def _smallest(ends):
    """The smallest class's output, (depths, loads)."""
    return jnp.stack([(end.head @ end.means)[:, 2, 2] for end in ends])


def draw(config: Config, arrays: Arrays) -> Figure:
    """Depth against load."""
    figure, ax = new_figure(SINGLE, 2.6)
    rank = np.arange(len(config.depths))
    at = [config.depths.index(m) for m in config.measured_depths]
    points = (np.tile(arrays["probe_load"], len(at)), np.repeat(at, config.measured), arrays["found"].ravel())
    phase_diagram(ax, arrays["load"], rank, arrays["output"], points=points, label="output for the own class",
                  limits=(0, 1))  # fmt: skip
    for name, style, edges in zip(("$T_1$", "$T_2$"), ("-", "--"), thresholds(config.depths), strict=True):
        ax.plot(np.repeat(edges, 2), np.ravel([rank - 0.5, rank + 0.5], order="F"), style, color="white", lw=2.4)
        ax.plot(np.repeat(edges, 2), np.ravel([rank - 0.5, rank + 0.5], order="F"), style, color=INK, label=name)
    ax.set(xlabel="load $b/n$ of the class", ylabel="layers $M$", yticks=rank, yticklabels=config.depths,
           ylim=(-0.5, len(rank) - 0.5))  # fmt: skip
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
