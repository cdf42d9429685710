"""Where a hop is a gradient step, and where it climbs to the best of N.

Left: share of the swarm that counts, ESS/N, for a linear energy with z = αs|∇E|, measured (dots: mean over swarms) for
several N against exp(-z²) (line); dotted, one particle. Right: how far a hop goes, in units of s, against the gradient
step z (dashed) and the expected best of N (dotted); the authors' canyon parameters lie at z of 10² to 10³, off the
right. Bars: 95 % over swarms, mostly smaller than the dots.

Shows: dots follow exp(-z²) and the gradient step until z ~ √(log N), then one particle and the best of N.
Source: arXiv 2306.09778 (regimes derived here; the theorem needs N exponentially large in z²).
Cost: smoke 2 s, laptop 3 s
Run: python -m experiments.gradient_is_all_you_need.regimes
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.draws import normal
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.forms import line_with_band
from figures.render import render
from figures.statistics import mean_band
from figures.style import COLORS, DOUBLE, INK, new_figure
from theory.consensus.finite_swarm import best_of_n, effective_share_linear, langevin_limit
from theory.consensus.gibbs import consensus_point, effective_sample_size, gibbs_weights


@dataclass(frozen=True)
class Config:
    """Swarm sizes, grid of z, swarms a point."""

    particles: tuple[int, ...] = (20, 200, 2000)
    points: int = 25
    swarms: int = 200


PRESETS = {"smoke": Config((20, 200), points=6, swarms=40), "laptop": Config(), "paper": Config(points=60, swarms=4000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Shares and displacements (sizes, swarms, points)."""
    return jax.jit(partial(_regimes, config))(key)


def _regimes(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    slopes, sizes = np.geomspace(0.1, 20.0, config.points), np.array(config.particles)

    def one(particles: int, key: jax.Array, z: jax.Array) -> tuple[jax.Array, jax.Array]:
        x = normal(key, (1, particles))
        share = effective_sample_size(gibbs_weights(x[0] * z, 1.0)) / particles
        return share, -consensus_point(x, x[0] * z, 1.0)[0]

    keys = jax.random.split(key, config.swarms)
    over = lambda n: jax.vmap(jax.vmap(partial(one, n), (None, 0)), (0, None))(keys, slopes)  # noqa: E731
    share, moved = (jnp.stack(x) for x in zip(*(over(n) for n in config.particles), strict=True))
    return {
        "z": slopes,
        "share": share,
        "moved": moved,
        "exact": effective_share_linear(slopes),
        "best": jax.vmap(best_of_n)(sizes * 1.0),
        "limit": langevin_limit(sizes),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Share and displacement against z."""
    figure, axes = new_figure(DOUBLE, 2.5, cols=2)
    z = arrays["z"]
    for row, (color, particles) in enumerate(zip(COLORS, config.particles, strict=False)):
        line_with_band(axes[0], z, mean_band(arrays["share"][row]), f"N={particles}", color, marker="o", linestyle="")
        line_with_band(axes[1], z, mean_band(arrays["moved"][row]), f"N={particles}", color, marker="o", linestyle="")
        axes[0].axhline(1 / particles, linestyle=":", color=color, linewidth=0.8)
        axes[1].axhline(arrays["best"][row], linestyle=":", color=color, linewidth=0.8)
        for ax in axes:
            ax.axvline(arrays["limit"][row], color=color, linewidth=0.5, alpha=0.6)
    axes[0].plot(z, arrays["exact"], color=INK, label="$e^{-z^2}$")
    axes[1].plot(z, z, "--", color=INK, label="gradient step, $z$")
    axes[0].set(xscale="log", yscale="log", ylim=(2e-4, 2), xlabel=r"$z=\alpha s|\nabla E|$", ylabel="ESS / N")
    axes[1].set(
        xscale="log", yscale="log", ylim=(0.08, 8), xlabel=r"$z=\alpha s|\nabla E|$", ylabel="hop, in widths $s$"
    )
    axes[0].legend(loc="lower left")
    axes[1].legend(loc="lower right")
    for ax in axes:
        ax.annotate("vertical: $z=\\sqrt{\\log N}$", (0.02, 0.98), xycoords="axes fraction", va="top", fontsize=6)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
