"""Clip-Cov and KL-Cov against the collapse, and one curve for all of them.

Decision entropy and reward of a tiny transformer that learns (a + b + c) mod 10 by GRPO (32 prompts x 8 answers, 4
updates a rollout, Adam 1e-3), plain, with a raised upper clip bound, and with the two covariance controls.
Substitute: the paper trains 7B and 32B models; its shares (2e-4 of the tokens) would pick no token here, so they are
raised about a hundredfold. Line: mean over seeds, which share the base policy, band: its 95 % interval. Right: all
methods, reward against entropy, one dot a rollout (mean over seeds). Black, no fit: right with probability p at each
of the two sums, wrong evenly, R = p² + (1 - p)²/9, H = h(p) + (1 - p) log 9: what the base policy was taught.

Shows: GRPO, clip-higher and KL-Cov with β = 1 fall below a tenth of the start; Clip-Cov and KL-Cov with β = 3 keep
more than twice GRPO's entropy and pay with reward; the (H, R) points of all methods lie along the black curve.
Source: arXiv 2505.22617, Figures 1, 11 and 12, Clip-Cov and KL-Cov.
Cost: smoke 8 s, laptop 35 s
Run: python -m experiments.entropy_mechanism.covariance_controls
"""

import jax
import numpy as np
from matplotlib.figure import Figure

from core.policies.interventions.clip_bounds import clip_bounds
from core.policies.interventions.clip_covariance import clip_covariance
from core.policies.interventions.interface import NOTHING
from core.policies.interventions.kl_covariance import kl_covariance
from core.policies.testbed import SUM_STATIC, MethodRuns, sum_compared, sum_policy
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.entropy_mechanism._study import taught_curve
from figures.annotate import panel_letters
from figures.forms import method_curves
from figures.render import render
from figures.style import COLORS, DOUBLE, INK, new_figure

METHODS = {
    "GRPO": NOTHING,
    "clip-higher 0.28": clip_bounds(0.2, 0.28),
    "Clip-Cov, $r=0.1$": clip_covariance(0.1, (0.5, 50.0)),
    r"KL-Cov, $k=0.2$, $\beta=1$": kl_covariance(0.2, 1.0),
    r"KL-Cov, $k=0.2$, $\beta=3$": kl_covariance(0.2, 3.0),
}


PRESETS = {"smoke": MethodRuns(3, 2, 5, methods=1), "laptop": MethodRuns(), "paper": MethodRuns(400, 32, 1000)}


def compute(config: MethodRuns, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Reports (methods, seeds, rollouts)."""
    at_base, at_runs = jax.random.split(key)
    params = jax.jit(sum_policy, static_argnames=("width", "steps"))(at_base, width=32, steps=config.imitation)
    compared = jax.jit(sum_compared, static_argnames=SUM_STATIC)
    chosen, keys = tuple(METHODS.values())[: config.methods], jax.random.split(at_runs, config.seeds)
    told = {"methods": chosen, "mesh": run.mesh, "rollouts": config.rollouts, "updates": 4, "width": 32}
    return compared(params, keys, (0.8, 1.2), False, **told)


def draw(config: MethodRuns, arrays: Arrays) -> Figure:
    """Entropy, reward, and reward over entropy."""
    figure, axes = new_figure(DOUBLE, 2.3, cols=3)
    panels = {"decision entropy (nats)": arrays["decision_entropy"], "reward": arrays["reward"]}
    method_curves(axes[:2], np.arange(config.rollouts), panels, list(METHODS))
    for color, h, r in zip(COLORS, *(samples.mean(1) for samples in panels.values()), strict=False):
        axes[2].plot(h, r, ".", color=color, markersize=2.5)
    axes[0].set(xlabel="rollout", yscale="log")
    axes[1].set(xlabel="rollout")
    axes[1].legend(loc="lower right")
    axes[2].plot(*taught_curve(), color=INK, linewidth=0.8, label="taught family, no fit", zorder=1)
    axes[2].legend(loc="lower right")
    axes[2].invert_xaxis()
    axes[2].set(xlabel="decision entropy (nats)", ylabel="reward")
    panel_letters(axes)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
