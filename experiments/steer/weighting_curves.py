"""Weighting tokens by their estimated entropy change.

Decision entropy and reward of a tiny transformer that learns (a + b + c) mod 10 by GRPO (32 prompts x 8 answers, 4
updates a rollout, Adam 1e-3), plain and with STEER weights from three estimates: as printed, as in the released code,
and from the exact law, each with the smallest weight 0.1, and as printed with the paper's 0.7. Substitute for
Qwen2.5-Math-7B. Line: mean over seeds, which share the base policy, band: its 95 % interval.

Shows: at this size only the weights of the released code, at 0.1, slow the collapse: they end with 1.3 times as much
entropy as GRPO. The printed weights, at 0.7 and 0.1, and the exact ones do not differ from GRPO at the end.
Source: arXiv 2510.10150, released code; the exact weights are ours.
Cost: smoke 10 s, laptop 35 s
Run: python -m experiments.steer.weighting_curves
"""

import jax
import numpy as np
from matplotlib.figure import Figure

from core.policies.interventions.interface import NOTHING
from core.policies.interventions.steer import steer
from core.policies.testbed import SUM_STATIC, MethodRuns, sum_compared, sum_policy
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import panel_letters
from figures.forms import method_curves
from figures.render import render
from figures.style import DOUBLE, new_figure

METHODS = {
    "GRPO": NOTHING,
    r"printed, $\lambda_{\min}=0.7$": steer(0.7),
    r"printed, $\lambda_{\min}=0.1$": steer(0.1),
    r"released, $\lambda_{\min}=0.1$": steer(0.1, "released"),
    r"exact, $\lambda_{\min}=0.1$": steer(0.1, "exact"),
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
    """Entropy and reward."""
    figure, axes = new_figure(DOUBLE, 2.4, cols=2)
    panels = {"decision entropy (nats)": arrays["decision_entropy"], "reward": arrays["reward"]}
    method_curves(axes, np.arange(config.rollouts), panels, list(METHODS))
    axes[0].set(xlabel="rollout", yscale="log")
    axes[1].set(xlabel="rollout")
    axes[1].legend(loc="lower right")
    panel_letters(axes)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
