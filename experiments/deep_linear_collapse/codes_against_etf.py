"""Cross-entropy at depth prefers other codes than the simplex.

Left: cost of the cross-polytope code (opposite pairs of classes on K/2 axes) over that of the simplex ETF, both at
their best scale, against the number of classes; n = 5, all decays equal. Dashed: the limit of vanishing decay,
2^((1-M)/(M+1)) K/(K-1). Right: the lowest cost that L-BFGS found from random starts, over that of the simplex.
Below 1 the simplex is not the global minimum. Exact on the left; on the right the best of the stated starts, an upper
bound of the minimum.

Shows: the simplex wins for one layer; from two layers on it loses from some K on; descent finds this by itself.
Source: contradicts the cross-entropy claim in the abstract of arXiv 2301.00437 (derived here; wording of the theorem
was not available); consistent with arXiv 2410.23169.
Cost: smoke 3 s, laptop 20 s, paper 1 min
Run: python -m experiments.deep_linear_collapse.codes_against_etf
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.features.unconstrained import class_targets
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.deep_linear_collapse._codes import code_costs
from experiments.deep_linear_collapse._descents import descend, equal_penalty
from figures.annotate import direct_labels
from figures.render import render
from figures.style import COLORS, DOUBLE, GREY, new_figure


@dataclass(frozen=True)
class Config:
    """Depths and numbers of classes."""

    depths: tuple[int, ...] = (1, 2, 3, 5)
    classes: tuple[int, ...] = (4, 6, 8, 10, 14, 20)
    searched: tuple[int, ...] = (4, 6)
    searched_depths: tuple[int, ...] = (1, 2, 3)
    per_class: int = 3
    decay: float = 5e-4
    starts: int = 12
    steps: int = 500

    def __post_init__(self):
        """Refuses classes that cannot pair up."""
        if any(k < 4 or k % 2 for k in self.classes + self.searched):
            raise ValueError(f"classes: {self.classes}, searched: {self.searched}, must be even and >= 4")


PRESETS = {
    "smoke": Config(classes=(4, 6), searched=(6,), searched_depths=(2,), per_class=5, starts=6, steps=30),
    "laptop": Config(),
    "paper": Config(classes=tuple(range(4, 42, 2)), searched=(4, 6, 8, 10), starts=100, steps=3000),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, Any]:
    """Costs over that of the simplex."""

    def costs(classes, depths):
        return code_costs(classes, config.per_class, depths, config.decay)

    exact = [costs(classes, config.depths) for classes in config.classes]
    simplex = np.array([costs(classes, config.searched_depths).simplex for classes in config.searched]).T
    ratio = np.array([code.cross_polytope / code.simplex for code in exact]).T

    def search(depth, classes):
        targets, penalty = class_targets((config.per_class,) * classes), equal_penalty(depth, config.decay)
        return descend(key, config.starts, targets, (classes,) * depth, penalty, loss="cross-entropy", spread=0.6,
                       steps=config.steps).value  # fmt: skip

    values = [[search(depth, classes) for classes in config.searched] for depth in config.searched_depths]
    return {"ratio": ratio, "found": _over(values, simplex)}


@jax.jit
def _over(values, simplex):
    """Costs where descents end over that of the simplex, (depths, classes, starts)."""
    return jnp.array(values) / simplex[:, :, None]


def draw(config: Config, arrays: Arrays) -> Figure:
    """The formula left, the search right."""
    figure, (left, right) = new_figure(DOUBLE, 2.5, cols=2)
    classes = np.array(config.classes)
    for row, depth in enumerate(config.depths):
        left.plot(classes, arrays["ratio"][row], "o-", color=COLORS[row], label=f"$M={depth}$")
        limit = 2 ** ((1 - depth) / (depth + 1)) * classes / (classes - 1)
        left.plot(classes, limit, "--", color=COLORS[row], linewidth=0.75)
    left.set(xlabel="classes $K$", ylabel="cross-polytope / simplex", xticks=classes[:: max(1, len(classes) // 6)])
    direct_labels(left)
    groups = [(m, k) for m in config.searched_depths for k in config.searched]
    for at, values in enumerate(arrays["found"].reshape(len(groups), -1)):
        depth = groups[at][0]
        color = COLORS[config.depths.index(depth)] if depth in config.depths else GREY
        spread = np.linspace(-0.15, 0.15, len(values))
        right.plot(at + spread, np.sort(values), ".", color=color, markersize=2.5)
        right.plot([at - 0.3, at + 0.3], [values.min()] * 2, color=color)
        k = groups[at][1]
        if depth in config.depths and k in config.classes:
            cross = arrays["ratio"][config.depths.index(depth), config.classes.index(k)]
            right.plot(at, cross, "x", color="k", markersize=4, label="cross-polytope" if at == 0 else None)
    right.set(xticks=range(len(groups)), xticklabels=[f"{m}, {k}" for m, k in groups], xlabel="layers $M$, classes $K$",
              ylabel=f"found / simplex, {config.starts} starts", ylim=(0.6, 1.6))  # fmt: skip
    for ax in (left, right):
        ax.axhline(1, color=GREY, linewidth=0.5)
    right.legend()
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
