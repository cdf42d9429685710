"""The same estimators where parameters are shared.

Correlation of five estimates with the realised entropy change. Crosses: one token of a synthetic row that moves alone
(as in the figure of estimators). Dots and squares: a tiny transformer that learns (a + b + c) mod 10, one Adam step
(3e-4) a rollout of 256 answers, strictly on policy; the truth is the entropy of the same contexts after the step minus
before. Dots: over the tokens of a rollout, averaged over rollouts. Squares: over rollouts, of the mean of all tokens,
leaving out the first ten rollouts, in which Adam sets its scale. Bars: 95 % interval of the mean over 8 seeds,
which share the base policy; most are hidden by the markers. Substitute for Qwen2.5 models.

Shows: for single tokens all five are weak (0.14 to 0.18), because the other tokens of the step move a token more than
its own; for means of rollouts the full law, Theorem 1 and the bare S are equally good (0.97), covariance and the
released form are not.
Source: arXiv 2510.10150, its table of estimators (MSE, Pearson, Spearman against the covariance).
Cost: smoke 8 s, laptop 13 s
Run: python -m experiments.steer.estimators_in_training
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.policies.testbed import SumRuns, sum_policy
from core.policies.watch import TokenRecord, watch_sums
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.steer._rows import NAMES, estimates, guessed
from figures.annotate import small_print
from figures.render import render
from figures.statistics import mean_band
from figures.style import BLUE, INK, SINGLE, VERMILION, new_figure


@dataclass(frozen=True)
class Config(SumRuns):
    """The rollouts that are left out, and the synthetic tokens."""

    rollouts: int = 100
    skipped: int = 10
    tokens: int = 4000

    def __post_init__(self):
        super().__post_init__()
        if self.rollouts < self.skipped + 3:
            raise ValueError(
                f"rollouts={self.rollouts}, skipped={self.skipped}: must leave 3 rollouts for a correlation"
            )


PRESETS = {"smoke": Config(4, 2, 5, skipped=1, tokens=100), "laptop": Config(), "paper": Config(400, 32, 1000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Correlations: alone (estimators,), of tokens and of rollouts (seeds, estimators)."""
    at_base, at_runs, at_rows = jax.random.split(key, 3)
    params = jax.jit(sum_policy, static_argnames=("width", "steps"))(at_base, width=32, steps=config.imitation)
    watched = jax.jit(watch_sums, static_argnames=("mesh", "rollouts", "rate"))
    keys = jax.random.split(at_runs, config.seeds)
    tokens = watched(params, keys, mesh=run.mesh, rollouts=config.rollouts, rate=3e-4)[1]
    tokens, rollouts = jax.jit(jax.vmap(partial(_correlations, config)))(tokens)
    return {"alone": jax.jit(partial(_alone, config))(at_rows), "tokens": tokens, "rollouts": rollouts}


def _correlations(config: Config, tokens: TokenRecord) -> tuple[jax.Array, jax.Array]:
    """Of one run: over the tokens of a rollout, mean of all rollouts, and over rollouts."""

    def look(tokens: TokenRecord) -> tuple[jax.Array, ...]:
        log_prob, entropy, expected, advantage, _, change = (x.ravel() for x in tokens)
        guesses = estimates(log_prob, entropy, expected, advantage)
        return correlation(guesses, change), guesses.mean(1), change.mean()

    by_token, guess, change = jax.lax.map(look, tokens)
    return by_token.mean(0), correlation(guess[config.skipped :].T, change[config.skipped :])


def _alone(config: Config, key: jax.Array) -> jax.Array:
    truth, guesses = guessed(key, config.tokens, 1e-2)
    return correlation(guesses, truth)


def correlation(rows: jax.Array, truth: jax.Array) -> jax.Array:
    """Pearson correlation of each row with the truth."""
    rows, truth = rows - rows.mean(1, keepdims=True), truth - truth.mean()
    return rows @ truth / jnp.sqrt(jnp.sum(rows**2, 1) * jnp.sum(truth**2))


def draw(config: Config, arrays: Arrays) -> Figure:
    """Three correlations an estimator."""
    figure, ax = new_figure(SINGLE, 2.6)
    place = np.arange(len(NAMES))
    ax.plot(place - 0.2, arrays["alone"], "x", color=INK, label="a row alone")
    for shift, name, marker, color, label in (
        (0.0, "rollouts", "s", VERMILION, "transformer, mean of a rollout"),
        (0.2, "tokens", "o", BLUE, "transformer, single tokens"),
    ):
        band = mean_band(arrays[name])
        reach = [band.middle - band.lower, band.upper - band.middle]
        ax.errorbar(place + shift, band.middle, reach, fmt=marker, color=color, label=label)
    small_print(ax, band.meaning.replace("band", "bars"))
    ax.set_xticks(place, NAMES)
    ax.set(ylim=(-0.1, 1.45), ylabel=r"correlation with the realised $\Delta H$")
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.legend(loc="upper left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
