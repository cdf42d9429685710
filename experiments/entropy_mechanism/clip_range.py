"""The clip range moves the entropy, whatever the reward says.

Rewards are coin tosses, so that there is nothing to learn. A tiny transformer that has learned to imitate noisy sums is
updated 16 times a rollout (32 prompts x 8 answers, Adam 1e-3), each time with other bounds [1 - ε_low, 1 + ε_high] of
the importance ratio. Line: mean over seeds, which share the base policy, band: its 95 % interval. Right: the change of
the decision entropy from the first rollout to the mean of the last five. Substitute for language models.

Shows: without a lower bound the entropy falls, and runs scatter widely; a tight bound on either side raises it from
this base by 0.1 to 0.2 nats. Over eight bases the tight lower bound holds the entropy without a rise, see the claim.
Source: arXiv 2505.22617, Section 4.5 (clip-higher); the experiment is that of arXiv 2509.26114.
Cost: smoke 7 s, laptop 17 s
Run: python -m experiments.entropy_mechanism.clip_range
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from matplotlib.figure import Figure

from core.policies.interventions.interface import NOTHING
from core.policies.testbed import SUM_STATIC, SumRuns, sum_compared, sum_policy
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import panel_letters, small_print
from figures.forms import line_with_band
from figures.render import render
from figures.statistics import mean_band
from figures.style import COLORS, DOUBLE, INK, new_figure


@dataclass(frozen=True)
class Config(SumRuns):
    """Clip ranges (ε_low, ε_high), and how often a rollout is used."""

    rollouts: int = 40
    ranges: tuple[tuple[float, float], ...] = ((0.2, 0.2), (0.05, 0.2), (1.0, 0.2), (0.2, 0.05), (0.2, 5.0))
    updates: int = 16


PRESETS = {
    "smoke": Config(3, 2, 5, ranges=((0.2, 0.2),), updates=4),
    "laptop": Config(),
    "paper": Config(200, 32, 1000),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Decision entropy (ranges, seeds, rollouts)."""
    at_base, at_runs = jax.random.split(key)
    params = jax.jit(sum_policy, static_argnames=("width", "steps"))(at_base, width=32, steps=config.imitation)
    compared, keys = jax.jit(sum_compared, static_argnames=SUM_STATIC), jax.random.split(at_runs, config.seeds)
    sizes = {"rollouts": config.rollouts, "updates": config.updates, "width": 32}
    runs = [
        compared(params, keys, (1 - low, 1 + high), True, methods=(NOTHING,), mesh=run.mesh, **sizes)
        for low, high in config.ranges
    ]
    return {"decision_entropy": jax.jit(jnp.concatenate)([found["decision_entropy"] for found in runs])}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Trajectories, and their net change."""
    figure, (left, right) = new_figure(DOUBLE, 2.4, cols=2, width_ratios=(1.5, 1))
    change = arrays["decision_entropy"][..., -5:].mean(-1) - arrays["decision_entropy"][..., 0]
    band = mean_band(change.T)
    for index, (low, high) in enumerate(config.ranges):
        label = rf"$\epsilon_{{low}}={low:g}$, $\epsilon_{{high}}={high:g}$"
        entropies = arrays["decision_entropy"][index]
        line_with_band(left, range(config.rollouts), mean_band(entropies), label, COLORS[index])
        reach = [[band.middle[index] - band.lower[index]], [band.upper[index] - band.middle[index]]]
        right.errorbar(band.middle[index], -index, xerr=reach, fmt="o", color=COLORS[index])
    left.set(xlabel="rollout", ylabel="decision entropy (nats)")
    left.legend(loc="lower left")
    right.axvline(0, color=INK, linewidth=0.6)
    names = [rf"{low:g}, {high:g}" for low, high in config.ranges]
    right.set_yticks([-i for i in range(len(names))], names)
    right.set(xlabel="change of the decision entropy (nats)", ylabel=r"$\epsilon_{low}$, $\epsilon_{high}$")
    small_print(right, band.meaning.replace("band", "bars"))
    panel_letters((left, right))
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
