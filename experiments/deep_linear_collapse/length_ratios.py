"""How much longer is the large class: ratios of lengths over the imbalance, for one to nine layers.

Ratio of the smaller to the larger of two classes' head rows, and of their class means, over n_large / n_small, at a
fixed mean load. Lines: the closed form (a line ends where the small class dies). Dots: models that L-BFGS found from a
start on the living branch. Deterministic.

Shows: more layers spread head rows further apart, and class means too; with one layer the head ratio is nearly the
fourth root of the imbalance; deeper heads lose the small class abruptly, at a finite length.
Source: arXiv 2301.00437, imbalanced geometry (re-derived).
Cost: smoke 1 s, laptop 6 s, paper 12 s
Run: python -m experiments.deep_linear_collapse.length_ratios
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.draws import normals
from core.features.unconstrained import class_targets, plant_model
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.deep_linear_collapse._descents import at_once, equal_penalty, settle, stacked
from figures.render import render
from figures.style import COLORS, DOUBLE, new_figure
from theory.collapse.deep_linear import deep_linear_minimum


@dataclass(frozen=True)
class Config:
    """Two classes of `samples` together."""

    depths: tuple[int, ...] = (1, 2, 3, 6, 9)
    samples: int = 60
    decay: float = 2e-3
    measured_minorities: tuple[int, ...] = (30, 15, 6, 3)
    steps: int = 500

    def __post_init__(self):
        """Refuses classes that are not there."""
        if not all(1 <= n <= self.samples // 2 for n in self.measured_minorities):
            raise ValueError(f"measured_minorities: {self.measured_minorities}, must lie in 1..{self.samples // 2}")


PRESETS = {
    "smoke": Config(depths=(2,), samples=12, measured_minorities=(4,), steps=60),
    "laptop": Config(),
    "paper": Config(measured_minorities=(30, 24, 20, 15, 12, 10, 8, 6, 5, 4, 3, 2), steps=2000),
}


CURVE = 300  # points of the theory, before the minorities that are measured


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, Any]:
    """Ratios small / large, theory (depths, points, 2) and found (depths, minorities, 2)."""
    minority = np.concatenate([np.linspace(config.samples / 2, 1, CURVE), config.measured_minorities])
    sizes = np.stack([config.samples - minority, minority], axis=1)
    theory, starts = [], []
    for depth in config.depths:
        minima = _minima(sizes, float(config.samples), *equal_penalty(depth, config.decay))
        energies = np.stack([minima.head_energy, minima.mean_energy], axis=1)[:CURVE]
        ratios = np.sqrt(energies[:, :, 1] / energies[:, :, 0])
        theory.append(np.where(minima.roots[:CURVE, 1:] > 0, ratios, np.nan))
        starts.append(minima.layer_energy[CURVE:])
    imbalance = sizes[:CURVE, 0] / sizes[:CURVE, 1]
    return {"imbalance": imbalance, "theory": np.stack(theory), "found": jax.jit(partial(_found, config))(key, starts)}


def _found(config, key, starts):
    return jnp.stack([_descended(config, key, energies) for energies in starts])


def _descended(config, key, energies):
    """Both ratios where L-BFGS comes to rest; NaN where the small class is dead."""
    minorities, penalty = np.array(config.measured_minorities), equal_penalty(energies.shape[1], config.decay)
    targets = np.stack([class_targets((config.samples - minority, minority)) for minority in minorities])

    def push(energy, targets, minority):
        start = plant_model(energy, jnp.eye(2), targets, penalty, key, 3)
        keys = jax.random.split(jax.random.fold_in(key, minority), len(start.layers))
        noise = normals(keys, [layer.shape for layer in start.layers])
        pushed = tuple(w + 0.02 * x for w, x in zip(start.layers, noise, strict=True))
        return start._replace(layers=pushed)

    pushed = jax.vmap(push)(energies, targets, minorities)
    ends = settle(pushed, targets, stacked([penalty] * len(minorities)), config.steps, 1e-9)
    head, means = jnp.linalg.norm(ends.head, axis=2), jnp.linalg.norm(ends.means, axis=1)
    ratios = jnp.stack([head[:, 1] / head[:, 0], means[:, 1] / means[:, 0]], axis=1)
    return jnp.where(head[:, 1:] > 1e-3 * head[:, :1], ratios, jnp.nan)


_minima = at_once(jax.jit(jax.vmap(deep_linear_minimum, (0, None, None, None))))


def draw(config: Config, arrays: Arrays) -> Figure:
    """Head rows left, class means right."""
    figure, axes = new_figure(DOUBLE, 2.5, cols=2)
    minority = np.array(config.measured_minorities)
    for side, (ax, name) in enumerate(zip(axes, ("w", r"\bar h"), strict=True)):
        for row, depth in enumerate(config.depths):
            ax.plot(arrays["imbalance"], arrays["theory"][row, :, side], color=COLORS[row], label=f"$M={depth}$")
            ax.plot((config.samples - minority) / minority, arrays["found"][row, :, side], "o", color=COLORS[row])
        ratio = rf"$\|{name}_\mathrm{{small}}\|/\|{name}_\mathrm{{large}}\|$"
        ax.set(xscale="log", xlabel=r"imbalance $n_\mathrm{large}/n_\mathrm{small}$", ylabel=ratio)
    axes[0].plot([], [], "o", color="k", label="descent")
    axes[0].legend(ncols=2)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True, gaps=("theory", "found"))

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
