"""A debate with a small bias towards the truth: the martingale becomes a drift of known size.

After the first round every answer is the truth with chance ε and otherwise drawn from the agent's belief, as a tool or
a checker that is consulted now and then would have it. Left: one minus the mean belief, which then falls as
(1 - p_0) Π_{s=2}^t (1 - ε N/A_s), A_s = A_0 + N s, so like t^(-ε) in the end (lines exact, dots measured with 95 %
interval; ε = 0 is the martingale). Right: the probability that the majority is right, from the exact law and measured.
Beliefs learn slowly, because all that was said before stays in the urn. Substitute: agents are Dirichlet beliefs that
hear everybody, no language model is run.

Shows: left, a flat line at ε = 0 and power laws below it; right, a vote that debate improves as soon as ε is not tiny.
Source: arXiv 2508.17536, biased belief updates (rate derived here).
Cost: smoke 4 s, laptop 6 s, paper 1 min
Run: python -m experiments.debate_or_vote.biased_drift
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
from core.trees.debate import Answers, Chosen, Rule, simulate_debate
from figures.annotate import small_print
from figures.render import render
from figures.statistics import NORMAL_95
from figures.style import COLORS, DOUBLE, new_figure
from theory.trees.debate import debate_law, vote_accuracy


@dataclass(frozen=True)
class Config:
    """One curve a bias ε."""

    biases: tuple[float, ...] = (0.0, 0.05, 0.1, 0.3)
    belief: float = 0.6
    concentration: float = 5.0
    agents: int = 5
    rounds: int = 40
    replicas: int = 8_000

    def __post_init__(self) -> None:
        """Refuses votes that may tie, and biases that are no chance."""
        if self.agents % 2 == 0:
            raise ValueError(f"agents: {self.agents}, must be odd")
        if not all(0 <= bias <= 1 for bias in self.biases):
            raise ValueError(f"biases: {self.biases}, must lie in 0..1")


PRESETS = {"smoke": Config(rounds=4, replicas=200), "laptop": Config(), "paper": Config(rounds=200, replicas=100_000)}


def biased(chance: jax.Array) -> Rule:
    """The truth with this chance, else as drawn."""

    def rule(key: jax.Array, drawn: Answers, last: Answers, majority: Chosen) -> Answers:
        return jnp.where(jax.random.bernoulli(key, chance, drawn.shape), 0, drawn)

    return rule


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Distrust 1 - p_t and vote accuracy, exact and measured: (biases, rounds)."""
    return jax.jit(partial(_arrays, config, run.mesh))(key)


def _arrays(config: Config, mesh: Mesh, key: jax.Array) -> dict[str, jax.Array]:
    n, total, p = config.agents, config.concentration, config.belief
    weights, root = jnp.tile(total * jnp.array([p, 1 - p]), (n, 1)), config.replicas**0.5
    heard = total + n * jnp.arange(2.0, config.rounds + 1)  # A_2 .. A_T

    def measure(key: jax.Array, bias: jax.Array) -> dict[str, jax.Array]:
        seen = simulate_debate(key, jnp.ones((n, n)), weights, config.rounds, config.replicas, biased(bias))
        left = jnp.cumprod(1 - bias * n / heard)
        return {
            "distrust": (1 - p) * jnp.concatenate([jnp.ones(2), left]),
            "votes": vote_accuracy(debate_law(p * total, total, n, config.rounds, "biased", bias)),
            "measured_distrust": 1 - seen.belief[:, 0].mean(1),
            "distrust_error": seen.belief[:, 0].std(1) / root,
            "measured_votes": (seen.majority == 0).mean(1),
        }

    keys = jax.random.split(key, len(config.biases))
    each = over_devices(mesh, measure, keys, jnp.array(config.biases))
    votes = each["measured_votes"]
    return each | {"votes_error": jnp.sqrt(votes * (1 - votes)) / root}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Belief on the left, vote on the right."""
    figure, axes = new_figure(DOUBLE, 2.6, cols=2)
    rounds = np.arange(config.rounds + 1)
    for ax, name in zip(axes, ("distrust", "votes"), strict=True):
        for curve, (bias, color) in enumerate(zip(config.biases, COLORS, strict=False)):
            ax.plot(rounds, arrays[name][curve], color=color, label=rf"$\varepsilon={bias:g}$")
            error = NORMAL_95 * arrays[f"{name}_error"][curve]
            ax.errorbar(rounds, arrays[f"measured_{name}"][curve], error, fmt=".", ms=2, color=color)
        ax.set(xlabel="round $t$")
    axes[0].set(xscale="log", yscale="log", ylabel="$1-$ mean belief in the correct answer", xlim=(1, config.rounds))
    axes[0].set_yticks((0.2, 0.3, 0.4), ("0.2", "0.3", "0.4"))
    axes[0].yaxis.set_minor_formatter("")
    axes[0].set_title(f"$p_0={config.belief:g}$, $A_0={config.concentration:g}$, $N={config.agents}$")
    axes[1].set(ylabel="P(majority is right)", ylim=(None, 1.01))
    axes[0].legend(loc="lower left")
    small_print(axes[1], f"bars: 95 %, {config.replicas:,} debates")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
