"""A class that dies late and never comes back: the load of the smallest class, up and down again.

Squared length of the smallest class's head row, classes (20, 10, 5), while the decay is raised in small steps and then
lowered again; after each step L-BFGS descends from where it was, with a push of 1e-3 so that nothing rests on a
saddle. Lines: the closed forms, global minimum (solid) and metastable branch (dashed). One run a depth, deterministic
but for the pushes (one seed).

Shows: with one layer the way back is the way there; with two or more the class lives on to T2 and then stays dead.
Source: arXiv 2301.00437 (re-derived; the loop is ours).
Cost: smoke 1 s, laptop 8 s, paper 30 s
Run: python -m experiments.deep_linear_collapse.hysteresis
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.draws import normals
from core.features.quasi_newton import minimise
from core.features.unconstrained import class_targets, layer_product, squared_loss
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.deep_linear_collapse._descents import closed_form, penalty_at_load, planted, roots, stacked, thresholds
from figures.annotate import threshold
from figures.render import render
from figures.style import BLUE, DOUBLE, INK, VERMILION, new_figure


@dataclass(frozen=True)
class Config:
    """One panel a depth; the loop runs from a third of T1 to a fifth beyond T2."""

    depths: tuple[int, ...] = (1, 2, 3)
    points: int = 24
    steps: int = 300
    push: float = 1e-3


PRESETS = {
    "smoke": Config(depths=(2,), points=4, steps=30),
    "laptop": Config(),
    "paper": Config(depths=(1, 2, 3, 6), points=60, steps=2000),
}
SIZES = (20, 10, 5)
TARGETS = class_targets(SIZES)


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, Any]:
    """Head energy of the smallest class along the loop, (depths, 2 x points), and by the closed forms."""
    results, energies = {"load": [], "global": [], "metastable": []}, []
    for depth in config.depths:
        death, spinodal = thresholds(depth)
        up = np.linspace(death / 3, 1.2 * spinodal, config.points)
        path = np.concatenate([up, up[::-1]])
        penalties = [penalty_at_load(depth, SIZES, load) for load in path]
        energy, first = closed_form(SIZES, penalties[0]).layer_energy, stacked(penalties[:1])
        start = planted(energy[None], TARGETS, first, key, width=4)
        results["load"].append(path)
        energies.append(followed(start, stacked(penalties), key, config.push, config.steps))
        line = np.linspace(path[0], path.max(), 300)
        ridge = sum(SIZES) * np.array([penalty_at_load(depth, SIZES, load).features for load in line])
        for branch in ("global", "metastable"):
            results[branch].append(ridge * roots(line, float(depth), branch=branch) ** depth)
    return {"energy": jax.jit(jnp.stack)(energies)} | {name: np.stack(rows) for name, rows in results.items()}


@jax.jit
def followed(start, penalties, key, push, steps) -> jax.Array:
    """Head energy of the smallest class, under one penalty after the other."""
    targets, model = jnp.asarray(TARGETS), jax.tree.map(lambda rows: rows[0], start)

    def follow(model, at):
        penalty, key = at
        keys = jax.random.split(key, len(model.layers))
        noise = normals(keys, [layer.shape for layer in model.layers])
        pushed = tuple(w + push * x for w, x in zip(model.layers, noise, strict=True))
        loss = partial(squared_loss, targets=targets, penalty=penalty)
        model, _, _ = minimise(loss, model._replace(layers=pushed), steps, slope_norm=1e-9)
        return model, jnp.sum(layer_product(model.layers)[2] ** 2)

    keys = jax.random.split(key, len(penalties.features))
    return jax.lax.scan(follow, model, (penalties, keys))[1]


def draw(config: Config, arrays: Arrays) -> Figure:
    """One panel a depth."""
    figure, axes = new_figure(DOUBLE, 2.3, cols=len(config.depths), squeeze=False)
    for panel, (ax, depth) in enumerate(zip(axes[0], config.depths, strict=True)):
        load, energy = arrays["load"][panel], arrays["energy"][panel]
        line = np.linspace(load.min(), load.max(), 300)
        ax.plot(line, np.where(arrays["metastable"][panel] > 0, arrays["metastable"][panel], np.nan), "--", color=INK,
                linewidth=0.8, label="living branch")  # fmt: skip
        ax.plot(line, arrays["global"][panel], color=INK, linewidth=0.8, label="global minimum")
        half = config.points
        ax.plot(load[:half], energy[:half], ">", color=VERMILION, markersize=3.6, label="decay rising")
        ax.plot(load[half:], energy[half:], "<", color=BLUE, markersize=2.6, label="decay falling")
        death, spinodal = thresholds(depth)
        threshold(ax, float(death), "$T_1$")
        if depth > 1:
            threshold(ax, float(spinodal), "$T_2$")
        ax.set(xlabel="load $b/n_3$", title=f"$M={depth}$", ylim=(-0.04 * energy.max(), 1.12 * energy.max()))
    axes[0, 0].set_ylabel(r"$\|w_3\|^2$, smallest class")
    axes[0, min(1, len(config.depths) - 1)].legend(loc=(0.03, 0.14))
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
