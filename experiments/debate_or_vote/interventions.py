"""Habits that break the martingale: they help a group that is right, and harm one that is wrong.

Share of right answers (top) and probability that the majority is right (bottom) after each round of debate, exactly
(lines, from the whole law of answers and counts) and measured (dots, 95 % interval), for groups that start right more
often than not (p_0 > 1/2, left) and less (right). Plain: everybody answers from its belief. Oracle: right answers are
kept, which takes somebody who knows. Conformist: who agreed with the last majority keeps its answer. Follower: with a
fixed chance an agent says what the last majority said. Without the truth from outside, a habit draws the answers
towards the first vote, and that cuts both ways; the conformists' majority never changes at all. Two answers, an odd
number of agents that hear everybody. Substitute: agents are Dirichlet beliefs, no language model is run, so that the
paper's accuracies are not reproduced, only the order of the habits.

Shows: left, conformist and follower above plain; right, below it; oracle above all on both sides.
Source: arXiv 2508.17536, its interventions (exact law derived here).
Cost: smoke 5 s, laptop 7 s, paper 1 min
Run: python -m experiments.debate_or_vote.interventions
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.dealing import over_grid
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from core.trees.debate import conformist, follower, oracle, plain, simulate_debate
from figures.annotate import small_print
from figures.render import render
from figures.statistics import NORMAL_95
from figures.style import COLORS, DOUBLE, GREY, new_figure
from theory.trees.debate import answer_accuracy, debate_law, vote_accuracy

HABITS = ("plain", "oracle", "conformist", "follower")


@dataclass(frozen=True)
class Config:
    """One column a belief p_0."""

    beliefs: tuple[float, ...] = (0.6, 0.4)
    concentration: float = 5.0
    agents: int = 5
    follow: float = 0.3
    rounds: int = 8
    replicas: int = 20_000

    def __post_init__(self) -> None:
        """Refuses votes that may tie."""
        if self.agents % 2 == 0:
            raise ValueError(f"agents: {self.agents}, must be odd")


PRESETS = {"smoke": Config(rounds=2, replicas=200), "laptop": Config(), "paper": Config(rounds=20, replicas=1_000_000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Accuracy of answers and votes, exact and measured: (beliefs, habits, rounds)."""
    return jax.jit(partial(_arrays, config, run.mesh))(key)


def _arrays(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    n, total, beliefs = config.agents, config.concentration, jnp.array(config.beliefs)
    rules = plain, oracle, conformist, follower(config.follow)
    keys = [jax.random.split(jax.random.fold_in(key, habit), len(beliefs)) for habit in range(len(HABITS))]

    def measured(place: jax.Array, habit: jax.Array) -> dict[str, jax.Array]:
        def rule(*seen: jax.Array) -> jax.Array:
            return jax.lax.switch(habit, rules, *seen)  # one simulation is compiled, not one a habit

        p, own = beliefs[place], jnp.stack(keys)[habit, place]
        weights = jnp.tile(total * jnp.stack([p, 1 - p]), (n, 1))
        seen = simulate_debate(own, jnp.ones((n, n)), weights, config.rounds, config.replicas, rule)
        share = (seen.answers == 0).mean(1)
        return {
            "measured_answers": share.mean(1),
            "answers_error": share.std(1) / config.replicas**0.5,
            "measured_votes": (seen.majority == 0).mean(1),
        }

    def exact(p: jax.Array) -> jax.Array:
        laws = [debate_law(p * total, total, n, config.rounds, habit, config.follow) for habit in HABITS]
        return jnp.stack(laws)

    law = jax.vmap(exact)(beliefs)
    seen = over_grid(mesh, measured, jnp.arange(len(beliefs)), jnp.arange(len(HABITS)))
    votes = seen["measured_votes"]
    error = jnp.sqrt(votes * (1 - votes) / config.replicas)
    return {"answers": answer_accuracy(law), "votes": vote_accuracy(law), "votes_error": error, **seen}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Answers above votes, one column a belief."""
    figure, axes = new_figure(DOUBLE, 4.2, rows=2, cols=len(config.beliefs), sharex=True, sharey="row", squeeze=False)
    rounds = np.arange(config.rounds + 1)
    for row, name in enumerate(("answers", "votes")):
        for column in range(len(config.beliefs)):
            ax = axes[row, column]
            for place, (habit, color) in enumerate(zip(HABITS, COLORS, strict=False)):
                at, shift = (column, place), 0.06 * (place - 1.5)  # so that no dot hides another
                ax.plot(rounds, arrays[name][at], color=color, label=habit)
                error = NORMAL_95 * arrays[f"{name}_error"][at]
                ax.errorbar(rounds + shift, arrays[f"measured_{name}"][at], error, fmt=".", color=color)
            ax.axhline(0.5, color=GREY, linewidth=0.4)
        axes[row, 0].set_ylabel("share of right answers" if name == "answers" else "P(majority is right)")
    for column, p in enumerate(config.beliefs):
        axes[0, column].set_title(f"$p_0={p:g}$, $A_0={config.concentration:g}$, $N={config.agents}$")
        axes[1, column].set_xlabel("round $t$")
        small_print(axes[0, column], f"bars: 95 %, {config.replicas:,} debates")
    axes[1, 0].legend(loc="center right", bbox_to_anchor=(1, 0.75), ncols=2)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
