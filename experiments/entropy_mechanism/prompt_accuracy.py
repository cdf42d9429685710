"""Which prompts pay with entropy.

Left, exact: the covariance of log-probability and group-normalised advantage in each of 512 bandit states (dots, by
enumeration), at the base policy and after 60 exact policy-gradient steps, over the probability p of the right answer.
Lines, no fit: √(p(1-p)) log(p m/(1-p)) for m equally likely wrong answers, one or all 49. Right, substitute for
Qwen2.5-7B: the covariance of the decision tokens of prompts that a tiny transformer got right in 1, 4 or 7 of 8
answers, on policy (one Adam step, 3e-4, a rollout), in ten windows of the training. Line: mean over seeds, band: its
95 % interval, as long as every seed has such prompts; the seeds share the base policy.

Shows: left, all states between the two lines, below zero where the right answer is rare; rising with accuracy to
about 0.7, then falling to 0. Right, all positive, 7 of 8 below 4 of 8 (1 of 8 is there in the first window alone): not
the order of the paper. Here the prompts are alike and the accuracy of a group is mostly chance, so that √(p(1-p)) alone
decides.
Source: arXiv 2505.22617, Figure 8 right; the closed form is ours.
Cost: smoke 6 s, laptop 12 s
Run: python -m experiments.entropy_mechanism.prompt_accuracy
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.policies.tabular import exact_ascent
from core.policies.testbed import SumRuns, sum_policy, sum_recipe
from core.policies.training import Recipe
from core.policies.watch import TokenRecord, watch_sums
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.entropy_mechanism._study import bandit_table
from figures.annotate import panel_letters
from figures.forms import line_with_band
from figures.render import render
from figures.statistics import mean_band
from figures.style import COLORS, DOUBLE, INK, new_figure
from theory.entropy.binary_reward import group_covariance
from theory.entropy.softmax import covariance

RIGHT = (1, 4, 7)  # of eight answers


@dataclass(frozen=True)
class Config(SumRuns):
    """Windows of the training, and the exact population."""

    rollouts: int = 100
    windows: int = 10
    states: int = 512
    answers: int = 50
    steps: int = 60
    rate: float = 2.0

    def __post_init__(self):
        super().__post_init__()
        if self.windows < 1 or self.rollouts % self.windows:
            raise ValueError(f"windows={self.windows}: must divide rollouts, {self.rollouts}")


PRESETS = {
    "smoke": Config(4, 2, 5, windows=1, states=16, steps=5),
    "laptop": Config(),
    "paper": Config(400, 32, 1000, states=4096),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Covariance by accuracy (seeds, windows, accuracies), and exactly (stages, states)."""
    at_base, at_runs, at_task = jax.random.split(key, 3)
    params = jax.jit(sum_policy, static_argnames=("width", "steps"))(at_base, width=32, steps=config.imitation)
    watched = jax.jit(watch_sums, static_argnames=("mesh", "rollouts", "rate"))
    keys = jax.random.split(at_runs, config.seeds)
    tokens = watched(params, keys, mesh=run.mesh, rollouts=config.rollouts, rate=3e-4)[1]
    sampled = jax.jit(jax.vmap(partial(_windows, config, sum_recipe()[0])))(tokens)
    return {"sampled": sampled} | jax.jit(partial(_exact, config))(at_task)


def _windows(config: Config, recipe: Recipe, tokens: TokenRecord) -> jax.Array:
    """Mean covariance of the prompts of each accuracy in each window of a run (windows, accuracies)."""
    chosen = np.array(recipe.task.decisions)

    def look(tokens: TokenRecord) -> tuple[jax.Array, jax.Array]:
        """Sum over prompts of their covariance, and their number, for each accuracy."""
        log_prob = tokens.log_prob[:, chosen].reshape(recipe.prompts, recipe.size, -1)
        advantage = tokens.advantage[:, chosen].reshape(log_prob.shape)
        by_prompt = jnp.mean((log_prob - log_prob.mean(1, keepdims=True)) * advantage, axis=(1, 2))
        right = tokens.reward.reshape(recipe.prompts, recipe.size).sum(1)
        here = right[:, None] == np.array(RIGHT)[None]
        return jnp.sum(here * by_prompt[:, None], 0), jnp.sum(here, 0)

    whole, number = (x.reshape(config.windows, -1, len(RIGHT)).sum(1) for x in jax.lax.map(look, tokens))
    return whole / number  # not a number where no prompt of the window had that accuracy


def _exact(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    """Success and covariance of each state, before and after exact ascent."""
    rewards, table = bandit_table(key, config.states, config.answers)
    climb = partial(exact_ascent, "gradient", rewards=rewards, rate=config.rate)
    later = jax.lax.fori_loop(0, config.steps, lambda _, z: climb(logits=z), table)
    tables = jnp.stack([table, later])
    success = jnp.sum(jax.nn.softmax(tables) * rewards, -1)
    advantage = (rewards - success[..., None]) / jnp.sqrt(success * (1 - success))[..., None]
    return {"success": success, "exact": covariance(tables, jax.nn.log_softmax(tables), advantage)}


def draw(config: Config, arrays: Arrays) -> Figure:
    """The exact cloud around its closed form, and the three accuracies over training."""
    figure, (left, right) = new_figure(DOUBLE, 2.5, cols=2)
    for stage, label in enumerate(("base policy", f"after {config.steps} steps")):
        left.plot(arrays["success"][stage], arrays["exact"][stage], ".", color=COLORS[stage], ms=2.5, label=label)
    p = np.linspace(1e-3, 1 - 1e-3, 400)
    for wrong, line in ((1, "--"), (config.answers - 1, "-")):
        label = f"closed form, {wrong} wrong answer{'s' * (wrong > 1)}"
        left.plot(p, group_covariance(p, 1.0 + wrong), line, color=INK, label=label, lw=0.8)
    left.set(xlabel="probability $p$ of the right answer", ylabel=r"Cov$(\log p, A)$ of a state (nats)")
    left.legend(loc="lower right")
    centres = (np.arange(config.windows) + 0.5) * config.rollouts / config.windows
    for index, count in enumerate(RIGHT):
        seen = np.isfinite(arrays["sampled"][..., index]).all(0)
        if seen.any():
            band = mean_band(arrays["sampled"][:, seen, index])
            line_with_band(
                right, centres[seen], band, f"{count} of 8 right", COLORS[index], marker="o", zorder=5 - index
            )
    right.axhline(0, color=INK, linewidth=0.6)
    right.set(xlabel="rollout", ylabel="covariance of the decision tokens (nats)")
    right.legend()
    panel_letters((left, right))
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, gaps=("sampled",))

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
