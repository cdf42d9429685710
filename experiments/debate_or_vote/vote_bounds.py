"""How the vote's error falls with the number of voters, and what four bounds make of it.

Probability that the correct answer of K has no strict plurality among N independent votes: exactly (black), and bounded
above by the paper's theorem; by the same argument in the two coordinates that matter instead of all K; by Hoeffding's
inequality, and by Chernoff's, both with a union over the rivals. Each panel is one K with the same lead Δ of the
correct answer over rivals that are all alike. All four bounds are valid; the paper's says nothing (1) until N > K/Δ²,
and only Chernoff's falls at the rate of the exact error. Nothing here is random.

Shows: exact below Chernoff below Hoeffding below two coordinates below the paper's; the last gap widens with K.
Source: arXiv 2508.17536, Theorem 1 (re-derived; the other three bounds are added here).
Cost: smoke 3 s, laptop 10 s, paper 1 min
Run: python -m experiments.debate_or_vote.vote_bounds
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.render import render
from figures.style import BLUE, DOUBLE, GREEN, INK, ORANGE, VERMILION, new_figure
from theory.trees.plurality import plurality_exact, vote_bounds

BOUNDS = {
    "paper": (VERMILION, "paper"),
    "two_coordinates": (ORANGE, "two coordinates"),
    "hoeffding": (GREEN, "Hoeffding"),
    "chernoff": (BLUE, "Chernoff"),
}


@dataclass(frozen=True)
class Config:
    """One panel a number of answers K."""

    answers: tuple[int, ...] = (2, 3, 4, 5)
    lead: float = 0.3
    voters: tuple[int, ...] = (3, 9, 17, 33, 49, 65, 81, 101)
    most_voters: int = 200

    def __post_init__(self) -> None:
        """Refuses leads that no probabilities have."""
        if not 0 < self.lead < 1 or min(self.answers) < 2:
            raise ValueError(f"lead, answers: {self.lead}, {self.answers}, must lie in (0, 1) and be 2 or more")


PRESETS = {
    "smoke": Config(answers=(2, 3), voters=(3, 9), most_voters=40),
    "laptop": Config(),
    "paper": Config(voters=(3, 9, 17, 33, 49, 65, 81, 101, 151, 201), most_voters=400),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Exact error (answers, voters) and bounds (answers, 1..most_voters)."""
    return jax.jit(partial(_arrays, config))()


def _arrays(config: Config) -> dict[str, jax.Array]:
    most, grid = max(config.answers), np.arange(1.0, config.most_voters + 1)
    rows = [
        np.array([1 + (k - 1) * config.lead] + [1 - config.lead] * (k - 1)) / k for k in config.answers
    ]  # the correct answer leads each of k - 1 equal rivals
    padded = np.stack([np.pad(theta, (0, most - theta.size)) for theta in rows])  # nobody gives the other answers
    exact = [1 - jax.vmap(lambda t, n=n: plurality_exact(t, n).strict)(padded) for n in config.voters]
    bounds = [jax.vmap(vote_bounds, (None, 0))(theta, grid) for theta in rows]
    return {
        "voters": grid,
        "exact": jnp.stack(exact, 1),
        **{name: jnp.stack([getattr(b, name) for b in bounds]) for name in BOUNDS},
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """One panel a number of answers, logarithmic in the error."""
    figure, axes = new_figure(DOUBLE, 2.3, cols=len(config.answers), sharey=True, squeeze=False)
    for panel, (ax, k) in enumerate(zip(axes[0], config.answers, strict=True)):
        for name, (color, label) in BOUNDS.items():
            ax.plot(arrays["voters"], arrays[name][panel], color=color, label=label)
        ax.plot(config.voters, arrays["exact"][panel], ".", color=INK, label="exact")
        ax.set(yscale="log", xlabel="voters $N$", title=f"$K={k}$ answers", ylim=(1e-6, 2))
    axes[0, 0].set(ylabel="P(no plurality for the correct answer)")
    axes[0, 0].legend(loc="lower left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
