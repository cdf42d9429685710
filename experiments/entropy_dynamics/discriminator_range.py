"""How large the discriminator can get.

Exact smallest and largest S = p (log p + H) for every vocabulary (lines), from (x + L) tanh(x/2) = 1, and the largest
and smallest value among random rows with one raised token (dots; 20,000 rows a vocabulary, which fall short of the
extremes by construction). Below, S stops at -0.2239 for every vocabulary; above it grows like log V / 4, to 3.0036
for V = 151,936: one rewarded token can lower the entropy far more than any can raise it.

Shows: a floor that does not depend on V, a ceiling that grows, no dot outside.
Source: arXiv 2602.03392 gives S; its exact range is ours.
Cost: 2 s
Run: python -m experiments.entropy_dynamics.discriminator_range
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import threshold
from figures.render import render
from figures.style import BLUE, SINGLE, VERMILION, new_figure
from theory.entropy.extremes import discriminator_range
from theory.entropy.softmax import discriminator


@dataclass(frozen=True)
class Config:
    """Vocabularies that are sampled, and rows for each."""

    vocabularies: tuple[int, ...] = (2, 4, 10, 30, 100, 300, 1000)
    rows: int = 4000
    model: int = 151_936


PRESETS = {"smoke": Config((2, 10), rows=200), "laptop": Config(), "paper": Config(rows=20_000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Ends of the range on a fine grid, and the ends that samples reach."""
    return jax.jit(partial(_ends, config))(key)


def _ends(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    grid = jnp.geomspace(2, config.model, 200)
    low, high = discriminator_range(grid)

    def sampled(key: jax.Array, vocabulary: int) -> jax.Array:
        at_noise, at_peak = jax.random.split(key)
        logits = 0.5 * jax.random.normal(at_noise, (config.rows, vocabulary))
        raised = logits.at[:, 0].add(jax.random.uniform(at_peak, (config.rows,), minval=-4.0, maxval=12.0))
        score = discriminator(raised)
        return jnp.stack([score.min(), score.max()])

    keys = jax.random.split(key, len(config.vocabularies))
    reached = [sampled(k, v) for k, v in zip(keys, config.vocabularies, strict=True)]
    return {"vocabulary": grid, "low": low, "high": high, "reached": jnp.stack(reached)}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Both ends over the size of the vocabulary."""
    figure, ax = new_figure(SINGLE)
    ax.plot(arrays["vocabulary"], arrays["high"], color=VERMILION, label="largest $S$, exact")
    ax.plot(arrays["vocabulary"], arrays["low"], color=BLUE, label="smallest $S$, exact")
    ax.plot(config.vocabularies, arrays["reached"][:, 1], "o", color=VERMILION, label="reached by samples")
    ax.plot(config.vocabularies, arrays["reached"][:, 0], "o", color=BLUE)
    threshold(ax, float(np.min(arrays["low"])), f"{np.min(arrays['low']):.4f}", axis="y")
    ax.set(xscale="log", xlabel="size $V$ of the vocabulary", ylabel="discriminator $S$ (nats)")
    ax.legend(loc="upper left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
