"""One belief for all: the vote stops improving with the number of voters.

Probability that the majority of N agents is right, exactly (lines) and measured (dots, 95 % interval; the votes of
larger groups contain those of smaller ones). Independent beliefs: each agent draws its own θ from the same Beta law,
which makes votes independent, and a large group is always right. A shared belief: all agents answer from one draw of θ,
as copies of one model that see one prompt may; votes are then beta-binomial with pairwise correlation 1/(A + 1), and
accuracy saturates at P(θ > 1/2) (dotted). They are simulated without θ, as one urn that is fed its own answers, whose
draws have the same law (de Finetti). In both groups a single agent is right with probability p. Substitute: no language
model is run.

Shows: one curve to 1, the others to their dotted limits, the lower the weaker the concentration A.
Source: arXiv 2508.17536, the assumption of independent agents behind Theorem 1 (limit derived here).
Cost: smoke 3 s, laptop 6 s, paper 1 min
Run: python -m experiments.debate_or_vote.shared_belief
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
from figures.style import COLORS, INK, SINGLE, new_figure
from theory.trees.dependence import beta_binomial_limit_map, beta_binomial_map
from theory.trees.majority import majority_map


@dataclass(frozen=True)
class Config:
    """`belief` is p, the mean of θ; one curve a concentration A."""

    belief: float = 0.6
    concentrations: tuple[float, ...] = (80.0, 20.0, 5.0)
    voters: tuple[int, ...] = (1, 3, 7, 15, 31, 101, 301)
    replicas: int = 10_000

    def __post_init__(self) -> None:
        """Refuses votes that may tie."""
        if any(n % 2 == 0 for n in self.voters):
            raise ValueError(f"voters: {self.voters}, must be odd numbers")


PRESETS = {
    "smoke": Config(voters=(1, 5), replicas=200),
    "laptop": Config(),
    "paper": Config(voters=(1, 3, 7, 15, 31, 61, 101, 301, 1001), replicas=400_000),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Accuracy of the vote: (concentrations, voters) for a shared belief, (voters,) for independent ones."""
    return jax.jit(partial(_arrays, config, run.mesh))(key)


def _arrays(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    p, total, voters = config.belief, jnp.array(config.concentrations), np.array(config.voters, float)
    bias, correlation = 2 * p - 1, 1 / (total + 1)
    shared = [beta_binomial_map(n, bias, correlation) for n in config.voters]
    at, most = np.array(config.voters) - 1, max(config.voters)

    def majorities(right: jax.Array) -> jax.Array:  # (most, replicas), vote by vote
        return (2 * jnp.cumsum(right, 0)[at] > voters[:, None]).mean(1)

    def one_urn(key: jax.Array, total: jax.Array) -> jax.Array:
        weights = total * jnp.array([[p, 1 - p]])
        seen = simulate_debate(key, jnp.ones((1, 1)), weights, most - 1, config.replicas)
        return majorities(seen.answers[:, 0] == 0)

    together, alone = jax.random.split(key)
    own = jax.random.bernoulli(alone, p, (most, config.replicas))  # an own θ integrates out
    return {
        "shared": (1 + jnp.stack(shared, 1)) / 2,
        "limit": (1 + beta_binomial_limit_map(bias, correlation)) / 2,
        "independent": (1 + majority_map(voters, bias)) / 2,
        "measured": over_devices(mesh, one_urn, jax.random.split(together, total.size), total),
        "measured_independent": majorities(own),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Accuracy against the number of voters, logarithmic."""
    figure, ax = new_figure(SINGLE, 2.6)
    voters = np.array(config.voters)

    def curve(exact: np.ndarray, measured: np.ndarray, color: str, label: str) -> None:
        ax.plot(voters, exact, color=color, label=label)
        error = NORMAL_95 * np.sqrt(measured * (1 - measured) / config.replicas)
        ax.errorbar(voters, measured, error, fmt=".", color=color)

    curve(arrays["independent"], arrays["measured_independent"], INK, "independent")
    for place, (total, color) in enumerate(zip(config.concentrations, COLORS, strict=False)):
        curve(arrays["shared"][place], arrays["measured"][place], color, f"shared, $A={total:g}$")
        ax.axhline(arrays["limit"][place], color=color, linestyle=":", linewidth=0.9)
    ax.set(xscale="log", xlabel="voters $N$", ylabel="P(majority is right)", ylim=(0.5, 1.02))
    ax.legend(loc="lower right", ncols=2)
    small_print(ax, f"bars: 95 %, {config.replicas:,} votes")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
