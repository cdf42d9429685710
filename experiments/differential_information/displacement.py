"""Why preferred answers become less likely, and what the entropy of the differential information has to do with it.

Left: mean change of log-probability of the chosen answers, ψ'(c), against where they come from, c = 0 the reference and
c = 1 the target, for random targets; dots: the Chernoff point of the two policies, where the sign turns. Right: change
of the policy's entropy against the entropy of the differential information q ∝ π*/π_ref, for targets along q ∝ π_ref^s;
two references over a few answers: all but one equally rare (dots), all but one equally likely (crosses). Exact.

Shows: left, every curve rises through its dot; right, the smoothing branch (above zero) is at high entropy of q for the
first reference and at low entropy for the second: the entropy alone does not decide.
Source: arXiv 2505.23761, likelihood displacement (its exact conditions are derived here).
Cost: smoke 1 s, laptop 2 s
Run: python -m experiments.differential_information.displacement
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.differential_information._preferences import random_policies
from figures.render import render
from figures.style import BLUE, COLORS, DOUBLE, HAIRLINE, INK, VERMILION, new_figure
from theory.entropy.softmax import entropy
from theory.short.differential_information import chernoff_place, differential_information, mean_log_ratio


@dataclass(frozen=True)
class Config:
    """`targets` over `answers` on the left; references over `few` answers on the right, one `gap` from the others."""

    targets: int = 6
    answers: int = 20
    few: int = 4
    gap: float = 4.0
    points: int = 100

    def __post_init__(self) -> None:
        """Refuses references that are uniform."""
        if not (self.few > 1 and self.gap > 0):
            raise ValueError(f"few, gap: {self.few}, {self.gap}, must be above 1 and above 0")


PRESETS = {"smoke": Config(targets=2, points=10), "laptop": Config(), "paper": Config(targets=12, points=1000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Slopes (targets, places) and their zeros; entropies (references, exponents)."""
    return jax.jit(partial(_slopes_and_entropies, config))(key)


def _slopes_and_entropies(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    places, powers = jnp.linspace(-0.25, 1.25, config.points), jnp.linspace(-0.9, 0.9, config.points)

    def one(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        pair = random_policies(key, config.answers, 2.0)
        return jax.vmap(lambda c: mean_log_ratio(*pair, c))(places), chernoff_place(*pair)

    odd = jnp.where(jnp.arange(config.few) < 1, config.gap, 0.0)
    references = jax.nn.log_softmax(jnp.stack([odd, -odd]))

    def along(reference: jax.Array, power: jax.Array) -> tuple[jax.Array, jax.Array]:
        target = jax.nn.log_softmax((1 + power) * reference)
        q = differential_information(target, reference)
        return entropy(jnp.log(q)), entropy(target) - entropy(reference)

    slopes, zeros = jax.vmap(one)(jax.random.split(key, config.targets))
    information, change = jax.vmap(jax.vmap(along, (None, 0)), (0, None))(references, powers)
    return {"places": places, "slopes": slopes, "zeros": zeros, "information": information, "change": change}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Slopes on the left, entropies on the right."""
    figure, (slope, plane) = new_figure(DOUBLE, 2.6, cols=2)
    for row in range(config.targets):
        color = COLORS[row % len(COLORS)]
        slope.plot(arrays["places"], arrays["slopes"][row], color=color)
        slope.plot(arrays["zeros"][row], 0, "o", color=color)
    slope.axhline(0, color=INK, linewidth=HAIRLINE)
    slope.set(xlabel="source $c$ of the chosen answers", ylabel=r"mean change of $\log\pi$(chosen)")
    slope.set_title("$c=0$: reference, $c=1$: target")
    for row, (name, mark, color) in enumerate((("one likely answer", ".", BLUE), ("one rare answer", "x", VERMILION))):
        plane.plot(
            arrays["information"][row], arrays["change"][row], mark, color=color, markersize=3.0, label=name, alpha=0.8
        )
    plane.axhline(0, color=INK, linewidth=HAIRLINE)
    plane.set(xlabel="entropy of the differential information", ylabel="change of the policy's entropy")
    plane.legend(loc="center left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
