"""A tie to the features below never stops collapse; near collapse the answer is linear.

Left: ÑC1 after one proximal step over ÑC1 before, against the pull β, from normal features (K = 4, n = 6, d = 8;
median and range of seeds), for decays 0.1 and for no feature decay. Right: relative error of the linear map
δH = F δH0 against the size of the displacement from a collapsed minimiser, by seed; the dashed slope is 1.

Shows: the ratio stays below 1 and approaches it as 1/β; the linear map's relative error is of first order.
Source: arXiv 2210.16658, Corollary 3.2 and Theorem 4.1.
Cost: smoke 3 s, laptop 8 s, paper 20 s
Run: python -m experiments.perturbed_collapse.proximal_steps
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.draws import normal
from core.features.proximity import proximal_features
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.forms import line_with_band, order_plot
from figures.render import render
from figures.style import DOUBLE, GREY, new_figure
from theory.collapse.proximity import class_scatter, collapse_map, collapsed_features


@dataclass(frozen=True)
class Config:
    """Pulls, displacements and seeds."""

    pulls: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0, 10.0, 100.0, 1000.0)
    displacements: tuple[float, ...] = (0.1, 0.03, 0.01, 0.003, 0.001)
    classes: int = 4
    per_class: int = 6
    dimension: int = 8
    seeds: int = 8
    linear_pull: float = 5.0

    def __post_init__(self):
        """Refuses pulls that are none."""
        if min(self.pulls) <= 0 or len(self.displacements) < 2:
            raise ValueError(f"pulls: {self.pulls}, must be positive, displacements two or more")


PRESETS = {
    "smoke": Config(pulls=(1.0, 10.0), displacements=(0.1, 0.01), per_class=2, dimension=4, seeds=2),
    "laptop": Config(),
    "paper": Config(per_class=10, dimension=10, seeds=40),
}
SETTINGS = ((0.1, 0.1), (0.1, 0.0))


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Ratios (settings, seeds, pulls) and errors (displacements, seeds)."""
    return jax.jit(partial(_answers, config))(key)


def _answers(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    shape = (config.dimension, config.classes * config.per_class)
    draws = jax.vmap(lambda key: normal(key, shape))(jax.random.split(key, config.seeds))
    base = collapsed_features(config.dimension, config.classes, config.per_class, 0.1, 0.1)
    shifts = (jnp.array(config.displacements)[:, None, None, None] * draws).reshape(-1, *shape)

    # one program for both panels: the draws, at each setting and pull, and what lies near collapse
    grid = (len(SETTINGS), config.seeds, len(config.pulls))
    setting, seed, pull = (place.ravel() for place in np.indices(grid))
    random = np.column_stack([np.array(SETTINGS)[setting], np.array(config.pulls)[pull]])
    near = np.tile([0.1, 0.1, config.linear_pull], (len(shifts), 1))
    anchors = jnp.concatenate([draws[seed], base + shifts])
    after = jax.vmap(lambda anchor, each: proximal_features(anchor, config.classes, *each))(
        anchors, np.concatenate([random, near])
    )

    def share(features):
        scatter = class_scatter(features, config.classes)
        return scatter.within / scatter.between

    ratios = jax.vmap(share)(after[: len(random)]) / jax.vmap(share)(draws)[seed]
    linear = collapse_map(base, config.classes, 0.1, 0.1, config.linear_pull)
    exact, first = after[len(random) :] - base, jnp.einsum("idje,nej->ndi", linear, shifts)
    errors = jnp.linalg.norm(first - exact, axis=(1, 2)) / jnp.linalg.norm(exact, axis=(1, 2))
    return {"ratio": ratios.reshape(grid), "error": errors.reshape(-1, config.seeds)}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Proximal steps, and the order of the linear map."""
    figure, (left, right) = new_figure(DOUBLE, 2.6, cols=2)
    for ratio, (head, feature) in zip(arrays["ratio"], SETTINGS, strict=True):
        label = rf"$\lambda_W={head:g},\ \lambda_H={feature:g}$"
        line_with_band(left, config.pulls, ratio, label=label, marker="o")
    left.axhline(1, color=GREY, linewidth=0.5)
    left.set(xscale="log", xlabel=r"pull $\beta$", ylabel=r"$\widetilde{NC}_1$ after / before", ylim=(0, 1.05))
    left.legend(loc="lower right")
    sizes = np.repeat(config.displacements, config.seeds)
    order_plot(right, sizes, arrays["error"].ravel(), 1.0)
    right.set(xlabel="displacement, standard deviation", ylabel="relative error of the linear map")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
