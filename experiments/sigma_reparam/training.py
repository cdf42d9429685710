"""Attention entropy of a tiny transformer under larger and larger learning rates, with and without σReparam.

A one-layer transformer looks up a value by its key (a substitute for the paper's vision, translation and speech tasks).
Adam, no warm-up, each learning rate from the same seeds. Top: the lowest entropy of any attention row of a small batch;
thin and dotted: Theorem 3.1 at the live spectral norm of the logits. Bottom: loss; the grey line is guessing. Lines are
medians over seeds, bands their range. Entropies below 10⁻⁸ are drawn at 10⁻⁸. Two seeds and one small task: at the
moderate rate both learn, and at the largest rate neither does, though only the plain network's attention collapses at
once. Low entropy alone is not failure: a network that has learned to look up one key has it too.

Shows: at the two large rates plain attention falls to zero entropy within 200 steps and the loss never leaves guessing,
while with σReparam the entropy falls later or not at all; the dotted bound stays below its line.
Source: arXiv 2303.06296, Figures 1 to 3 (substitute).
Cost: smoke 5 s, laptop 20 s, paper 10 min
Run: python -m experiments.sigma_reparam.training
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.dealing import over_grid
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.sigma_reparam._training import VALUES, Size, train
from figures.forms import line_with_band
from figures.render import render
from figures.style import COLORS, DOUBLE, GREY, new_figure

LOWEST = 1e-8


@dataclass(frozen=True)
class Config:
    """Learning rates, seeds, and the network's size; watched `points` times, `every` steps."""

    rates: tuple[float, ...] = (1e-3, 1e-2, 5e-2, 2e-1)
    seeds: int = 2
    points: int = 20
    every: int = 15
    tokens: int = 13
    width: int = 16
    batch: int = 32

    def __post_init__(self) -> None:
        """Refuses what can't learn."""
        if min(self.rates) <= 0 or self.seeds < 2:
            raise ValueError(f"rates, seeds: {self.rates}, {self.seeds}, must be positive, and at least 2 seeds")


PRESETS = {
    "smoke": Config(rates=(1e-2, 2e-1), points=2, every=2, tokens=5, width=4, batch=4),
    "laptop": Config(),
    "paper": Config(rates=(1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1), seeds=8, points=100, every=50, width=64, tokens=33),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Each array (variants, seeds, rates, points): plain, then σReparam."""
    size = Size(config.tokens, config.width, config.batch)

    def one(flag: jax.Array, key: jax.Array, rate: jax.Array) -> dict[str, jax.Array]:
        watched = train(key, size, rate, flag, points=config.points, every=config.every)[1]
        return {name: getattr(watched, name) for name in ("loss", "row_entropy", "row_bound")}

    def grid(key: jax.Array) -> dict[str, jax.Array]:
        seeds, rates = jax.random.split(key, config.seeds), jnp.array(config.rates)
        return over_grid(run.mesh, one, jnp.arange(2) == 1, seeds, rates)

    return jax.jit(grid)(key)


def draw(config: Config, arrays: Arrays) -> Figure:
    """Columns: plain, σReparam; rows: entropy, loss."""
    figure, axes = new_figure(DOUBLE, 3.8, rows=2, cols=2, sharex=True, sharey="row")
    steps = config.every * np.arange(config.points)
    for column, name in enumerate(("plain", r"$\sigma$Reparam")):
        top, bottom = axes[:, column]
        for index, rate in enumerate(config.rates):
            at = (column, slice(None), index)
            style = {"color": COLORS[index], "label": f"{rate:g}"}
            line_with_band(top, steps, np.maximum(arrays["row_entropy"][at], LOWEST), **style)
            bound = np.median(np.maximum(arrays["row_bound"][at], LOWEST), axis=0)
            top.plot(steps, bound, ":", color=COLORS[index], linewidth=0.8)
            line_with_band(bottom, steps, arrays["loss"][at], **style)
        bottom.axhline(np.log(VALUES), color=GREY, linewidth=0.6)
        top.set(title=name, yscale="log", ylim=(LOWEST / 2, 5))
        bottom.set(xlabel="step", ylim=(0, 3))
    axes[0, 0].set_ylabel("lowest row entropy (nats)")
    axes[1, 0].set_ylabel("loss (nats)")
    axes[1, 1].legend(title="learning rate", ncols=2, loc="upper right")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
