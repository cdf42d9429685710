"""Which noise a swarm survives, and which it needs.

Left: threshold of the noise r = σ√dt over the dimension for isotropic noise at λdt = 0.01, almost surely (solid, exact
for the explicit scheme) and in mean square (dashed), with the share of successful runs on Ackley's function (dots,
colour). Right: growth of log|X-c| a step for anisotropic noise in any dimension (line, exact) and the success of
anisotropic swarms at d = 8 and 20. Success: best particle within 0.25 of the minimiser in every coordinate.

Shows: above two dimensions isotropic success lies below the solid line, which falls like (d-2)^(-1/2) (in the plane the
best of a wild swarm is good enough); anisotropic swarms succeed far above the mean-square threshold 0.14, up to 1.56.
Source: arXiv 2306.09778 and 2510.19565 (finite swarms; exponents with a frozen consensus, derived here).
Cost: smoke 3 s, laptop 12 s
Run: python -m experiments.gradient_is_all_you_need.stability_lines
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_devices
from core.particles.cbo import CboParameters
from core.particles.objectives import ackley
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.gradient_is_all_you_need._swarms import consensus_run, isotropic_or_not
from figures.forms import line_with_band
from figures.render import render
from figures.statistics import Band
from figures.style import COLORS, DOUBLE, INK, SEQUENTIAL, new_figure
from theory.consensus.decay import critical_noise, euler_path_exponent

CONTRACTION = 0.01


@dataclass(frozen=True)
class Config:
    """Dimensions, noises, and the runs of a point."""

    dimensions: tuple[int, ...] = (2, 4, 8, 16)
    noises: tuple[float, ...] = (0.03, 0.06, 0.12, 0.25, 0.5, 1.0, 2.0)
    runs: int = 16
    particles: int = 64
    steps: int = 1000
    line: int = 60  # points of the threshold, over the dimensions


PRESETS = {
    "smoke": Config((8,), (0.06, 1.0), 4, 32, 200, 8),
    "laptop": Config(),
    "paper": Config(runs=200, particles=200),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Success (dimensions, noises) of both kinds, thresholds and exponents."""
    with jax.enable_x64(True):
        lines = jax.jit(partial(_lines, config))()
    return lines | jax.jit(partial(_rates, config, run.mesh))(key)


def _lines(config: Config) -> dict[str, jax.Array]:
    line, strengths = np.geomspace(1, 100, config.line), np.geomspace(0.03, 4, 100)
    critical = jax.vmap(lambda d: critical_noise(CONTRACTION, d))(line)
    exponents = jax.vmap(lambda r: euler_path_exponent(CONTRACTION, r))(strengths)
    return {"line": line, "critical": critical, "strengths": strengths, "exponents": exponents, "anywhere": critical[0]}


def _rates(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    def success(d: int, same: jax.Array, strength: jax.Array, key: jax.Array) -> jax.Array:
        start = jax.random.uniform(jax.random.fold_in(key, 10**6), (d, config.particles), minval=-3, maxval=3)
        parameters = CboParameters(1.0, strength / CONTRACTION**0.5, 1e5, CONTRACTION)
        noise = partial(isotropic_or_not, same)
        end = consensus_run(ackley, parameters, key, start, config.steps, noise)[0]
        return jnp.max(jnp.abs(end.best_point)) < 0.25

    def rates(d: int) -> jax.Array:
        keys = jax.random.split(jax.random.fold_in(key, d), config.runs)
        strengths, same = jnp.asarray(config.noises), np.array([True, False])
        both = jax.vmap(jax.vmap(partial(success, d), (None, 0, None)), (0, None, None))
        return over_devices(mesh, lambda key: both(same, strengths, key), keys, together=config.runs).mean(0)

    same, each = jnp.stack([rates(d) for d in config.dimensions], axis=1)
    return {"isotropic": same, "anisotropic": each}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Threshold chart and exponent."""
    figure, axes = new_figure(DOUBLE, 2.6, cols=2)
    line, noises = arrays["line"], np.array(config.noises)
    axes[0].plot(line, arrays["critical"], color=INK, label="almost surely")
    axes[0].plot(line, np.sqrt((1 - (1 - CONTRACTION) ** 2) / line), "--", color=INK, label="mean square")
    grid = np.meshgrid(config.dimensions, noises, indexing="ij")
    dots = axes[0].scatter(
        *grid, c=arrays["isotropic"], cmap=SEQUENTIAL, vmin=0, vmax=1, s=28, edgecolors=INK, linewidths=0.4
    )
    figure.colorbar(dots, ax=axes[0], label="share of runs, isotropic")
    axes[0].set(xscale="log", yscale="log", xlabel="dimension $d$", ylabel=r"$r=\sigma\sqrt{dt}$", ylim=(0.02, 4))
    axes[0].legend(fontsize=6, loc="upper right")
    axes[1].plot(arrays["strengths"], arrays["exponents"], color=INK, label="exponent a step")
    for color, d, rate in zip(COLORS, config.dimensions, arrays["anisotropic"], strict=False):
        half = 1.96 * np.sqrt(rate * (1 - rate) / config.runs)
        line_with_band(
            axes[1], noises, Band(rate, rate - half, rate + half, "band: binomial 95 %"), f"success, d={d}", color
        )
    axes[1].axhline(0, color=INK, linewidth=0.5)
    axes[1].axvline(float(arrays["anywhere"]), color=INK, linewidth=0.8, linestyle=":")
    axes[1].set(xscale="log", xlabel=r"$r=\sigma\sqrt{dt}$, anisotropic", ylabel="exponent, share of runs")
    axes[1].set_ylim(-0.35, 1.6)  # room for the legend
    axes[1].legend(fontsize=6, loc="upper left", ncols=2)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=False)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
