"""Quality against the number of agents: the logistic law, derived from the votes and not fitted.

Quality is the squared bias μ² of the decision, 0 at chance and 1 when it is always right. Left: μ² of voting trees of
growing depth, exactly (dots, N = b^depth) and simulated (rings, 95 % interval), with the logistic in ln N whose rate
2s, plateau μ*² and midpoint follow from fan-in, fidelity and correlation alone (lines), and with the best fit of
plateau, rate and midpoint (dashed; its rate in the legend). Right: the same trees in the variables of the law,
2s (ln N - ln N_1/2) and μ²/μ*², against the standard logistic. Substitute: trees of voters with a common cause of
errors stand for the paper's networks of language models, whose quality scores are not reproduced.

Shows: S-curves with the derived rate near the fitted one; right, all trees on one curve below and steeper above.
Source: arXiv 2406.07155, its collaborative scaling law (rate derived here from the recursion of voting trees).
Cost: smoke 4 s, laptop 12 s, paper 1 min
Run: python -m experiments.agent_scaling.logistic_growth
"""

from dataclasses import dataclass

import jax
import numpy as np
from matplotlib.figure import Figure
from scipy import optimize

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from core.trees.bits import Dyadic
from core.trees.law import Law, Shape
from core.trees.simulate import simulate_sharded
from figures.annotate import small_print
from figures.render import render
from figures.statistics import NORMAL_95
from figures.style import COLORS, DOUBLE, INK, new_figure
from theory.trees.predictors import logistic_in_log_agents
from theory.trees.recursion import Tree, tree_trajectory

BITS = 4  # probabilities in 1/16, exactly, also in the simulation
LEAF = 18  # in 1/32: the leaves' chance to be right, bias 1/8


@dataclass(frozen=True)
class Config:
    """One curve a tree: fan-in, noise 1 - γ and correlation ρ in 1/16, and the depths to simulate."""

    fan_ins: tuple[int, ...] = (3, 5, 11)
    noises: tuple[int, ...] = (3, 2, 4)
    correlations: tuple[int, ...] = (1, 0, 2)
    simulated: tuple[tuple[int, ...], ...] = ((4, 7), (2, 4), (1, 3))
    log_agents: float = 14.0
    words: int = 512  # of 32 trees a dot

    def __post_init__(self) -> None:
        """Refuses curves without all of their parameters."""
        if len({len(self.fan_ins), len(self.noises), len(self.correlations), len(self.simulated)}) > 1:
            raise ValueError(f"fan_ins: {self.fan_ins}, must be as many as noises, correlations and simulated")


PRESETS = {
    "smoke": Config(fan_ins=(3,), noises=(1,), correlations=(1,), simulated=((2,),), words=8),
    "laptop": Config(),
    "paper": Config(simulated=((2, 4, 6, 8, 10), (2, 3, 4, 5, 6), (1, 2, 3, 4)), words=2048),
}


def logistic(x: np.ndarray, plateau: float, rate: float, midpoint: float) -> np.ndarray:
    """The law that is fitted."""
    return plateau / (1 + np.exp(-rate * (x - midpoint)))


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, np.ndarray]:
    """Quality by level, NaN beyond the largest N; laws (trees, 3); simulated bias (trees, depths)."""
    fan_in, start = np.array(config.fan_ins), 2 * LEAF / 32 - 1
    trees = Tree(fan_in, 1 - np.array(config.noises) / 16, np.array(config.correlations) / 16)
    depths = (config.log_agents / np.log(fan_in)).astype(int)
    most = int(depths.max()) + 1
    exact, laws = jax.jit(lambda: (tree_trajectory(start, trees, most - 1), logistic_in_log_agents(start, trees)))()
    quality, derived, fitted, measured = [], np.stack(laws, axis=1), [], []
    for place, (b, noise, same) in enumerate(zip(config.fan_ins, config.noises, config.correlations, strict=True)):
        levels, law = np.arange(depths[place] + 1), derived[place]
        exact_here = np.asarray(exact)[levels, place] ** 2
        quality.append(np.pad(exact_here, (0, most - len(levels)), constant_values=np.nan))
        fitted.append(optimize.curve_fit(logistic, levels * np.log(b), exact_here, p0=law)[0])
        chances = Law(Dyadic(LEAF, 5), Dyadic(noise, BITS + 1), Dyadic(same, BITS))

        def rights(depth: int, place: int = place, chances: Law = chances, b: int = b) -> jax.Array:
            own = jax.random.fold_in(key, 100 * place + depth)
            simulate = jax.jit(
                lambda k: simulate_sharded(run.mesh, k, chances, Shape(b, depth), config.words, axis="devices")
            )
            return jax.block_until_ready(simulate(own))

        measured.append(2 * np.array([rights(depth) for depth in config.simulated[place]]) / (32 * config.words) - 1)
    return {
        "quality": np.array(quality),
        "derived": derived,
        "fitted": np.array(fitted),
        "measured": np.array(measured),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Curves on the left, collapse on the right."""
    figure, (curves, collapse) = new_figure(DOUBLE, 2.9, cols=2, width_ratios=(1.4, 1))
    fine = np.linspace(0, config.log_agents, 300)
    for place, (b, color) in enumerate(zip(config.fan_ins, COLORS, strict=False)):
        law, free = arrays["derived"][place], arrays["fitted"][place]
        quality = arrays["quality"][place]
        levels = np.flatnonzero(np.isfinite(quality))
        agents = levels * np.log(b)
        gamma, rho = 1 - config.noises[place] / 16, config.correlations[place] / 16
        words = rf"$b={b}$, $\gamma={gamma:.2f}$, $\rho={rho:.2f}$: $2s={law[1]:.2f}$, fit {free[1]:.2f}"
        curves.plot(np.exp(fine), logistic(fine, *law), color=color, label=words)
        curves.plot(np.exp(fine), logistic(fine, *free), "--", color=color, linewidth=0.8)
        curves.plot(np.exp(agents), quality[levels], "o", color=color)
        bias = arrays["measured"][place]
        reach = NORMAL_95 * np.sqrt((1 - bias**2) / (32 * config.words))
        ends = np.stack([np.maximum(bias - reach, 0), bias + reach]) ** 2 - bias**2
        at = np.exp(np.array(config.simulated[place]) * np.log(b))
        curves.errorbar(at, bias**2, np.abs(ends), fmt="o", ms=6, color=color, markerfacecolor="none")
        collapse.plot(law[1] * (agents - law[2]), quality[levels] / law[0], "o", color=color)
    scaled = np.linspace(-6, 6, 200)
    collapse.plot(scaled, logistic(scaled, 1, 1, 0), color=INK, zorder=1, label="standard logistic")
    curves.set(xscale="log", xlabel="number of agents $N$", ylabel=r"quality $\mu^2$", ylim=(-0.02, 1.35))
    curves.legend(loc="upper left")
    small_print(curves, f"bars: 95 %, {32 * config.words:,} trees")
    collapse.set(xlabel=r"$2s\,(\ln N-\ln N_{1/2})$", ylabel=r"$\mu^2/\mu^{*2}$", xlim=(-6.3, 6.3))
    collapse.legend(loc="upper left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True, gaps=("quality",))

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
