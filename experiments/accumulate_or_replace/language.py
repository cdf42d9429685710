"""A bigram language taught by its own samples, generation after generation.

A substitute for the paper's language models: a table of next-token frequencies over a Zipf vocabulary, refitted to T
sampled successors of every context. Left: mean squared error of a row; lines are exact expectations, dots simulation,
dotted the limit h (1 - sin(x)/x), x = π/√T, of accumulation. Right: share of the language's bigrams that the model
can still say, and dashed, of its probability. Bars and bands are the range over seeds. Frequencies are the whole model:
nothing generalises, so the tail is lost at once and only its loss from generation to generation is of interest.

Shows: replacement goes on losing bigrams and error grows to the diversity h; accumulation stops at the dotted line.
Source: arXiv 2404.01413, Section 3 (substitute; expectations are ours).
Cost: smoke 2 s, laptop 4 s
Run: python -m experiments.accumulate_or_replace.language
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_grid
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.accumulate_or_replace._refit import table_chain, zipf_language
from figures.annotate import small_print
from figures.forms import line_with_band
from figures.render import render
from figures.style import COLORS, DOUBLE, INK, new_figure
from theory.short.refitting import accumulated_table_errors, accumulated_table_limit, replaced_table_errors

PROTOCOLS = ("replace", "replace, 30 % real", "accumulate")


@dataclass(frozen=True)
class Config:
    """Of the language and the chains."""

    tokens: int = 32
    draws: int = 40
    generations: int = 30
    seeds: int = 5

    def __post_init__(self) -> None:
        """Refuses a single seed."""
        if min(self.tokens, self.draws, self.seeds) < 2:
            raise ValueError(f"tokens, draws, seeds: {self.tokens}, {self.draws}, {self.seeds}, must be at least 2")


PRESETS = {
    "smoke": Config(tokens=6, draws=8, generations=3, seeds=2),
    "laptop": Config(),
    "paper": Config(tokens=256, draws=500, generations=100, seeds=40),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Arrays (protocols, seeds, generations), and the exact errors."""
    return jax.jit(partial(_courses, config, run.mesh))(key)


def _courses(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    truth = zipf_language(key, config.tokens)
    flags = jnp.array([(0.0, 0.0), (0.0, 0.3), (1.0, 0.0)])

    def one(flag: jax.Array, key: jax.Array) -> dict[str, jax.Array]:
        tables = table_chain(key, truth, config.draws, config.generations, flag[0], flag[1])
        alive = tables > 0
        return {
            "error": jnp.sum((tables - truth) ** 2, axis=-1).mean(axis=-1),
            "bigrams": alive.mean(axis=(1, 2)),
            "mass": jnp.sum(alive * truth, axis=-1).mean(axis=-1),
        }

    keys = jax.random.split(jax.random.fold_in(key, 1), config.seeds)
    measured = over_grid(mesh, one, flags, keys)
    sizes = (config.generations, float(config.draws))
    diversity = 1 - jnp.sum(truth[0] ** 2)
    lines = [replaced_table_errors(*sizes, diversity), replaced_table_errors(*sizes, diversity, 0.3)]
    return {
        **measured,
        "expected": jnp.stack([*lines, accumulated_table_errors(*sizes, diversity)]),
        "limit": accumulated_table_limit(float(config.draws), diversity),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Error on the left, what is left of the language on the right."""
    figure, (left, right) = new_figure(DOUBLE, 2.6, cols=2)
    n = 1 + np.arange(config.generations)
    for index, name in enumerate(PROTOCOLS):
        color, error = COLORS[index], arrays["error"][index]
        left.plot(n, arrays["expected"][index], color=color)
        centre = error.mean(axis=0)
        left.errorbar(n, centre, (centre - error.min(0), error.max(0) - centre), fmt="o", color=color, label=name)
        line_with_band(right, n, arrays["bigrams"][index], label=name, color=color)
        right.plot(n, np.median(arrays["mass"][index], axis=0), "--", color=color)
    left.axhline(float(arrays["limit"]), color=INK, linestyle=":", linewidth=0.8, label="limit, accumulate")
    small_print(left, f"bars: range of {config.seeds} seeds")
    left.set(ylabel=r"squared error $D_n$ of a row", ylim=(0, None))
    right.set(ylabel="share left: bigrams, probability (dashed)", ylim=(0, 1.02))
    for ax in (left, right):
        ax.set_xlabel("generation $n$")
    left.legend()
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
