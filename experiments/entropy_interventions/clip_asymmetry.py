"""Clipping below and clipping above push the entropy apart, with rewards that say nothing.

The two first-order terms of the entropy change that clipping alone causes when rewards are coin tosses, over the clip
range ε on either side, averaged over 20,000 random states whose policy has drifted from the one that drew the
samples. Shaded: central 80 % of single states. Exact formulas; the drift (normal, 0.3 on each logit) is an
assumption, and no training is run.

Shows: on average clipping below raises the entropy, most at ε near 0.15; clipping above lowers it, but not for the
tightest bounds; single states go either way.
Source: arXiv 2509.26114, Theorem 1 (re-derived).
Cost: 3 s
Run: python -m experiments.entropy_interventions.clip_asymmetry
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import small_print
from figures.render import render
from figures.style import BLUE, SINGLE, VERMILION, new_figure
from theory.entropy.clipping import change_by_clipping


@dataclass(frozen=True)
class Config:
    """Random states and their drift."""

    states: int = 20_000
    vocabulary: int = 12
    drift: float = 0.3
    ranges: int = 25


PRESETS = {"smoke": Config(500, ranges=5), "laptop": Config(), "paper": Config(500_000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Mean and central 80 % of both terms (sides, ranges)."""
    return jax.jit(partial(_terms, config))(key)


def _terms(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    keys = jax.random.split(key, 2)
    old = 2 * jax.random.normal(keys[0], (config.states, config.vocabulary))
    logits = old + config.drift * jax.random.normal(keys[1], old.shape)
    ranges = jnp.linspace(0.02, 0.8, config.ranges)

    def summary(size):
        terms = jnp.stack(change_by_clipping(logits, old, size, size, 1.0))
        return terms.mean(1), *jnp.quantile(terms, np.array([0.1, 0.9]), axis=1)

    mean, low, high = (x.T for x in jax.lax.map(summary, ranges))
    return {"range": ranges, "mean": mean, "low": low, "high": high}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Both terms over the clip range."""
    figure, ax = new_figure(SINGLE, 2.4)
    for side, (label, color) in enumerate((("clipping below", BLUE), ("clipping above", VERMILION))):
        ax.plot(arrays["range"], arrays["mean"][side], color=color, label=label)
        ax.fill_between(arrays["range"], arrays["low"][side], arrays["high"][side], color=color, alpha=0.15, lw=0)
    ax.axhline(0, color="0.6", linewidth=0.6)
    small_print(ax, "band: central 80 % of states")
    ax.set(xlabel=r"clip range $\varepsilon$", ylabel=r"$\Delta H/(\eta\,m)$ (nats)")
    ax.legend()
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
