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

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.features.quasi_newton import minimise
from core.features.unconstrained import Penalty, class_means, class_targets, layer_product, plant_model, squared_loss
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
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
    "smoke": Config(depths=(1, 2), samples=12, measured_minorities=(4,), steps=60),
    "laptop": Config(),
    "paper": Config(measured_minorities=(30, 24, 20, 15, 12, 10, 8, 6, 5, 4, 3, 2), steps=2000),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Ratios small / large, theory (depths, points, 2) and found (depths, minorities, 2)."""
    minority = jnp.linspace(config.samples / 2, 1, 300)
    sizes = jnp.stack([config.samples - minority, minority], axis=1)
    theory, found = [], []
    for depth in config.depths:
        decays = jnp.full(depth, config.decay)

        def lengths(n, decays=decays):
            minimum = deep_linear_minimum(n, config.samples, decays, config.decay)
            energies = jnp.stack([minimum.head_energy, minimum.mean_energy])
            ratio = jnp.sqrt(energies[:, 1] / energies[:, 0])
            return jnp.where(minimum.roots[1] > 0, ratio, jnp.nan)

        theory.append(jax.jit(jax.vmap(lengths))(sizes))
        found.append(jnp.stack([descended(config, key, depth, n) for n in config.measured_minorities]))
    imbalance = sizes[:, 0] / sizes[:, 1]
    return {"imbalance": imbalance, "theory": jnp.stack(theory), "found": jnp.stack(found)}


def descended(config: Config, key: jax.Array, depth: int, minority: int) -> jax.Array:
    """Both ratios where L-BFGS comes to rest; NaN where the small class is dead."""
    sizes = (config.samples - minority, minority)
    targets = jnp.asarray(class_targets(sizes))
    penalty = Penalty(jnp.full(depth, config.decay), jnp.asarray(config.decay))
    minimum = deep_linear_minimum(targets.sum(1), config.samples, penalty.layers, penalty.features)
    start = plant_model(minimum.layer_energy, jnp.eye(2), targets, penalty, key, 3)
    noise = jax.random.split(jax.random.fold_in(key, minority), depth)
    pushed = tuple(w + 0.02 * jax.random.normal(k, w.shape) for w, k in zip(start.layers, noise, strict=True))
    run = jax.jit(lambda m: minimise(lambda m: squared_loss(m, targets, penalty), m, config.steps, slope_norm=1e-9)[0])
    model = run(start._replace(layers=pushed))
    head = jnp.linalg.norm(layer_product(model.layers), axis=1)
    means = jnp.linalg.norm(class_means(model.features, targets), axis=0)
    ratios = jnp.array([head[1] / head[0], means[1] / means[0]])
    return jnp.where(head[1] > 1e-3 * head[0], ratios, jnp.nan)


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
