"""Averages instead of votes: mean-square error of a star, a chain and a tree.

N agents estimate one number, error variance v_0 and pairwise correlation ρ each, and every message adds noise of
variance σ². a: the star averages all messages at once; the chain passes on the mean so far, and drowns in the noise
that it collects; the tree averages b at a time, with ρ read in two ways: between the b estimates that meet at a node,
afresh at every level, which is what the paper's Eq. 13 says, or between any two agents (global). Lines are exact;
dashed, their floors. Dots: Monte Carlo of Gaussian errors with those very covariances, 95 % intervals from the χ²
law; the largest z-score is given. b: floors against ρ, and the error of the best chain (for N as large as need be).
The tree is below the star's floor ρ v_0 only where errors of distant agents are less correlated than those of near
ones.

Shows: one floor for each organisation, that of the per-level tree v* = σ²/[(b-1)(1-ρ)] below the others but for small
ρ; a chain that has a best length.
Source: arXiv 2601.17311, Eq. 13 and section 3 (re-derived).
Cost: smoke 1 s, laptop 3 s
Run: python -m experiments.phase_transition.warmup_floors
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.phase_transition._averages import ORGANISATIONS, exact_variance, mean_square_errors
from figures.annotate import panel_letters
from figures.render import render
from figures.statistics import NORMAL_95
from figures.style import BLUE, DOUBLE, GREEN, ORANGE, VERMILION, new_figure
from theory.trees import warmup

_COLORS = {"star": GREEN, "chain": VERMILION, "tree, per level": BLUE, "tree, global": ORANGE}


@dataclass(frozen=True)
class Config:
    """Sizes are powers of the fan-in up to `depth`, for all organisations alike."""

    leaf_variance: float = 1.0
    correlation: float = 0.2
    noise_variance: float = 0.05
    fan_in: int = 3
    depth: int = 6
    repetitions: int = 4000
    points: int = 200

    def __post_init__(self) -> None:
        """Refuses what has no per-level law."""
        floor = self.noise_variance / ((self.fan_in - 1) * (1 - self.correlation))
        if floor > self.leaf_variance:
            raise ValueError(f"noise_variance: {self.noise_variance}, must leave v* = {floor:.3g} <= leaf_variance")


PRESETS = {
    "smoke": Config(depth=1, repetitions=100, points=20),
    "laptop": Config(),
    "paper": Config(depth=8, repetitions=10_000, points=1000),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Exact and measured errors (organisations, sizes), and floors (organisations, correlations)."""
    depths = range(1, config.depth + 1)
    measured = [jax.jit(partial(_measured, config, depth))(key) for depth in depths]
    return {**jax.jit(partial(_exact, config))(), "measured": jnp.stack(measured, axis=1)}


def _measured(config: Config, depth: int, key: jax.Array) -> jax.Array:
    keys = jax.random.split(jax.random.fold_in(key, depth), len(ORGANISATIONS))
    noise = config.leaf_variance, config.correlation, config.noise_variance
    return mean_square_errors(keys, *noise, config.fan_in, depth, config.repetitions)


def _exact(config: Config) -> dict[str, jax.Array]:
    noise = v, _, sigma2 = config.leaf_variance, config.correlation, config.noise_variance
    level, depths = np.linspace(0, config.depth, config.points), np.arange(1, config.depth + 1)
    rho = np.linspace(0, 0.95, config.points)
    return {
        "agents": config.fan_in**depths,
        "size": config.fan_in**level,
        "line": jnp.stack([exact_variance(name, *noise, config.fan_in, level) for name in ORGANISATIONS]),
        "exact": jnp.stack([exact_variance(name, *noise, config.fan_in, depths) for name in ORGANISATIONS]),
        "correlation": rho,
        "floors": jnp.stack(
            [
                rho * v,
                warmup.chain_running(v, rho, sigma2, jnp.maximum(warmup.best_chain_length(v, rho, sigma2), 1)),
                warmup.tree_floor(rho, sigma2, config.fan_in),
                rho * v + sigma2 / (config.fan_in - 1),
            ]
        ),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Error against size, floors against correlation."""
    figure, (sizes, floors) = new_figure(DOUBLE, 2.8, cols=2)
    exact, measured = arrays["exact"], arrays["measured"]
    error = exact * np.sqrt(2 / config.repetitions)  # of a mean of squares of Gaussian errors
    at = int(np.argmin(np.abs(arrays["correlation"] - config.correlation)))
    for row, name in enumerate(ORGANISATIONS):
        color = _COLORS[name]
        sizes.plot(arrays["size"], arrays["line"][row], color=color, label=name)
        bars = NORMAL_95 * error[row]
        sizes.errorbar(arrays["agents"], measured[row], bars, fmt="o", color=color, elinewidth=0.9)
        if name != "chain":
            sizes.axhline(arrays["floors"][row, at], color=color, linestyle="--", linewidth=0.7)
        floors.plot(arrays["correlation"], arrays["floors"][row], color=color, label=name)
    z = np.max(np.abs(measured - exact) / error)
    sizes.set(xscale="log", yscale="log", xlabel="agents $N$", ylabel="mean-square error")
    ends = 0.5 * arrays["exact"].min(), 2 * config.leaf_variance
    sizes.set_ylim(*ends)
    sizes.set_title(rf"$\rho={config.correlation:g}$, $\sigma^2={config.noise_variance:g}\,v_0$; max $|z|={z:.1f}$",
                    loc="right")  # fmt: skip
    floors.set(yscale="log", xlabel=r"correlation $\rho$ of errors", ylabel="least mean-square error", ylim=(0.01, 1.2))
    floors.axvline(config.correlation, color="0.6", linewidth=0.6)
    floors.legend(loc="lower right")
    panel_letters([sizes, floors])
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
