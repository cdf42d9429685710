"""How a minimiser near collapse answers a displacement: the spectrum of one class's block.

Singular values, falling, of the diagonal block F_kk of the map δH = F δH0 at the collapsed minimiser, for several
feature decays, from the Hessian by automatic differentiation (β = 100, K = 4, n = d = 10, λ_W = √2, as in the paper's
Figure 1). Dashed: 1, 1/(1 + λ_H/β) and 1/(1 + √(λ_H/λ_W)/β), exact; dotted: 1 - √(λ_H/λ_W)/β, the paper's first
order. Exact, nothing random.

Shows: three plateaus, of d - K, (n-1)(d-K) and (n-1)K values, at the predicted heights; all sink as λ_H grows.
Source: arXiv 2210.16658, Figure 1 and Theorem 4.2 (exact levels derived here).
Cost: smoke 2 s, laptop 5 s, paper 5 s
Run: python -m experiments.perturbed_collapse.map_spectrum
"""

import math
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import direct_labels, small_print
from figures.render import render
from figures.style import COLORS, DOUBLE, INK, new_figure
from theory.collapse.proximity import collapse_map, collapsed_features, near_collapse_levels


@dataclass(frozen=True)
class Config:
    """Sizes and decays; λ_W λ_H < 1."""

    feature_decays: tuple[float, ...] = (0.001, 0.1, 0.5)
    head_decay: float = math.sqrt(2)
    pull: float = 100.0
    classes: int = 4
    per_class: int = 10
    dimension: int = 10

    def __post_init__(self):
        """Refuses decays without a collapsed minimiser."""
        if not 0 < min(self.feature_decays) <= max(self.feature_decays) < 1 / self.head_decay:
            raise ValueError(f"feature_decays: {self.feature_decays}, must lie in (0, {1 / self.head_decay:g})")


PRESETS = {"smoke": Config(feature_decays=(0.1,), per_class=3, dimension=5), "laptop": Config(), "paper": Config()}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Singular values of a diagonal block and of an off-diagonal one, (decays, n d)."""
    return jax.jit(partial(_spectra, config))()


def _spectra(config: Config) -> dict[str, jax.Array]:
    n, size = config.per_class, config.per_class * config.dimension

    def spectra(feature):
        features = collapsed_features(config.dimension, config.classes, n, config.head_decay, feature)
        answer = collapse_map(features, config.classes, config.head_decay, feature, config.pull)
        blocks = answer[:n, :, :n, :].reshape(size, size), answer[:n, :, n : 2 * n, :].reshape(size, size)
        return tuple(jnp.linalg.svd(block, compute_uv=False) for block in blocks)

    own, other = jax.lax.map(spectra, jnp.array(config.feature_decays))
    return {"own": own, "other": other}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Both blocks."""
    figure, (left, right) = new_figure(DOUBLE, 2.5, cols=2, width_ratios=(2, 1))
    index = np.arange(1, arrays["own"].shape[1] + 1)
    for color, feature, values in zip(COLORS, config.feature_decays, arrays["own"], strict=False):
        left.plot(index, values, ".", color=color, markersize=3)
        ratio = math.sqrt(feature / config.head_decay)
        line = left.plot([1, index[-1]], [1 / (1 + ratio / config.pull)] * 2, "--", color=color, linewidth=0.75)
        line[0].set_label(rf"$\lambda_H={feature:g}$")
        left.axhline(1 / (1 + feature / config.pull), linestyle="--", color=color, linewidth=0.75)
        first_order, cross = near_collapse_levels(config.head_decay, feature, config.pull)
        left.axhline(float(first_order), linestyle=":", color=color, linewidth=0.9)
    left.axhline(1, linestyle="--", color=INK, linewidth=0.75)
    left.set(xlabel="index", ylabel="singular value of $F_{kk}$")
    direct_labels(left, [line for line in left.lines if not str(line.get_label()).startswith("_")])
    for color, feature, values in zip(COLORS, config.feature_decays, arrays["other"], strict=False):
        cross = float(near_collapse_levels(config.head_decay, feature, config.pull)[1])
        right.plot(feature, values[0], "o", color=color)
        right.plot(feature, max(values[1], 1e-20), "v", color=color, markerfacecolor="white")
        right.plot(feature, cross, "_", color=INK, markersize=10)
    right.set(xscale="log", yscale="log", xlabel=r"feature decay $\lambda_H$", ylabel="singular value of $F_{kk'}$")
    small_print(right, "dot first, triangle second, bar predicted")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
