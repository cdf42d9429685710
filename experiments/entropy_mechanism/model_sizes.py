"""Reward against entropy for three sizes of model.

A tiny transformer of width 16, 24 or 32 imitates noisy sums, then learns (a + b + c) mod 10 by GRPO (32 prompts x 8
answers, 4 updates a rollout, Adam 1e-3); substitute for the models from 0.5B to 32B. Left: reward over decision
entropy, one dot a rollout, mean over seeds, which share the base policy of their size. Black, no fit: the family that
the base policies were taught, right with probability p at each of the two sums and wrong evenly, R = p² + (1 - p)²/9,
H = h(p) + (1 - p) log 9. Dashed: R = -a e^H + b fitted to all rollouts of a size. Right: reward over training (band:
95 % interval of the mean over seeds) and what the fit to the first 15 % of the rollouts makes of the entropy (dotted).

Shows: width 32 runs along the black curve; the narrower, whose bases imitate less well in as many steps (rewards 0.29
and 0.43, not 0.49), run below it, with a smaller a. The fit to the first 15 % falls short of the later rewards by 0.13,
0.08 and 0.06 r.m.s., where the paper foretells them to 0.01.
Source: arXiv 2505.22617, Figures 1 right, 3, 5 and 7; the black curve is ours.
Cost: smoke 8 s, laptop 45 s
Run: python -m experiments.entropy_mechanism.model_sizes
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.policies.interventions.interface import NOTHING
from core.policies.testbed import SUM_STATIC, SumRuns, sum_compared, sum_policy
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.entropy_mechanism._study import taught_curve
from figures.annotate import panel_letters, small_print
from figures.forms import line_with_band
from figures.render import render
from figures.statistics import mean_band
from figures.style import COLORS, DOUBLE, INK, new_figure
from theory.entropy.reward_law import fit_law, law_reward


@dataclass(frozen=True)
class Config(SumRuns):
    """Widths of the transformer."""

    rollouts: int = 40
    widths: tuple[int, ...] = (16, 24, 32)


PRESETS = {
    "smoke": Config(3, 2, 5, widths=(32,)),
    "laptop": Config(),
    "paper": Config(400, 32, 1000),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Decision entropy and reward (widths, seeds, rollouts), and the fits to all and to the first rollouts."""
    at_base, at_runs = jax.random.split(key)
    keys = jax.random.split(at_runs, config.seeds)

    def reports(width: int) -> dict[str, jax.Array]:
        params = jax.jit(sum_policy, static_argnames=("width", "steps"))(at_base, width=width, steps=config.imitation)
        compared = jax.jit(sum_compared, static_argnames=SUM_STATIC)
        told = {"methods": (NOTHING,), "mesh": run.mesh, "rollouts": config.rollouts, "updates": 4, "width": width}
        return compared(params, keys, (0.8, 1.2), False, **told)

    return jax.jit(partial(_fits, config))([reports(width) for width in config.widths])


def _fits(config: Config, found: list[dict[str, jax.Array]]) -> dict[str, jax.Array]:
    entropy, reward = (jnp.concatenate([each[name] for each in found]) for name in ("decision_entropy", "reward"))
    early = max(2, config.rollouts * 15 // 100)
    whole, first = (
        jax.vmap(fit_law)(entropy.mean(1)[:, :stop], reward.mean(1)[:, :stop]) for stop in (config.rollouts, early)
    )
    fits = {"fitted": whole, "foretold": first}
    lines = {name: jax.vmap(law_reward)(law, entropy.mean(1)) for name, law in fits.items()}
    return {"entropy": entropy, "reward": reward, "r2": whole.r2, "slope": whole.slope} | lines


def draw(config: Config, arrays: Arrays) -> Figure:
    """Reward over entropy, and the prediction from the first rollouts."""
    figure, (left, right) = new_figure(DOUBLE, 2.6, cols=2)
    left.plot(*taught_curve(), color=INK, linewidth=0.8, label="taught family, no fit", zorder=1)
    early = max(2, config.rollouts * 15 // 100)
    for index, width in enumerate(config.widths):
        h, r, color = arrays["entropy"][index].mean(0), arrays["reward"][index].mean(0), COLORS[index]
        label = rf"width {width}, $a={arrays['slope'][index]:.2f}$, $R^2={arrays['r2'][index]:.3f}$"
        left.plot(h, r, ".", color=color, label=label)
        left.plot(h, arrays["fitted"][index], "--", color=color, linewidth=0.8)
        rollouts = np.arange(config.rollouts)
        line_with_band(right, rollouts, mean_band(arrays["reward"][index]), color=color)
        right.plot(rollouts[early:], arrays["foretold"][index][early:], ":", color=color)
    left.invert_xaxis()
    left.set(xlabel="decision entropy (nats)", ylabel="reward")
    left.legend(loc="lower right")
    right.axvspan(0, early, color="0.9", lw=0, zorder=0)
    right.set(xlabel="rollout, colours as in a", ylabel="reward")
    small_print(right, "dotted: foretold from the grey part")
    panel_letters((left, right))
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
