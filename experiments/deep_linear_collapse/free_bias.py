"""A free bias bends the frame: cosines between class means, and between head rows, of unequal classes.

Cosine matrices of the head's rows after descent (L-BFGS, best of a few random starts), above those of the closed form
V diag(w²) Vᵀ, for equal classes and for unequal ones, without and with a free bias. The small print is the largest
difference of an entry between found and predicted.

Shows: without a bias an orthogonal frame; with one a simplex for equal classes, and a lopsided frame for unequal ones,
in which small classes lean away from the large one and not from each other.
Source: arXiv 2301.00437, bias case; the unequal one is re-derived and goes beyond the paper.
Cost: smoke 2 s, laptop 8 s, paper 10 s
Run: python -m experiments.deep_linear_collapse.free_bias
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
from experiments.deep_linear_collapse._descents import biased_minimum, closed_form, descend, equal_penalty, lowest
from figures.annotate import small_print
from figures.forms import color_bar
from figures.render import render
from figures.style import DIVERGING, DOUBLE, new_figure


@dataclass(frozen=True)
class Config:
    """Equal and unequal class sizes of the same number of samples."""

    equal: tuple[int, ...] = (10, 10, 10, 10)
    unequal: tuple[int, ...] = (20, 10, 5, 5)
    depth: int = 2
    decay: float = 5e-3
    width: int = 8
    starts: int = 4
    steps: int = 800

    def __post_init__(self):
        """Refuses what can't be compared."""
        if len(self.equal) != len(self.unequal) or sum(self.equal) != sum(self.unequal):
            raise ValueError(f"equal: {self.equal}, must have as many classes and samples as unequal={self.unequal}")


PRESETS = {
    "smoke": Config(steps=60),
    "laptop": Config(),
    "paper": Config(depth=3, width=16, starts=32, steps=3000),
}
CASES = [(name, biased) for biased in (False, True) for name in ("equal", "unequal")]


def cosines(gram: Any) -> Any:
    """Gram matrices, normalised."""
    energy = gram.diagonal(axis1=-2, axis2=-1)
    return gram / (energy[..., :, None] * energy[..., None, :]) ** 0.5


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, Any]:
    """Cosine matrices, (cases, K, K)."""
    penalty, widths = equal_penalty(config.depth, config.decay), (config.width,) * config.depth
    ends, predicted = [], []
    for name, biased in CASES:
        sizes = getattr(config, name)
        ends.append(
            descend(key, config.starts, class_targets(sizes), widths, penalty, biased=biased, steps=config.steps)
        )
        gram = biased_minimum(sizes, penalty).head if biased else np.diag(closed_form(sizes, penalty).head_energy)
        predicted.append(cosines(gram))
    return {"found": _found(ends), "predicted": np.stack(predicted)}


@jax.jit
def _found(ends):
    """Cosines where the best descents end."""
    heads = jnp.stack([lowest(end).head for end in ends])
    return cosines(heads @ heads.swapaxes(1, 2))


def draw(config: Config, arrays: Arrays) -> Figure:
    """One column a case, found above predicted."""
    figure, axes = new_figure(DOUBLE, 3.5, rows=2, cols=4)
    for column, (name, biased) in enumerate(CASES):
        sizes = getattr(config, name)
        for row, which in enumerate(("found", "predicted")):
            ax, matrix = axes[row, column], arrays[which][column]
            cells = ax.imshow(matrix, cmap=DIVERGING, vmin=-1, vmax=1)
            for i, j in np.ndindex(matrix.shape):
                shade = "white" if abs(matrix[i, j]) > 0.7 else "black"
                text = f"{matrix[i, j]:.2f}".replace("-0.00", "0.00")
                ax.text(j, i, text, ha="center", va="center", fontsize=5.5, color=shade)
            ax.set(xticks=range(len(sizes)), yticks=range(len(sizes)), xticklabels=sizes, yticklabels=sizes)
        axes[0, column].set_title(f"{'free' if biased else 'no'} bias")
        axes[1, column].set_xlabel("class size")
        worst = np.abs(arrays["found"][column] - arrays["predicted"][column]).max()
        small_print(axes[1, column], f"differs by {worst:.0e}")
    axes[0, 0].set_ylabel("found")
    axes[1, 0].set_ylabel("predicted")
    color_bar(cells, axes.ravel(), "cosine")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
