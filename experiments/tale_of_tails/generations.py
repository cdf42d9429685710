"""A memoriser that learns from its own memory: how errors lengthen with generations.

Left: error after n generations, each drawing T items from the one before. Dots: simulation, means over seeds with 95 %
intervals. Lines: the error of T u_{n-1} clean draws, from the critical branching of each item's copies (Poisson in
T p). Dotted: n times the first generation's error, which would be the rule if losses added. Right: error of T draws
from a memory of T_0 (dots: simulation, one series a seed) and of T_0 (1 - e^{-T/T_0}) clean draws (lines). The Zipf law
has a last item, so that errors bend down where T approaches its rarity.

Shows: dots on the lines; growth like n^c, well below the dotted lines; on the right a floor that T_0 sets.
Source: arXiv 2402.07043 (its own chain cuts tails by a rule; this resampling chain is ours).
Cost: smoke 2 s, laptop 5 s
Run: python -m experiments.tale_of_tails.generations
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_devices, over_grid
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.tale_of_tails._memoriser import relearned_errors, resampled, zipf
from figures.annotate import small_print
from figures.render import render
from figures.statistics import mean_band
from figures.style import COLORS, DOUBLE, new_figure
from theory.short.tails import effective_draws, lineage_survival


@dataclass(frozen=True)
class Config:
    """Of the law, the chains, and the memories."""

    items: int = 4000
    exponent: float = 1.5
    draws: tuple[int, ...] = (100, 600, 3000)
    generations: int = 30
    sources: tuple[int, ...] = (100, 600, 3000)
    relearn: tuple[int, ...] = (10, 60, 300, 2000, 10_000)
    seeds: int = 6

    def __post_init__(self) -> None:
        """Refuses a single seed."""
        if self.seeds < 2:
            raise ValueError(f"seeds: {self.seeds}, must be at least 2")


PRESETS = {
    "smoke": Config(items=100, draws=(20,), generations=3, sources=(20,), relearn=(10, 40), seeds=2),
    "laptop": Config(),
    "paper": Config(items=1_000_000, draws=(1000, 10_000, 100_000), generations=200, seeds=40),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Simulated errors (sizes, seeds, ...) and those of the theory (sizes, ...)."""
    return jax.jit(partial(_errors, config, run.mesh))(key)


def _errors(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    law = zipf(config.items, config.exponent)
    keys = jax.random.split(key, config.seeds)

    def chain(draws: int) -> jax.Array:
        return over_devices(mesh, lambda key: (resampled(key, law, draws, config.generations) == 0) @ law, keys)

    sizes, most = jnp.array(config.relearn), (max(config.sources), max(config.relearn))

    def relearn(source: jax.Array, key: jax.Array) -> jax.Array:
        return relearned_errors(key, law, source, sizes, most)

    def expected(draws: jax.Array) -> jax.Array:
        return jnp.exp(-draws[:, None] * law[None]) @ law

    survival, sources = lineage_survival(config.generations), jnp.array(config.sources, float)
    fine = jnp.logspace(np.log10(config.relearn[0]), np.log10(config.relearn[-1]), 40)
    return {
        "chain": jnp.stack([chain(draws) for draws in config.draws]),
        "chain_expected": jnp.stack([expected(draws * survival) for draws in config.draws]),
        "relearned": over_grid(mesh, relearn, jnp.array(config.sources), keys),
        "fine": fine,
        "relearned_expected": jnp.stack([expected(effective_draws(fine, source)) for source in sources]),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Two log-log panels."""
    figure, (left, right) = new_figure(DOUBLE, 2.7, cols=2)
    n = 1 + np.arange(config.generations)
    shown = np.unique(np.geomspace(1, config.generations, 12).astype(int)) - 1
    for index, draws in enumerate(config.draws):
        color, line = COLORS[index], arrays["chain_expected"][index]
        left.plot(n, line, color=color)
        left.plot(n, n * line[0], ":", color=color, linewidth=0.8)
        _dots(left, n[shown], arrays["chain"][index][:, shown], f"$T={draws}$", color)
    for index, source in enumerate(config.sources):
        right.plot(arrays["fine"], arrays["relearned_expected"][index], color=COLORS[index])
        _dots(right, np.array(config.relearn), arrays["relearned"][index], f"$T_0={source}$", COLORS[index])
    left.set(xlabel="generation $n$", ylabel="error")
    right.set(xlabel="draws $T$ from the memory", ylabel="error")
    for ax in (left, right):
        ax.set(xscale="log", yscale="log")
        ax.set_ylim(top=1.1)
        small_print(ax, f"bars: 95 % of the mean of {config.seeds} seeds")
        ax.legend(loc="lower right" if ax is left else "lower left")
    return figure


def _dots(ax, x: np.ndarray, samples: np.ndarray, label: str, color: str) -> None:
    band = mean_band(samples)
    ax.errorbar(x, band.middle, (band.middle - band.lower, band.upper - band.middle), fmt="o", color=color, label=label)


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
