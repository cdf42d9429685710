"""Distance between a hop and the proximal step that it stands for.

Left: |hop - prox| against α at a fixed step τ, for a smooth two-well energy and for |x| at its kink, with the upper
bounds of the derivation (dotted; two apply to the smooth energy). Right: the same against τ at a fixed α, and the
distance from proximal to explicit step. Dashed: the expected order. By quadrature; nothing is random.

Shows: orders -1 and -1/2 in α (the bound's own), 2 in τ for both distances; no point above a bound.
Source: arXiv 2306.09778, terms √(τ/α) and τ of its main theorem (re-derived, with constants).
Cost: smoke 3 s, laptop 4 s
Run: python -m experiments.gradient_is_all_you_need.hop_against_proximal
"""

import math
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.gradient_is_all_you_need._landscapes import HESSIAN_LIPSCHITZ, WEAK_CONVEXITY, wavy
from figures.forms import order_plot
from figures.render import render
from figures.style import BLUE, DOUBLE, GREEN, VERMILION, new_figure
from theory.consensus.envelope import hop, hopping_width, tilted_law
from theory.consensus.quadrature import law_mean
from theory.consensus.steps import hop_bound_convex, hop_bound_smooth, proximal_point

START = -1.5


@dataclass(frozen=True)
class Config:
    """Grids in α at the fixed `step`, and in τ at the fixed `alpha`."""

    step: float = 0.4
    alpha: float = 10.0
    points: int = 9
    panels: int = 300


PRESETS = {"smoke": Config(points=4), "laptop": Config(), "paper": Config(points=25)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Distances along the two grids."""
    return jax.jit(partial(_distances, config))()


def _distances(config: Config) -> dict[str, jax.Array]:
    alphas, taus = np.geomspace(1e2, 1e5, config.points), np.geomspace(1e-4, 1e-2, config.points)

    def smooth(alpha: jax.Array, tau: jax.Array) -> tuple[jax.Array, jax.Array]:
        near = proximal_point(lambda x: wavy(x[0]), jnp.array([START]), tau)[0]
        explicit = START - tau * jax.grad(wavy)(START)
        return jnp.abs(hop(wavy, START, alpha, hopping_width(alpha, tau), near) - near), jnp.abs(near - explicit)

    def kinked(alpha: float) -> jax.Array:
        width = math.sqrt(config.step / alpha)
        reach = 2 * config.step / width + 20
        return law_mean(tilted_law(jnp.abs, config.step, alpha, width, 0.0, reach=reach, panels=config.panels))

    fixed_step, fixed_alpha = np.full(config.points, config.step), np.full(config.points, config.alpha)
    gap, explicit = jax.vmap(smooth)(np.concatenate([alphas, fixed_alpha]), np.concatenate([fixed_step, taus]))
    return {
        "alphas": alphas,
        "taus": taus,
        "smooth": gap[: config.points],
        "kinked": jnp.stack([kinked(float(a)) for a in alphas]),
        "along_tau": gap[config.points :],
        "explicit": explicit[config.points :],
        "convex_bound": hop_bound_convex(alphas, config.step, WEAK_CONVEXITY),
        "kink_bound": hop_bound_convex(alphas, config.step, 0.0),
        "smooth_bound": hop_bound_smooth(alphas, config.step, WEAK_CONVEXITY, HESSIAN_LIPSCHITZ),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Two order plots."""
    figure, axes = new_figure(DOUBLE, 2.5, cols=2)
    alphas = arrays["alphas"]
    order_plot(axes[0], alphas, arrays["smooth"], -1, label="smooth", color=BLUE)
    order_plot(axes[0], alphas, arrays["kinked"], -0.5, label="kink", color=VERMILION)
    for name, color, words in (
        ("smooth_bound", BLUE, "bound, smooth"),
        ("convex_bound", GREEN, "bound, weakly convex"),
        ("kink_bound", VERMILION, "bound, convex"),
    ):
        axes[0].plot(alphas, arrays[name], linestyle=(0, (1, 1)), color=color, label=words)
    axes[0].set(xlabel=r"$\alpha$", ylabel="|hop − prox|", ylim=(arrays["smooth"].min() / 30, 6))
    axes[0].legend(fontsize=6, loc="lower left", ncols=1)
    order_plot(axes[1], arrays["taus"], arrays["along_tau"], 2, label="|hop − prox|", color=BLUE)
    order_plot(axes[1], arrays["taus"], arrays["explicit"], 2, label="|prox − explicit|", color=GREEN)
    axes[1].set(xlabel=r"$\tau$", ylabel="distance")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
