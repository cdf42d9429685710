"""The belief of a debating group: a fan that opens around a mean that never moves.

Everybody hears all N answers of a round, so the group shares one belief p_t in the correct answer, a Pólya urn that
takes N balls a round. Left: sampled beliefs of single debates (thin), the exact band p_0 ± √V_t, its limit (dotted) and
the mean of all simulated debates with its 95 % interval. Right: the variance, exactly (lines; dotted the limit V_∞) and
measured (dots, 95 % interval of a sample variance), for three concentrations A_0 of the first beliefs: who starts with
weak opinions is carried farther away. Dots of one colour come from the same debates and err together. Substitute:
agents are Dirichlet beliefs, no language model is run.

Shows: a flat mean inside a band that opens in the first rounds and closes on its limit; dots on the lines.
Source: arXiv 2508.17536, Theorem 2 (martingale; variance and limit derived here).
Cost: smoke 3 s, laptop 4 s, paper 1 min
Run: python -m experiments.debate_or_vote.belief_fan
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_devices
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from core.trees.debate import simulate_debate
from figures.annotate import small_print
from figures.render import render
from figures.statistics import NORMAL_95
from figures.style import BLUE, COLORS, DOUBLE, GREY, INK, VERMILION, new_figure
from theory.trees.urn import belief_variance, belief_variance_limit


@dataclass(frozen=True)
class Config:
    """`concentrations` are A_0; the fan shows the first."""

    belief: float = 0.6
    concentrations: tuple[float, ...] = (5.0, 15.0, 50.0)
    agents: int = 5
    rounds: int = 30
    replicas: int = 8_000
    paths: int = 40

    def __post_init__(self) -> None:
        """Refuses what no urn can hold."""
        if not 0 < self.belief < 1:
            raise ValueError(f"belief: {self.belief}, must lie between 0 and 1")
        if not 1 <= self.paths <= self.replicas:
            raise ValueError(f"paths: {self.paths}, must lie in 1..replicas, {self.replicas}")


PRESETS = {
    "smoke": Config(rounds=6, replicas=200, paths=5),
    "laptop": Config(),
    "paper": Config(rounds=100, replicas=200_000),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Sample paths, and moments by round; leading axis: concentrations."""
    return jax.jit(partial(_arrays, config, run.mesh))(key)


def _arrays(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    concentration, p, n = jnp.array(config.concentrations), config.belief, config.agents
    rounds = jnp.arange(config.rounds + 1.0)

    def measure(key: jax.Array, total: jax.Array) -> tuple[jax.Array, ...]:
        weights = jnp.tile(total * jnp.array([p, 1 - p]), (n, 1))
        path = simulate_debate(key, jnp.ones((n, n)), weights, config.rounds, config.replicas).belief[:, 0]
        square = (path - p) ** 2  # around the known mean
        root = config.replicas**0.5
        return path[:, : config.paths], path.mean(1), path.std(1) / root, square.mean(1), square.std(1) / root

    keys = jax.random.split(key, len(config.concentrations))
    paths, mean, mean_error, variance, variance_error = over_devices(mesh, measure, keys, concentration)
    return {
        "paths": paths[0],
        "mean": mean,
        "mean_error": mean_error,
        "variance": variance,
        "variance_error": variance_error,
        "exact_variance": belief_variance(p, concentration[:, None], float(n), rounds),
        "limit": belief_variance_limit(p, concentration, float(n)),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Fan on the left, variances on the right."""
    figure, (fan, spread) = new_figure(DOUBLE, 2.6, cols=2)
    rounds, p = np.arange(config.rounds + 1), config.belief
    fan.plot(rounds, arrays["paths"], color=GREY, linewidth=0.35, alpha=0.6, zorder=1)
    width, limit = np.sqrt(arrays["exact_variance"][0]), np.sqrt(arrays["limit"][0])
    fan.fill_between(rounds, p - width, p + width, color=BLUE, alpha=0.2, linewidth=0, label=r"$p_0\pm\sqrt{V_t}$")
    for side in (-1, 1):
        fan.axhline(p + side * limit, color=INK, linestyle=":", linewidth=0.9)
    fan.plot([], [], ":", color=INK, linewidth=0.9, label=r"$p_0\pm\sqrt{V_\infty}$")
    fan.errorbar(
        rounds,
        arrays["mean"][0],
        NORMAL_95 * arrays["mean_error"][0],
        fmt=".",
        color=VERMILION,
        label="mean of debates",
    )
    fan.set(xlabel="round $t$", ylabel="belief $p_t$ in the correct answer", ylim=(0, 1))
    fan.set_title(f"$A_0={config.concentrations[0]:g}$, $N={config.agents}$")
    fan.legend(loc="lower right", ncols=3)
    for curve, (total, color) in enumerate(zip(config.concentrations, COLORS, strict=False)):
        spread.plot(rounds, arrays["exact_variance"][curve], color=color, label=f"$A_0={total:g}$")
        spread.axhline(arrays["limit"][curve], color=color, linestyle=":", linewidth=0.9)
        spread.errorbar(
            rounds, arrays["variance"][curve], NORMAL_95 * arrays["variance_error"][curve], fmt=".", color=color
        )
    spread.set(xlabel="round $t$", ylabel="variance $V_t$ of the belief", ylim=(0, None))
    spread.legend(loc="center right", bbox_to_anchor=(1, 0.62))
    small_print(spread, f"bars: 95 %, {config.replicas:,} debates")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
