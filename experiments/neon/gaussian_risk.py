"""Stepping back from one's own samples: the exact risk of a fitted Gaussian.

A normal law is fitted to n real samples by maximum likelihood; a copy is tuned on endless samples whose spread is τ
times the fit's; the result steps from the fit by w in the opposite direction, in mean and log spread. Left: E KL(real |
result) against w. Lines are exact, dots Monte Carlo means over fits with 95 % intervals. Right: risk at the best w over
the fit's risk, and dashed at w = 1, against τ, exact, for several n; at τ = 1 itself no step moves anything.

Shows: for τ < 1 the risk falls first for w > 0, for τ > 1 for w < 0, at τ = 1 it is flat; too much does harm.
Source: arXiv 2510.03597 (re-derived on the normal law).
Cost: smoke 1 s, laptop 2 s
Run: python -m experiments.neon.gaussian_risk
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import small_print
from figures.render import render
from figures.style import COLORS, DOUBLE, GREY, new_figure
from theory.short.negative_extrapolation import gaussian_best_weight, gaussian_risk, spreading, step_back


@dataclass(frozen=True)
class Config:
    """Temperatures, real samples a fit, and how many fits a dot."""

    temperatures: tuple[float, ...] = (0.7, 0.9, 1.0, 1.1)
    samples: tuple[int, ...] = (10, 5, 20, 100)
    fits: int = 20_000
    dots: int = 9

    def __post_init__(self) -> None:
        """Refuses a risk without a mean."""
        if min(self.samples) <= 3:
            raise ValueError(f"samples: {self.samples}, must be above 3")


PRESETS = {"smoke": Config(fits=200, dots=3), "laptop": Config(), "paper": Config(fits=1_000_000, dots=17)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Risks against w (temperatures, weights), and against τ (sample sizes, temperatures)."""
    return jax.jit(partial(_risks, config))(key)


def _risks(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    n, tau = float(config.samples[0]), jnp.array(config.temperatures)
    data = jax.random.normal(key, (config.fits, config.samples[0]))
    centre, spread = data.mean(axis=1), data.std(axis=1)

    def risk(tau: jax.Array, w: jax.Array) -> tuple[jax.Array, jax.Array]:
        scale = jnp.exp(step_back(jnp.log(spread), jnp.log(tau * spread), w))
        each = jnp.log(scale) + (1 + centre**2) / (2 * scale**2) - 0.5
        return each.mean(), each.std(ddof=1) / config.fits**0.5

    weight, dots = jnp.linspace(-1.0, 3.0, 200), jnp.linspace(-1.0, 3.0, config.dots)
    mean, error = jax.vmap(jax.vmap(risk, (None, 0)), (0, None))(tau, dots)
    axis, sizes = jnp.linspace(0.4, 1.6, 120), jnp.array(config.samples, float)[:, None]
    best = spreading(axis, gaussian_best_weight(sizes, axis))
    return {
        "weight": weight,
        "risk": gaussian_risk(n, spreading(tau[:, None], weight)),
        "dots": dots,
        "mean": mean,
        "error": error,
        "axis": axis,
        "best": gaussian_risk(sizes, best) / gaussian_risk(sizes),
        "at_one": gaussian_risk(sizes, spreading(axis, jnp.ones(1))) / gaussian_risk(sizes),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Risk against the weight; gain against the temperature."""
    figure, (left, right) = new_figure(DOUBLE, 2.6, cols=2)
    for index, tau in enumerate(config.temperatures):
        left.plot(arrays["weight"], arrays["risk"][index], color=COLORS[index])
        bars = 1.96 * arrays["error"][index]
        left.errorbar(
            arrays["dots"], arrays["mean"][index], bars, fmt="o", color=COLORS[index], label=rf"$\tau={tau:g}$"
        )
    small_print(left, f"bars: 95 % of the mean of {config.fits} fits")
    left.set(xlabel="weight $w$ of the step back", ylabel="E KL(real | model)", ylim=(0, 0.6))
    left.set_title(f"$n={config.samples[0]}$")
    for index, samples in enumerate(config.samples):
        right.plot(arrays["axis"], arrays["best"][index], color=COLORS[index], label=f"$n={samples}$")
        right.plot(arrays["axis"], arrays["at_one"][index], "--", color=COLORS[index])
    right.plot([], [], "--", color=GREY, label="$w=1$")
    right.plot([], [], color=GREY, label="best $w$")
    right.axhline(1, color=GREY, linewidth=0.6)
    right.set(xlabel=r"temperature $\tau$ of the sampler", ylabel="risk over that of the fit", ylim=(0, 2.5))
    left.legend()
    right.legend(loc="lower center", ncols=3)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
