"""Error of a memoriser on Zipf data: clean, with the tail cut, and with a few real data mixed in.

Left: clean data for three exponents β (solid), with their asymptotes (dotted), and for the first β the tail cut at
several items k (dashed), which stops at k^{-(β-1)}/((β-1)ζ(β)). Right: the tail cut at k, and a share π of the
draws real: the error waits on the plateau until T ~ k^β/π and then falls again like (πT)^{-c}; short vertical marks
stand at k^β/π. Exact expectations over infinitely many items; nothing is random.

Shows: straight lines on their asymptotes, plateaus, and on the right a second descent that starts at the marks.
Source: arXiv 2402.07043, Figures 2 and 5 (re-derived).
Cost: smoke 1 s, laptop 2 s
Run: python -m experiments.tale_of_tails.scaling
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.render import render
from figures.style import COLORS, DOUBLE, GREY, new_figure
from theory.short.tails import HEAD, Training, clean, cut, memoriser_asymptote, memoriser_error


@dataclass(frozen=True)
class Config:
    """Exponents, cuts, and shares of real data."""

    exponents: tuple[float, ...] = (1.5, 2.0, 3.0)
    cuts: tuple[int, ...] = (10, 100, 1000)
    mixed_cut: int = 100
    shares: tuple[float, ...] = (1e-1, 1e-2, 1e-3, 1e-4)
    decades: float = 9.0
    points: int = 120

    def __post_init__(self) -> None:
        """Refuses a law without a mean, and cuts beyond the head."""
        if min(self.exponents) <= 1 or max(*self.cuts, self.mixed_cut) > HEAD:
            raise ValueError(f"exponents, cuts: {self.exponents}, {self.cuts}, must be above 1, and at most {HEAD}")


PRESETS = {"smoke": Config(points=12), "laptop": Config(), "paper": Config(points=1000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Errors (laws, draws)."""
    return jax.jit(partial(_errors, config))()


def _errors(config: Config) -> dict[str, jax.Array]:
    draws, beta, exponents = jnp.logspace(0, config.decades, config.points), config.exponents[0], config.exponents

    def curves(exponents: jax.Array, trainings: Training) -> jax.Array:
        every_draw = jax.vmap(memoriser_error, (0, None, None))
        return jax.vmap(lambda exponent, training: every_draw(draws, exponent, training))(exponents, trainings)

    cuts = [(last, 0.0) for last in config.cuts] + [(config.mixed_cut, share) for share in (*config.shares, 0.0)]
    last, share = (jnp.array(column) for column in zip(*cuts, strict=True))
    cut_short = curves(jnp.full(len(cuts), beta), jax.vmap(partial(cut, beta))(last, share))
    return {
        "draws": draws,
        "clean": curves(jnp.array(exponents), jax.vmap(clean)(jnp.array(exponents))),
        "asymptote": jnp.stack([memoriser_asymptote(draws, b, clean(b)) for b in exponents]),
        "cut": cut_short[: len(config.cuts)],
        "mixed": cut_short[len(config.cuts) :],
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Two log-log panels."""
    figure, (left, right) = new_figure(DOUBLE, 2.7, cols=2)
    draws = arrays["draws"]
    for index, beta in enumerate(config.exponents):
        left.plot(draws, arrays["clean"][index], color=COLORS[index], label=rf"$\beta={beta:g}$")
        left.plot(draws, arrays["asymptote"][index], ":", color=COLORS[index])
    for index, last in enumerate(config.cuts):
        left.plot(draws, arrays["cut"][index], "--", color=COLORS[0], alpha=0.7)
        left.annotate(f"$k={last}$", (draws[-1], arrays["cut"][index, -1]), (2, 0), textcoords="offset points",
                      fontsize=7, va="center", annotation_clip=False)  # fmt: skip
    beta = config.exponents[0]
    for index, share in enumerate(config.shares):
        right.plot(draws, arrays["mixed"][index], color=COLORS[index], label=rf"$\pi=10^{{{np.log10(share):.0f}}}$")
        turn = config.mixed_cut**beta / share
        right.plot(turn, arrays["mixed"][-1, -1] * 1.25, "|", color=COLORS[index], ms=8, mew=1.5)
    right.plot(draws, arrays["mixed"][-1], color=GREY, label=r"$\pi=0$")
    right.plot(draws, arrays["clean"][0], ":", color=GREY, label="clean")
    left.set(ylim=(1e-5, 1.3), ylabel="expected error")
    right.set(title=rf"$\beta={beta:g}$, cut at $k={config.mixed_cut}$")
    for ax in (left, right):
        ax.set(xscale="log", yscale="log", xlabel="draws $T$")
        ax.legend(loc="lower left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
