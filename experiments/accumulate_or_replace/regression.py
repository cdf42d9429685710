"""Least squares refitted to itself: linear growth, a ceiling, and what real labels do.

Left: excess risk by generation when data are replaced, accumulated on one design, or accumulated on fresh inputs. Lines
are the exact expectations, dots Monte Carlo means with 95 % intervals; dotted is the ceiling v π²/6. Right: nothing is
kept, but labels carry a share p of the truth. Lines and filled dots: every label is a blend, where the expectation is
exact. Hollow dots: a share p of the rows is real, drawn anew each generation; no closed form here, and more error.

Shows: dots on the lines, a straight line for replacement, and hollow dots above filled ones.
Source: arXiv 2404.01413, Figure 1 and Theorem 1 (expectations re-derived).
Cost: smoke 2 s, laptop 4 s
Run: python -m experiments.accumulate_or_replace.regression
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_devices
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.accumulate_or_replace._refit import Protocol, Setting, squared_errors
from figures.annotate import small_print
from figures.render import render
from figures.style import COLORS, DOUBLE, INK, new_figure
from theory.short.refitting import accumulated_errors, accumulated_fresh_errors, one_fit_error, replaced_errors


@dataclass(frozen=True)
class Config:
    """Sizes of the regression, chains, and shares of real labels."""

    dimension: int = 8
    samples: int = 24
    generations: int = 12
    chains: int = 600
    shares: tuple[float, ...] = (0.1, 0.3, 0.5)

    def __post_init__(self) -> None:
        """Refuses a mean that does not exist."""
        if self.samples < self.dimension + 2:
            raise ValueError(f"samples: {self.samples}, must be at least dimension + 2, {self.dimension + 2}")


PRESETS = {
    "smoke": Config(dimension=2, samples=6, generations=3, chains=20, shares=(0.3,)),
    "laptop": Config(),
    "paper": Config(dimension=100, samples=1000, chains=1000),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Means and standard errors, (protocols, generations), and the exact expectations."""
    return jax.jit(partial(_errors, config, run.mesh))(key)


def _errors(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    setting = Setting(config.dimension, config.samples, config.generations)
    kinds = [(0.0, 1.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0), (1.0, 1.0, 0.0, 0.0)]
    kinds += [(0.0, 0.0, share, rows) for share in config.shares for rows in (0.0, 1.0)]
    keys = jax.random.split(key, config.chains)

    def chain(key: jax.Array) -> jax.Array:  # of each protocol, with the same random numbers
        ones = jnp.ones(config.dimension)
        return jax.vmap(lambda kind: squared_errors(key, setting, Protocol(*kind), ones))(jnp.array(kinds))

    errors = over_devices(mesh, chain, keys, together=50)
    v, n = one_fit_error(config.dimension, float(config.samples)), config.generations
    blends = [replaced_errors(n, v, share) for share in config.shares]
    fresh = accumulated_fresh_errors(n, config.dimension, float(config.samples))
    return {
        "mean": errors.mean(axis=0),
        "error": errors.std(axis=0, ddof=1) / config.chains**0.5,
        "expected": jnp.stack([replaced_errors(n, v), accumulated_errors(n, v), fresh, *blends]),
        "ceiling": v * jnp.pi**2 / 6,
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Protocols on the left, real shares on the right."""
    figure, (left, right) = new_figure(DOUBLE, 2.6, cols=2)
    n = 1 + np.arange(config.generations)
    bars = 1.96 * arrays["error"]
    for index, name in enumerate(("replace", "accumulate, one design", "accumulate, fresh inputs")):
        left.plot(n, arrays["expected"][index], color=COLORS[index])
        left.errorbar(n, arrays["mean"][index], bars[index], fmt="o", color=COLORS[index], label=name)
    left.axhline(float(arrays["ceiling"]), color=INK, linestyle=":", linewidth=0.8, label=r"$v\pi^2/6$")
    for index, share in enumerate(config.shares):
        color = COLORS[index + 3]
        right.plot(n, arrays["expected"][3 + index], color=color)
        for rows, fill in enumerate((color, "white")):
            at = 3 + 2 * index + rows
            label = f"$p={share:g}$" + (", rows" if rows else ", blend")
            right.errorbar(n, arrays["mean"][at], bars[at], fmt="o", color=color, markerfacecolor=fill, label=label)
    for ax in (left, right):
        ax.set(xlabel="generation $n$", ylabel="excess risk $E_n$", ylim=(0, None))
        small_print(ax, f"bars: 95 % of the mean of {config.chains} chains")
        ax.legend()
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
