"""Entropy bonus and reference penalty.

Left, exact: 256 bandits climb E[R] + α H from a base policy, by 600 policy-gradient steps; dots are where they are
then, the line is where they will end, softmax(R/α), whatever the base. Middle and right, substitute for Qwen2.5-7B: a
tiny transformer learns (a + b + c) mod 10 by GRPO (32 prompts x 8 answers, 4 updates a rollout, Adam 1e-3) with the
loss -α H (bonus) or +β KL(π ‖ base) (penalty); means over the last ten rollouts with their 95 % interval over 8 seeds
that share the base policy. Grey: the interval without a regulariser.

Shows: below 0.03 neither does anything, as in the paper; a bonus of 0.3 keeps entropy and costs reward; the exact fixed
point jumps at the same strength, α log(K - 1) = 1, since up to there the reward outweighs all wrong answers together.
Source: arXiv 2505.22617, Figures 9 and 10; fixed point re-derived.
Cost: smoke 8 s, laptop 35 s
Run: python -m experiments.entropy_mechanism.regularisers
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from core.policies.interventions.interface import Intervention, masked_mean
from core.policies.testbed import SumRuns
from core.policies.training import Recipe
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.entropy_mechanism._study import bandit_table, sweep
from figures.annotate import panel_letters, small_print
from figures.render import render
from figures.statistics import mean_band
from figures.style import BLUE, DOUBLE, GREY, VERMILION, new_figure
from theory.entropy.regularised import regularised_policy
from theory.entropy.softmax import discriminator, entropy


@dataclass(frozen=True)
class Config(SumRuns):
    """Strengths of the two terms, and the exact population beside them."""

    rollouts: int = 30
    strengths: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3)
    states: int = 256
    answers: int = 20
    steps: int = 600
    rate: float = 2.0


PRESETS = {
    "smoke": Config(3, 2, 5, strengths=(0.1,), states=8, steps=20),
    "laptop": Config(),
    "paper": Config(400, 32, 1000, strengths=(1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0)),
}


def regularised(recipe: Recipe, strengths: jax.Array) -> Recipe:
    """Adds β KL(π ‖ π_base) - α H to the loss, for strengths (α, β)."""

    def loss(live, batch, effect, marks):
        log_prob = jax.nn.log_softmax(live.logits)
        gap = jnp.sum(jnp.exp(log_prob) * (log_prob - jax.nn.log_softmax(batch.reference)), -1)
        return masked_mean(strengths[1] * gap - strengths[0] * live.entropy, batch.mask)

    return recipe._replace(method=Intervention(loss=loss))


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Ends of the runs (nothing, bonuses, penalties; seeds), and of the exact ascent beside its fixed point."""
    at_task, at_runs = jax.random.split(key)
    pairs = np.concatenate([np.zeros((1, 2)), *(np.outer(config.strengths, kind) for kind in np.eye(2))])
    reports = sweep(regularised, pairs, config, at_runs, run.mesh, ("decision_entropy", "reward"))
    ends = jax.jit(lambda all: {f"{name}_end": runs[..., -10:].mean(-1) for name, runs in all.items()})(reports)
    return ends | jax.jit(partial(_exact, config))(at_task)


def _exact(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    rewards, table = bandit_table(key, config.states, config.answers)

    def ascend(bonus):
        def step(logits, _):
            prob = jax.nn.softmax(logits)
            gain = prob * (rewards - jnp.sum(prob * rewards, -1, keepdims=True)) - bonus * discriminator(logits)
            return logits + config.rate * gain, None

        return entropy(jax.lax.scan(step, table, length=config.steps)[0]).mean()

    grid = jnp.geomspace(config.strengths[0] / 2, config.strengths[-1] * 2, 100)
    fixed = jax.vmap(lambda bonus: regularised_policy(rewards[0], table[0], bonus, 0.0))(grid)
    return {"grid": grid, "fixed": entropy(jnp.log(fixed)), "reached": jax.vmap(ascend)(jnp.array(config.strengths))}


def draw(config: Config, arrays: Arrays) -> Figure:
    """The exact fixed point; end entropy and end reward of the transformer."""
    figure, axes = new_figure(DOUBLE, 2.4, cols=3)
    axes[0].plot(arrays["grid"], arrays["fixed"], color=BLUE, label=r"fixed point, softmax$(R/\alpha)$")
    axes[0].plot(config.strengths, arrays["reached"], "o", color=BLUE, label=f"after {config.steps} exact steps")
    axes[0].set(xscale="log", xlabel=r"bonus $\alpha$", ylabel="entropy of the bandits (nats)")
    axes[0].legend(loc="upper left")
    for ax, name, label in zip(
        axes[1:], ("decision_entropy", "reward"), ("decision entropy (nats)", "reward"), strict=True
    ):
        _ends(ax, config, arrays[f"{name}_end"])
        ax.set(xscale="log", xlabel=r"strength $\alpha$ or $\beta$", ylabel=f"{label} at the end")
    axes[2].legend(loc="lower left")
    panel_letters(axes)
    return figure


def _ends(ax: Axes, config: Config, ends: np.ndarray) -> None:
    """Mean and interval of each strength, and those of no regulariser across the axes."""
    band, count = mean_band(ends.T), len(config.strengths)
    ax.axhspan(band.lower[0], band.upper[0], color=GREY, alpha=0.4, lw=0)
    for label, color, first in (("entropy bonus", BLUE, 1), (r"KL($\pi\,\|\,$base)", VERMILION, 1 + count)):
        part = slice(first, first + count)
        reach = [band.middle[part] - band.lower[part], band.upper[part] - band.middle[part]]
        ax.errorbar(config.strengths, band.middle[part], reach, fmt="o-", color=color, label=label)
    small_print(ax, band.meaning.replace("band", "bars"))


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
