"""Where the logistic law holds, and where it stops: residuals against the distance from the transition.

Left: what the derived law of the squared bias leaves over, (μ² - law)/μ*², along the growth, for trees of one fan-in
nearer and nearer to the transition (amplification α of a level falling to 1). Middle: the largest residual against
α - 1, with the slope of a fit: it shrinks in proportion, so that the law is exact at the transition and nowhere else.
Right: the rate of a free fit of a logistic in ln N, relative to the derived 2s, when quality means the squared bias μ²
and when it means accuracy (1 + μ)/2 with a free offset: the exponent of a fitted law depends on what is called quality.
Nothing here is random. Substitute: voting trees stand for the paper's networks of language models.

Shows: residuals that flatten as α falls to 1, at slope 1; right, μ² at the derived rate there, and accuracy below it.
Source: arXiv 2406.07155, its collaborative scaling law (limits derived here).
Cost: smoke 3 s, laptop 6 s, paper 20 s
Run: python -m experiments.agent_scaling.law_limits
"""

import math
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure
from scipy import optimize

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.forms import order_plot
from figures.render import render
from figures.style import BLUE, COLORS, DOUBLE, GREY, INK, VERMILION, new_figure
from theory.trees.predictors import logistic_in_log_agents, logistic_law
from theory.trees.recursion import Tree, critical_fidelity, fixed_point, tree_trajectory


@dataclass(frozen=True)
class Config:
    """`excesses` are α - 1, which fixes the fidelity; leaves start at `start` of the ceiling."""

    fan_ins: tuple[int, ...] = (3, 11)
    correlation: float = 0.1
    excesses: tuple[float, ...] = (0.4, 0.2, 0.1, 0.05, 0.025, 0.0125)
    start: float = 0.02
    reach: float = 9.0  # in 2s (ln N - ln N_1/2)

    def __post_init__(self) -> None:
        """Refuses fidelities above one."""
        b = min(self.fan_ins)
        slope = b * math.comb(b - 1, b // 2) / 2 ** (b - 1)
        worst = (1 + max(self.excesses)) / (self.correlation + (1 - self.correlation) * slope)
        if worst > 1:
            raise ValueError(f"excesses: {self.excesses}, must leave a fidelity of at most 1, but need {worst:.3f}")


PRESETS = {
    "smoke": Config(fan_ins=(3,), excesses=(0.4, 0.2, 0.1)),
    "laptop": Config(),
    "paper": Config(fan_ins=(3, 5, 11, 101), excesses=tuple(0.4 / 2**k for k in range(10))),
}


def free_rate(place: np.ndarray, quality: np.ndarray) -> float:
    """Rate of the best logistic with plateau, rate, midpoint and offset free; the standard one is rate 1."""

    def law(x: np.ndarray, plateau: float, rate: float, midpoint: float, offset: float) -> np.ndarray:
        return offset + plateau / (1 + np.exp(-rate * (x - midpoint)))

    return float(optimize.curve_fit(law, place, quality, p0=(np.ptp(quality), 1.0, 0.0, quality[0]))[0][1])


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, np.ndarray]:
    """Residuals (fan-ins, excesses, levels) over the law's own variable, NaN beyond; fitted rates over 2s."""
    place, residual, bias = map(np.asarray, jax.jit(partial(_growth, config))())
    keep = np.abs(place) <= config.reach
    columns = [(place[at][keep[at]], bias[at][keep[at]]) for at in np.ndindex(place.shape[:2])]
    squares = [free_rate(x, mu**2 / mu[-1] ** 2) for x, mu in columns]
    accuracies = [free_rate(x, mu / mu[-1]) for x, mu in columns]  # an offset is free, a scale, too
    return {
        "place": np.where(keep, place, np.nan),
        "residual": np.where(keep, residual, np.nan),
        "rate_of_square": np.reshape(squares, place.shape[:2]),
        "rate_of_accuracy": np.reshape(accuracies, place.shape[:2]),
    }


def _growth(config: Config) -> tuple[jax.Array, ...]:
    """The law's own variable, residuals of the law, and the bias: (fan-ins, excesses, levels)."""
    fan_in, excess = np.array(config.fan_ins, float)[:, None], np.array(config.excesses)
    most = int(np.ceil((2 * config.reach + 2) / (2 * np.log1p(min(config.excesses)))))
    tree = Tree(fan_in, (1 + excess) * critical_fidelity(fan_in, config.correlation), config.correlation)
    ceiling, level = fixed_point(tree).bias, np.arange(most + 1.0)[:, None, None]
    bias = tree_trajectory(config.start * ceiling, tree, most)
    law = logistic_in_log_agents(config.start * ceiling, tree)
    place = law.rate * (level * np.log(fan_in) - law.midpoint)
    residual = (bias**2 - logistic_law(config.start * ceiling, tree, level) ** 2) / ceiling**2
    return tuple(jnp.moveaxis(part, 0, -1) for part in (place, residual, bias))


def draw(config: Config, arrays: Arrays) -> Figure:
    """Residuals, their order, and the rates that fits find."""
    figure, (along, order, rates) = new_figure(DOUBLE, 2.6, cols=3)
    excess = np.array(config.excesses)
    for curve, (value, color) in enumerate(zip(config.excesses, COLORS, strict=False)):
        along.plot(arrays["place"][0, curve], arrays["residual"][0, curve], ".-", ms=2, color=color, label=f"{value:g}")
    along.legend(title=rf"$\alpha-1$, $b={config.fan_ins[0]}$", loc="upper left")
    along.set(xlabel=r"$2s\,(\ln N-\ln N_{1/2})$", ylabel=r"residual $(\mu^2-\mathrm{law})/\mu^{*2}$")
    along.axhline(0, color=INK, linewidth=0.5)
    largest = np.nanmax(np.abs(arrays["residual"]), axis=-1)
    for row, (b, color) in enumerate(zip(config.fan_ins, COLORS, strict=False)):
        order_plot(order, excess, largest[row], 1.0, f"$b={b}$", color)
    order.set(xlabel=r"$\alpha-1$", ylabel="largest residual", ylim=(largest.min() / 1.5, 6 * largest.max()))
    order.legend(loc="upper left", handletextpad=0.2)
    marks = ("o-", "s--", "^:", "v-.")
    for row, (b, mark) in enumerate(zip(config.fan_ins, marks, strict=False)):
        rates.plot(excess, arrays["rate_of_square"][row], mark, color=BLUE, label=rf"$\mu^2$, $b={b}$")
        rates.plot(excess, arrays["rate_of_accuracy"][row], mark, color=VERMILION, label=f"accuracy, $b={b}$")
    rates.axhline(1, color=GREY, linewidth=0.8)
    rates.set(xscale="log", xlabel=r"$\alpha-1$", ylabel="fitted rate over derived rate $2s$", ylim=(0.5, None))
    rates.legend(loc="upper left")
    for ax in (order, rates):
        ax.set_xticks(excess[::2], [f"{value:g}" for value in excess[::2]])
        ax.xaxis.set_minor_formatter("")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True, gaps=("place", "residual"))

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
