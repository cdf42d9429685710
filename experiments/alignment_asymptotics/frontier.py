"""Reward against divergence: best of N meets the optimum a symbol, and how slowly.

Words of n independent symbols with rewards 0, 1, 2 of probability 0.5, 0.3, 0.2. Left: mean reward a symbol against
KL a symbol, for the tilt (the optimum, the same curve for all n) and for best of N = e^{nD}, n growing. Right: the
reward that best of N lacks at N = e^{nD}, a symbol, against n; dashed the law log(n)/(2λn) + c/n with its constant,
derived here and without a free number. Everything is exact: laws of sums by convolution, ties by lot.

Shows: curves that rise to the frontier; gaps that run into the dashed lines.
Source: arXiv 2404.01730, asymptotic equivalence (re-derived; the rate of the gap is derived here).
Cost: smoke 2 s, laptop 4 s, paper 1 min
Run: python -m experiments.alignment_asymptotics.frontier
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.alignment_asymptotics._words import compare
from figures.annotate import direct_labels
from figures.render import render
from figures.style import COLORS, DOUBLE, INK, new_figure
from theory.short.large_deviations import best_of_deficit, tilt_at_divergence, tilted_mean


@dataclass(frozen=True)
class Config:
    """`lengths` on the left, `growing` on the right at the divergences a symbol `rates`."""

    prob: tuple[float, ...] = (0.5, 0.3, 0.2)
    lengths: tuple[int, ...] = (1, 4, 16, 256)
    points: int = 25
    rates: tuple[float, ...] = (0.05, 0.2, 0.5)
    growing: tuple[int, ...] = (4, 8, 16, 32, 64, 128, 256)

    def __post_init__(self) -> None:
        """Refuses more divergence than there is."""
        if min(self.prob) <= 0 or abs(sum(self.prob) - 1) > 1e-9:
            raise ValueError(f"prob: {self.prob}, must be positive and sum to 1")


PRESETS = {
    "smoke": Config(lengths=(1, 8), points=5, rates=(0.2,), growing=(4, 8, 16)),
    "laptop": Config(),
    "paper": Config(lengths=(1, 8, 64, 1024), points=60, growing=(4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Frontier (points), curves of best of N (lengths, points), gaps (rates, lengths)."""
    return jax.jit(partial(_curves, config))()


def _curves(config: Config) -> dict[str, jax.Array]:
    prob, rewards = jnp.array(config.prob), jnp.arange(1.0 * len(config.prob))
    divergence = jnp.linspace(1e-3, -0.97 * jnp.log(prob[-1]), config.points)
    tilts = jax.vmap(lambda d: tilt_at_divergence(prob, rewards, d))(divergence)
    capacity = max(config.lengths + config.growing)
    along = jax.vmap(lambda n, d: compare(prob, n, d, capacity), (None, 0))
    lengths, growing, rates = jnp.array(config.lengths), jnp.array(config.growing), jnp.array(config.rates)
    best = jax.lax.map(lambda n: along(n, divergence), lengths)
    gaps = jax.lax.map(lambda n: along(n, rates), growing)
    return {
        "divergence": divergence,
        "frontier": jax.vmap(lambda tilt: tilted_mean(prob, rewards, tilt))(tilts),
        "best_divergence": best["best_divergence"] / lengths[:, None],
        "best_reward": best["best_reward"] / lengths[:, None],
        "gap": ((gaps["tilt_reward"] - gaps["best_reward"]) / growing[:, None]).T,
        "predicted": jax.vmap(lambda d: best_of_deficit(prob, d, 1.0 * growing))(rates) / growing,
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Frontier on the left, gap on the right."""
    figure, (plane, gap) = new_figure(DOUBLE, 2.7, cols=2)
    plane.plot(arrays["divergence"], arrays["frontier"], color=INK, linewidth=1.6, label="tilt, every $n$", zorder=1.5)
    for length, x, y, color in zip(
        config.lengths, arrays["best_divergence"], arrays["best_reward"], COLORS, strict=False
    ):
        plane.plot(x, y, ".-", color=color, linewidth=0.8, label=f"best of $e^{{nD}}$, $n={length}$")
    plane.set(xlabel="KL a symbol (nats)", ylabel="reward a symbol")
    plane.legend(loc="lower right")
    n = np.array(config.growing)
    for rate, law, row, color in zip(config.rates, arrays["predicted"], arrays["gap"], COLORS, strict=False):
        gap.plot(n, row, "o-", color=color, label=f"$D={rate:g}$")
        gap.plot(n, np.where(law > 0, law, np.nan), "--", color=color, linewidth=0.8)
    gap.set(xscale="log", yscale="log", xlabel="length $n$", ylabel="reward a symbol that best of $N$ lacks")
    gap.set_title(r"dashed: $\log n/(2\lambda n)+c/n$")
    direct_labels(gap)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
