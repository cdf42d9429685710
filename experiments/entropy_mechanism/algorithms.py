"""Nearly one curve for all algorithms.

Left: mean reward against mean entropy of 256 bandits under exact ascent (no sampling, no noise): policy gradient (-),
group-normalised gradient (--) and natural gradient (··), from base policies of three spreads τ. Right: the fit R =
-a e^H + b to each of the nine runs. Substitute for GRPO, RLOO, PRIME and REINFORCE++ on language models.

Shows: the base policy moves a fivefold, the algorithm by 11 % at most; at equal entropy the plain gradient has up to
0.07 less reward than the others, so that one curve for all is an approximation (R² of a fit 0.95 to 0.999).
Source: arXiv 2505.22617, Figures 6 and 7.
Cost: 4 s
Run: python -m experiments.entropy_mechanism.algorithms
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.policies.tabular import exact_ascent
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.entropy_mechanism._study import bandit_table
from figures.render import render
from figures.style import COLORS, DOUBLE, new_figure
from theory.entropy.reward_law import fit_law
from theory.entropy.softmax import entropy

RATES = {"gradient": 2.0, "group": 0.5, "natural": 0.05}
LINES = ("-", "--", ":")


@dataclass(frozen=True)
class Config:
    """Spreads of the base policy, and the population."""

    spreads: tuple[float, ...] = (0.5, 1.5, 3.0)
    states: int = 256
    answers: int = 20
    steps: int = 600


PRESETS = {"smoke": Config(states=16, steps=50), "laptop": Config(), "paper": Config(states=4096, steps=2000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Paths (spreads, algorithms, steps) and fitted coefficients."""
    return jax.jit(partial(_paths, config))(key)


def _paths(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    def path(kind: str, table: jax.Array, rewards: jax.Array) -> tuple[jax.Array, ...]:
        def step(logits, _):
            point = entropy(logits).mean(), jnp.sum(jax.nn.softmax(logits) * rewards, -1).mean()
            return exact_ascent(kind, logits, rewards, RATES[kind]), point

        h, r = jax.lax.scan(step, table, length=config.steps)[1]
        return h, r, *fit_law(h, r)

    def of_spread(spread: jax.Array) -> list[jax.Array]:
        rewards, table = bandit_table(key, config.states, config.answers, spread=spread)
        return [jnp.stack(values) for values in zip(*(path(kind, table, rewards) for kind in RATES), strict=True)]

    names = ("entropy", "reward", "slope", "intercept", "r2")
    return dict(zip(names, jax.lax.map(of_spread, np.array(config.spreads, np.float32)), strict=True))


def draw(config: Config, arrays: Arrays) -> Figure:
    """The paths, and the coefficients beside them."""
    figure, (left, right) = new_figure(DOUBLE, 2.5, cols=2, width_ratios=(1.3, 1))
    for index, spread in enumerate(config.spreads):
        for which, (line, marker) in enumerate(zip(LINES, "os^", strict=True)):
            at, name = (index, which), rf"$\tau={spread:g}$" if which == 0 else None
            left.plot(arrays["entropy"][at], arrays["reward"][at], line, color=COLORS[index], label=name)
            right.plot(arrays["slope"][at], arrays["intercept"][at], marker, color=COLORS[index])
    left.invert_xaxis()
    left.set(xlabel="mean entropy $H$ (nats)", ylabel="mean reward $R$")
    for line, marker, kind in zip(LINES, "os^", RATES, strict=True):
        left.plot([], [], line, color="0.4", label=kind)
        right.plot([], [], marker, color="0.4", label=kind)
    left.legend(loc="lower right", ncols=2)
    right.set(xlabel="fitted $a$", ylabel="fitted $b$", title=r"$R=-a\,e^{H}+b$")
    right.legend()
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
