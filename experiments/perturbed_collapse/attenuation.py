"""How much of a within-class spread is taken away near collapse, and which decay does it.

Left: tr Σ_W(H) / tr Σ_W(H0) over the pull β, for features H0 at distance 1e-4 from collapse (normal displacements,
K = 4, n = 10, d = 12): dots are proximal minimisers by L-BFGS, lines the closed form. Right: the same over each decay
with the other fixed at 0.1, closed form as lines, minimisers as dots.

Shows: dots on the lines; more feature decay collapses more, more head decay collapses less.
Source: arXiv 2210.16658, Theorem 4.2 (exact within-class form derived here).
Cost: smoke 3 s, laptop 6 s, paper 15 s
Run: python -m experiments.perturbed_collapse.attenuation
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.features.proximity import proximal_features
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.render import render
from figures.style import BLUE, COLORS, DOUBLE, VERMILION, new_figure
from theory.collapse.proximity import class_scatter, collapsed_features, within_attenuation


@dataclass(frozen=True)
class Config:
    """Sizes, and how many minimisers are found along each curve."""

    pulls: tuple[float, ...] = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
    decays: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3, 0.9)
    pull: float = 3.0
    classes: int = 4
    per_class: int = 10
    dimension: int = 12
    distance: float = 1e-4

    def __post_init__(self):
        """Refuses pulls and decays that are none."""
        if min(self.pulls) <= 0 or not 0 < min(self.decays) <= max(self.decays) < 10:
            raise ValueError(f"pulls: {self.pulls}, must be positive, decays={self.decays} in (0, 10)")


PRESETS = {
    "smoke": Config(pulls=(1.0, 10.0), decays=(0.03, 0.3), per_class=3, dimension=6),
    "laptop": Config(),
    "paper": Config(
        pulls=tuple(10 ** (k / 4) for k in range(-3, 13)), decays=tuple(10 ** (k / 6) for k in range(-12, 0))
    ),
}
SETTINGS = ((0.1, 0.1), (0.5, 0.1), (0.1, 0.5))


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Found and predicted ratios along three curves of β and two of the decays."""
    return jax.jit(partial(_ratios, config))(key)


def _ratios(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    @jax.vmap
    def ratios(head, feature, pull):
        base = collapsed_features(config.dimension, config.classes, config.per_class, head, feature)
        anchor = base + config.distance * jax.random.normal(key, base.shape)
        found = proximal_features(anchor, config.classes, head, feature, pull)
        ratio = class_scatter(found, config.classes).within / class_scatter(anchor, config.classes).within
        inside = class_scatter(anchor[: config.classes], config.classes).within
        share = inside / class_scatter(anchor, config.classes).within
        return ratio, share

    pulls, decays = np.array(config.pulls), np.array(config.decays)
    rows = [(np.full_like(pulls, h), np.full_like(pulls, f), pulls) for h, f in SETTINGS]
    tenth, pull = np.full_like(decays, 0.1), np.full_like(decays, config.pull)
    rows += [(decays, tenth, pull), (tenth, decays, pull)]
    found, share = ratios(*map(np.concatenate, zip(*rows, strict=True)))
    split = len(SETTINGS) * len(pulls)
    fine = np.geomspace(pulls.min(), pulls.max(), 200)
    fine_decays = np.geomspace(decays.min(), decays.max(), 200)
    lines = [within_attenuation(h, f, fine, share[0]) for h, f in SETTINGS]
    return {
        "by_pull": found[:split].reshape(len(SETTINGS), -1),
        "by_decay": found[split:].reshape(2, -1),
        "fine_pull": fine,
        "fine_decay": fine_decays,
        "line_pull": jnp.stack(lines),
        "line_decay": jnp.stack([within_attenuation(fine_decays, 0.1, config.pull, share[0]),
                                 within_attenuation(0.1, fine_decays, config.pull, share[0])]),
    }  # fmt: skip


def draw(config: Config, arrays: Arrays) -> Figure:
    """Against the pull, and against the decays."""
    figure, (left, right) = new_figure(DOUBLE, 2.5, cols=2, sharey=True)
    for row, (head, feature) in enumerate(SETTINGS):
        left.plot(arrays["fine_pull"], arrays["line_pull"][row], color=COLORS[row],
                  label=rf"$\lambda_W={head:g},\ \lambda_H={feature:g}$")  # fmt: skip
        left.plot(config.pulls, arrays["by_pull"][row], "o", color=COLORS[row])
    left.set(xscale="log", xlabel=r"pull $\beta$", ylabel=r"$\mathrm{tr}\,\Sigma_W(H)\,/\,\mathrm{tr}\,\Sigma_W(H_0)$")
    left.legend(loc="lower right")
    for row, (name, color) in enumerate(((r"head decay $\lambda_W$", BLUE), (r"feature decay $\lambda_H$", VERMILION))):
        right.plot(arrays["fine_decay"], arrays["line_decay"][row], color=color, label=name)
        right.plot(config.decays, arrays["by_decay"][row], "o", color=color)
    right.set(xscale="log", xlabel=rf"decay, the other at 0.1, $\beta={config.pull:g}$")
    right.legend(loc="lower right")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
