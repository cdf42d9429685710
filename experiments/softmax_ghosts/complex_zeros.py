"""Zeros of the partition function in the complex plane, and the Taylor series that they stop.

Left: all zeros with |Im t| < 2π of random softmax sums Z(t) = Σ_j e^(z_j + jt/(K-1)) (so that Δ = 1), exactly, as
roots of a polynomial in e^(t/(K-1)). None lies between the lines |Im t| = π/Δ, so that every log Z converges in the
disc of radius π/Δ; with two classes they lie on the lines and the radius is √(δ² + π²)/Δ. Right: error of the partial
sums of log Z for one two-class sum at several steps, as shares r of its radius, by order; dashed r^n/n.

Shows: a strip without zeros, touched by the two-class sums only; errors that fall for r < 1 and grow for r > 1.
Source: arXiv 2603.13552 (both radii re-derived).
Cost: smoke 1 s, laptop 2 s
Run: python -m experiments.softmax_ghosts.complex_zeros
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import direct_labels
from figures.render import render
from figures.style import COLORS, DOUBLE, INK, new_figure
from theory.short.ghosts import log_partition_series, partial_sums, two_class_radius


@dataclass(frozen=True)
class Config:
    """`classes` on the left; `ratios` are steps on the right, in units of the radius of a sum with the gap `gap`."""

    classes: tuple[int, ...] = (2, 4, 8)
    sums: int = 12
    gap: float = 1.0
    ratios: tuple[float, ...] = (0.5, 0.8, 0.95, 1.05, 1.3)
    orders: int = 60

    def __post_init__(self) -> None:
        """Refuses a sum without zeros."""
        if min(self.classes) < 2:
            raise ValueError(f"classes: {self.classes}, must be 2 or more")


PRESETS = {
    "smoke": Config(classes=(2, 4), sums=3, orders=20),
    "laptop": Config(),
    "paper": Config(classes=(2, 4, 8, 20), sums=40, orders=200),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Zeros (one array a number of classes), and errors (steps, orders)."""
    return jax.jit(partial(_zeros_and_errors, config))(key)


def _zeros_and_errors(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    zeros = {}
    for classes in config.classes:
        logits = jax.random.normal(jax.random.fold_in(key, classes), (config.sums, classes)) * 1.5
        roots = jax.vmap(lambda row: jnp.roots(row[::-1], strip_zeros=False))(jnp.exp(logits))
        turns = 2j * jnp.pi * jnp.arange(-classes, classes + 1)
        zeros[f"zeros_{classes}"] = (classes - 1) * (jnp.log(roots).ravel()[:, None] + turns).ravel()
    logits, slopes = jnp.array([0.0, config.gap]), jnp.array([0.0, 1.0])
    steps = jnp.array(config.ratios) * two_class_radius(config.gap, 1.0)

    def errors(step: jax.Array) -> jax.Array:
        exact = jax.nn.logsumexp(logits + step * slopes) - jax.nn.logsumexp(logits)
        return jnp.abs(partial_sums(log_partition_series(logits, slopes, config.orders), step) - exact)

    return {**zeros, "errors": jax.vmap(errors)(steps)}


def draw(config: Config, arrays: Arrays) -> Figure:
    """The plane on the left, the series on the right."""
    figure, (plane, series) = new_figure(DOUBLE, 2.9, cols=2, width_ratios=(1, 1.3))
    plane.axhspan(-np.pi, np.pi, color=INK, alpha=0.06, linewidth=0)
    turn = np.linspace(0, 2 * np.pi, 200)
    plane.plot(np.pi * np.cos(turn), np.pi * np.sin(turn), color=INK, linewidth=0.8)
    for classes, color in zip(config.classes, COLORS, strict=False):
        zeros = arrays[f"zeros_{classes}"]
        near = zeros[np.abs(zeros.imag) < 2 * np.pi]
        plane.plot(near.real, near.imag, ".", color=color, markersize=3.5, label=f"$K={classes}$")
    plane.set(xlabel=r"Re $t\,\Delta$", ylabel=r"Im $t\,\Delta$", xlim=(-6.5, 6.5), ylim=(-2 * np.pi, 2 * np.pi))
    plane.set(yticks=[-np.pi, 0, np.pi], yticklabels=[r"$-\pi$", "0", r"$\pi$"])
    plane.set_aspect("equal")
    plane.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4)
    order = np.arange(1, config.orders + 1)
    for ratio, errors, color in zip(config.ratios, arrays["errors"], COLORS, strict=False):
        shown = np.where(errors > 1e-13, errors, np.nan)  # the rest is rounding
        series.plot(order, shown, color=color, label=f"$r={ratio:g}$")
        series.plot(order, ratio**order / order, "--", color=color, linewidth=0.7)
    series.set(yscale="log", xlabel="order $n$", ylabel="error of the Taylor model", ylim=(1e-14, None))
    direct_labels(series)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
