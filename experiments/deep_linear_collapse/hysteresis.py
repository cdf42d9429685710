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

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.features.quasi_newton import minimise
from core.features.unconstrained import Penalty, class_targets, layer_product, plant_model, squared_loss
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import threshold
from figures.render import render
from figures.style import BLUE, DOUBLE, INK, VERMILION, new_figure
from theory.collapse.deep_linear import DeepLinearMinimum, deep_linear_minimum
from theory.collapse.modes import death_threshold, spinodal_threshold


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
SAMPLES = sum(SIZES)


def penalty_at(depth: int, load: jax.Array) -> Penalty:
    """Equal decays that give the smallest class this load."""
    decay = ((min(SIZES) * load / (depth * SAMPLES)) ** depth / SAMPLES) ** (1 / (depth + 1))
    return Penalty(jnp.full(depth, decay), decay)


def closed_form(depth: int, load: jax.Array, branch: str) -> DeepLinearMinimum:
    """The closed form at a load."""
    penalty = penalty_at(depth, load)
    return deep_linear_minimum(jnp.array(SIZES, float), SAMPLES, penalty.layers, penalty.features, branch=branch)


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Head energy of the smallest class along the loop, (depths, 2 x points)."""
    targets = jnp.asarray(class_targets(SIZES))
    loads, energies, theory = [], [], {"global": [], "metastable": []}
    for depth in config.depths:
        up = jnp.linspace(float(death_threshold(depth)) / 3, 1.2 * float(spinodal_threshold(depth)), config.points)
        path = jnp.concatenate([up, up[::-1]])

        def follow(model, at, depth=depth):
            load, key = at
            penalty = penalty_at(depth, load)
            keys = jax.random.split(key, len(model.layers))
            pushed = tuple(
                w + config.push * jax.random.normal(k, w.shape) for w, k in zip(model.layers, keys, strict=True)
            )
            model = model._replace(layers=pushed)
            model, _, _ = minimise(lambda m: squared_loss(m, targets, penalty), model, config.steps, slope_norm=1e-9)
            return model, jnp.sum(layer_product(model.layers)[2] ** 2)

        start = plant_model(closed_form(depth, path[0], "global").layer_energy, jnp.eye(3), targets,
                            penalty_at(depth, path[0]), key, 4)  # fmt: skip
        energies.append(
            jax.jit(lambda s, p, f=follow: jax.lax.scan(f, s, (p, jax.random.split(key, p.shape[0])))[1])(start, path)
        )
        loads.append(path)
        for branch, rows in theory.items():
            law = jax.jit(jax.vmap(lambda c, d=depth, b=branch: closed_form(d, c, b).head_energy[2]))
            rows.append(law(jnp.linspace(path[0], path.max(), 300)))
    return {"load": jnp.stack(loads), "energy": jnp.stack(energies), **{k: jnp.stack(v) for k, v in theory.items()}}


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
        threshold(ax, float(death_threshold(depth)), "$T_1$")
        if depth > 1:
            threshold(ax, float(spinodal_threshold(depth)), "$T_2$")
        ax.set(xlabel="load $b/n_3$", title=f"$M={depth}$", ylim=(-0.04 * energy.max(), 1.12 * energy.max()))
    axes[0, 0].set_ylabel(r"$\|w_3\|^2$, smallest class")
    axes[0, min(1, len(config.depths) - 1)].legend(loc=(0.03, 0.14))
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
