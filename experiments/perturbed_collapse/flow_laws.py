"""Three laws of the gradient flow: within-class share down, rescaled traces down and up.

ÑC1 = tr Σ_W / tr Σ_B, e^(2 λ_H t) tr Σ_W and e^(2 λ_H t) tr Σ_B, each over its start, along dH/dt = -K n ∇L(H) from
normal features (K = 4, n = d = 10), integrated by Runge-Kutta; for three settings of the decays, one without feature
decay, one with a common offset of the features. One start each: the laws hold for every one.

Shows: ÑC1 falls strictly, the rescaled within-class trace falls, the rescaled between-class trace rises.
Source: arXiv 2210.16658, Theorem 3.1.
Cost: smoke 2 s, laptop 4 s, paper 6 s
Run: python -m experiments.perturbed_collapse.flow_laws
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from matplotlib.figure import Figure

from core.features.proximity import feature_flow
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import panel_letters
from figures.render import render
from figures.style import DOUBLE, new_figure
from theory.collapse.proximity import class_scatter


@dataclass(frozen=True)
class Config:
    """Decays of the head and of the features, and the offset, one setting a place."""

    head_decays: tuple[float, ...] = (0.1, 1.0, 0.3)
    feature_decays: tuple[float, ...] = (0.1, 0.02, 0.0)
    offsets: tuple[float, ...] = (0.0, 3.0, 0.0)
    classes: int = 4
    per_class: int = 10
    dimension: int = 10
    duration: float = 8.0
    records: int = 200

    def __post_init__(self):
        """Refuses settings of unequal number."""
        if not len(self.head_decays) == len(self.feature_decays) == len(self.offsets):
            raise ValueError(f"head_decays: {self.head_decays}, must be as many as feature_decays and offsets")
        if min(self.head_decays) <= 0 or min(self.feature_decays) < 0:
            raise ValueError(f"head_decays: {self.head_decays}, must be positive, feature_decays >= 0")


PRESETS = {"smoke": Config(per_class=3, dimension=5, records=20), "laptop": Config(), "paper": Config(records=2000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Traces along the flow, (settings, records)."""
    return jax.jit(partial(_traces, config))(key)


def _traces(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    shape = (config.dimension, config.classes * config.per_class)
    start = jax.random.normal(key, shape)

    def follow(head, feature, offset):
        times, path = feature_flow(start + offset, config.classes, head, feature, duration=config.duration,
                                   records=config.records)  # fmt: skip
        return times, jax.vmap(lambda h: class_scatter(h, config.classes))(path)

    settings = map(jnp.array, (config.head_decays, config.feature_decays, config.offsets))
    times, scatter = jax.vmap(follow)(*settings)
    growth = jnp.exp(2 * jnp.array(config.feature_decays)[:, None] * times)
    return {"time": times[0], "within": growth * scatter.within, "between": growth * scatter.between}


def draw(config: Config, arrays: Arrays) -> Figure:
    """One panel a law."""
    figure, axes = new_figure(DOUBLE, 2.4, cols=3)
    laws = {
        r"$\widetilde{NC}_1$": arrays["within"] / arrays["between"],
        r"$e^{2\lambda_H t}\,\mathrm{tr}\,\Sigma_W$": arrays["within"],
        r"$e^{2\lambda_H t}\,\mathrm{tr}\,\Sigma_B$": arrays["between"],
    }
    for ax, values in zip(axes, laws.values(), strict=True):
        for row, (head, feature, offset) in enumerate(
            zip(config.head_decays, config.feature_decays, config.offsets, strict=True)
        ):
            label = rf"$\lambda_W={head:g},\ \lambda_H={feature:g}$" + (f", offset {offset:g}" if offset else "")
            ax.plot(arrays["time"], values[row] / values[row, 0], label=label)
        ax.set(yscale="log", xlabel="time $t$")
    axes[0].legend(loc="upper right")
    panel_letters(axes)
    for ax, name in zip(axes, laws, strict=True):
        ax.set_title(f"{name}, over its start", loc="center")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
