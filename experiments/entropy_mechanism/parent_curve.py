"""The law R = -a e^H + b as a chord of a curve without parameters.

One right answer of probability p among K, the wrong ones equally likely, has reward R = p and entropy H = h(p) + (1 -
p) log(K - 1), whatever algorithm moves p (solid). Two fitted numbers follow it (dashed: least squares over p from 0.5
to 0.999) well for few answers and less well for many. At H = 0 the true slope is 0 and not -a. Nothing is random.

Shows: R² of 0.92 to 0.9998; at H = 0, where the law promises b - a, every dashed line misses R = 1 but that of K = 5.
Source: arXiv 2505.22617, Equation 6; the parent curve is ours.
Cost: 1 s
Run: python -m experiments.entropy_mechanism.parent_curve
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
from figures.style import COLORS, SINGLE, new_figure
from theory.entropy.reward_law import fit_law, law_reward, parent_entropy


@dataclass(frozen=True)
class Config:
    """Numbers of answers, and the range of the fit."""

    answers: tuple[int, ...] = (2, 3, 5, 10, 100)
    first: float = 0.5
    last: float = 0.999
    points: int = 400

    def __post_init__(self):
        if not 0 < self.first < self.last < 1:
            raise ValueError(f"first={self.first}, last={self.last}: must be 0 < first < last < 1")


PRESETS = {"smoke": Config(points=50), "laptop": Config(), "paper": Config(points=4000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Curves and fits (answers, points)."""
    return jax.jit(partial(_curves, config))()


def _curves(config: Config) -> dict[str, jax.Array]:
    success = jnp.linspace(config.first, config.last, config.points)

    def curve(answers: jax.Array) -> tuple[jax.Array, ...]:
        entropy = parent_entropy(success, answers)
        law = fit_law(entropy, success)
        return entropy, law_reward(law, entropy), law.slope, law.intercept, law.r2

    names = ("entropy", "fitted", "slope", "intercept", "r2")
    values = jax.vmap(curve)(np.array(config.answers, float))
    return {"success": success, **dict(zip(names, values, strict=True))}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Reward over entropy, the axis of entropy running down as training does."""
    figure, ax = new_figure(SINGLE, 2.5)
    for index, answers in enumerate(config.answers):
        color, label = COLORS[index], f"$K={answers}$, $R^2={arrays['r2'][index]:.4f}$"
        ax.plot(arrays["entropy"][index], arrays["success"], color=color, label=label)
        ax.plot(arrays["entropy"][index], arrays["fitted"][index], "--", color=color, linewidth=0.8)
    ax.invert_xaxis()
    ax.set(xlabel="entropy $H$ (nats)", ylabel="reward $R$")
    ax.legend(loc="upper left", title="dashed: $R=-a\\,e^{H}+b$", title_fontsize=7)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
