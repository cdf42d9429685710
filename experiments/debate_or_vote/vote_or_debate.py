"""What rounds of debate do to the majority vote: less where agents are good, more where they are bad.

What t rounds of debate add to the probability that the majority of N agents is right, over a vote without debate:
exactly (lines, from the law of the shared urn) and measured (dots; 95 % interval of the difference within the same
debates, so that dots of one colour err together), for agents whose belief in the correct answer starts at p_0, with
weak and with firm opinions (concentration A_0). Legend: P(majority is right) without debate and in the last round. The
share of correct answers stays p_0 in the mean throughout. The vote moves towards it: debating makes the voters alike,
and alike voters are worth less. That it does so in every round is seen in every case tried and proved in none.
Substitute: agents are Dirichlet beliefs that hear everybody, no language model is run.

Shows: below zero where p_0 > 1/2, above zero where p_0 < 1/2, more so for weak opinions and many agents.
Source: arXiv 2508.17536, Theorem 2 and the comparison of vote and debate (exact law derived here).
Cost: smoke 4 s, laptop 6 s, paper 2 min
Run: python -m experiments.debate_or_vote.vote_or_debate
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
from figures.style import BLUE, DOUBLE, GREY, VERMILION, new_figure
from theory.trees.urn import debate_then_vote


@dataclass(frozen=True)
class Config:
    """One panel a group size; one curve a pair of belief p_0 and concentration A_0."""

    agents: tuple[int, ...] = (5, 15)
    beliefs: tuple[float, ...] = (0.6, 0.4)
    concentrations: tuple[float, ...] = (5.0, 50.0)
    rounds: int = 10
    replicas: int = 20_000

    def __post_init__(self) -> None:
        """Refuses votes that may tie."""
        if any(n % 2 == 0 for n in self.agents):
            raise ValueError(f"agents: {self.agents}, must be odd numbers")


PRESETS = {
    "smoke": Config(agents=(3,), rounds=3, replicas=200),
    "laptop": Config(),
    "paper": Config(agents=(5, 15, 45), rounds=20, replicas=400_000),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Vote accuracy by round and its gain, measured: (group sizes, beliefs, concentrations, rounds)."""
    return jax.jit(partial(_arrays, config, run.mesh))(key)


def _arrays(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    belief, total = (jnp.asarray(x.ravel()) for x in np.meshgrid(config.beliefs, config.concentrations))

    def both(key: jax.Array, p: jax.Array, total: jax.Array, n: int) -> tuple[jax.Array, ...]:
        weights = jnp.tile(total * jnp.stack([p, 1 - p]), (n, 1))
        votes = simulate_debate(key, jnp.ones((n, n)), weights, config.rounds, config.replicas).majority
        gain = (votes == 0) * 1.0 - (votes[0] == 0)
        return debate_then_vote(p * total, total, n, config.rounds), gain.mean(1), gain.std(1) / config.replicas**0.5

    by_size = []
    for n in config.agents:
        keys = jax.random.split(jax.random.fold_in(key, n), len(belief))
        by_size.append(over_devices(mesh, partial(both, n=n), keys, belief, total))
    shape = (len(config.agents), len(config.concentrations), len(config.beliefs), config.rounds + 1)
    exact, gain, error = (jnp.stack(part).reshape(shape).swapaxes(1, 2) for part in zip(*by_size, strict=True))
    return {"exact": exact, "gain": gain, "gain_error": error}


def draw(config: Config, arrays: Arrays) -> Figure:
    """One panel a group size."""
    figure, axes = new_figure(DOUBLE, 2.7, cols=len(config.agents), sharey=True, squeeze=False)
    rounds = np.arange(config.rounds + 1)
    for panel, (ax, n) in enumerate(zip(axes[0], config.agents, strict=True)):
        for place, (p, color) in enumerate(zip(config.beliefs, (BLUE, VERMILION), strict=False)):
            for which, (total, dashes) in enumerate(zip(config.concentrations, ("-", "--", "-."), strict=False)):
                at = (panel, place, which)
                exact, error = arrays["exact"][at], NORMAL_95 * arrays["gain_error"][at]
                words = f"$p_0={p:g}$, $A_0={total:g}$: {exact[0]:.3f} to {exact[-1]:.3f}"
                ax.plot(rounds, exact - exact[0], dashes, color=color, label=words)
                ax.errorbar(rounds, arrays["gain"][at], error, fmt=".", color=color)
        ax.axhline(0, color=GREY, linewidth=0.6)
        ax.set(xlabel="rounds $t$ of debate before the vote", title=f"$N={n}$ agents")
        ax.legend(loc="lower right")
        small_print(ax, f"bars: 95 %, {config.replicas:,} debates")
    axes[0, 0].set(ylabel="P(majority is right), gain by debate", ylim=(-0.17, 0.09))
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
