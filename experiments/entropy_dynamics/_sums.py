"""What the two comparisons of this paper have in common: runs on the tiny transformer, and three panels."""

from collections.abc import Mapping

import jax
import numpy as np
from matplotlib.figure import Figure

from core.policies.interventions.interface import Intervention
from core.policies.testbed import SUM_STATIC, MethodRuns, sum_compared, sum_policy
from core.run.experiment import Arrays, Run
from figures.annotate import panel_letters
from figures.forms import method_curves
from figures.style import DOUBLE, new_figure

PRESETS = {"smoke": MethodRuns(3, 2, 5, methods=1), "laptop": MethodRuns(), "paper": MethodRuns(400, 32, 1000)}


def reports(methods: Mapping[str, Intervention], config: MethodRuns, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Reports (methods, seeds, rollouts)."""
    at_base, at_runs = jax.random.split(key)
    params = jax.jit(sum_policy, static_argnames=("width", "steps"))(at_base, width=32, steps=config.imitation)
    compared = jax.jit(sum_compared, static_argnames=SUM_STATIC)
    chosen, keys = tuple(methods.values())[: config.methods], jax.random.split(at_runs, config.seeds)
    told = {"methods": chosen, "mesh": run.mesh, "rollouts": config.rollouts, "updates": 4, "width": 32}
    return compared(params, keys, (0.8, 1.2), False, **told)


def curves(methods: Mapping[str, Intervention], config: MethodRuns, arrays: Arrays, touched: str) -> Figure:
    """Entropy, reward, and the share of tokens that the methods touched, in the caller's word."""
    figure, axes = new_figure(DOUBLE, 2.3, cols=3)
    panels = {"decision entropy (nats)": "decision_entropy", "reward": "reward", f"tokens {touched} (share)": "touched"}
    samples = {label: arrays[name] for label, name in panels.items()}
    method_curves(axes, np.arange(config.rollouts), samples, list(methods))
    for ax in axes:
        ax.set_xlabel("rollout")
    axes[0].set_yscale("log")
    axes[1].legend(loc="lower right")
    panel_letters(axes)
    return figure
