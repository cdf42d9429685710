"""Where the label loss and the teacher loss pull together: on the features, and on the rows of the head.

Cosine between the gradients of cross-entropy and of the binary divergence to the teacher, over the student's logits a
(own class) and b (all others); teacher a = 4, b = -2, ten classes, head a simplex ETF. Left: gradients in the features.
Right: gradients in one non-target row of the head, where only the sign exists. Lines: the derived boundaries
σ(a) - σ(b) = σ(a_t) - σ(b_t) and b = b_t. Exact.

Shows: between the lines the rows of the head are in conflict though the features are not.
Source: arXiv 2411.08937 (condition re-derived; the row-wise statement is ours).
Cost: 2 s
Run: python -m experiments.dual_head_distillation.gradient_agreement
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.forms import color_bar, phase_diagram
from figures.render import render
from figures.style import DOUBLE, new_figure
from theory.collapse.distillation import binary_residual, label_residual, symmetric_logits


@dataclass(frozen=True)
class Config:
    """The teacher's logits and the plane of the student's."""

    teacher_target: float = 4.0
    teacher_others: float = -2.0
    classes: int = 10
    points: int = 81

    def __post_init__(self):
        """Refuses what has no other class."""
        if self.classes < 2 or self.points < 2:
            raise ValueError(f"classes: {self.classes}, must be >= 2, points={self.points} >= 2")


PRESETS = {"smoke": Config(points=9), "laptop": Config(), "paper": Config(points=401)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Cosines over the plane (b, a)."""
    return jax.jit(partial(_plane, config))()


def _plane(config: Config) -> dict[str, jax.Array]:
    a, b = jnp.linspace(-3, 9, config.points), jnp.linspace(-6, 4, config.points)
    student = symmetric_logits(a[None, :], b[:, None], config.classes)
    teacher = symmetric_logits(config.teacher_target, config.teacher_others, config.classes)
    label = label_residual(student, jnp.zeros(student.shape[:-1], int))
    binary = binary_residual(student, jnp.broadcast_to(teacher, student.shape))
    head = jnp.eye(config.classes) - 1 / config.classes

    def cosine(x, y):
        sizes = jnp.linalg.norm(x, axis=-1) * jnp.linalg.norm(y, axis=-1)
        return jnp.sum(x * y, axis=-1) / jnp.maximum(sizes, 1e-300)

    features = cosine(label @ head, binary @ head)
    return {"a": a, "b": b, "features": features, "rows": jnp.sign(label[..., 1] * binary[..., 1])}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Features left, rows right."""
    figure, axes = new_figure(DOUBLE, 2.8, cols=2, sharey=True)
    b = np.linspace(arrays["b"].min(), arrays["b"].max(), 400)
    margin = 1 / (1 + np.exp(-config.teacher_target)) - 1 / (1 + np.exp(-config.teacher_others))
    share = margin + 1 / (1 + np.exp(-b))
    with np.errstate(invalid="ignore", divide="ignore"):
        a = np.where((share > 0) & (share < 1), np.log(share / (1 - share)), np.nan)
    lines = {"features": (a, b), "rows": (arrays["a"][[0, -1]], [config.teacher_others] * 2)}
    for ax, (name, line) in zip(axes, lines.items(), strict=True):
        cells, _ = phase_diagram(ax, arrays["a"], arrays["b"], arrays[name], boundary=line, limits=(-1, 1), centre=0.0)
        ax.plot(config.teacher_target, config.teacher_others, "*", color="k", markersize=6)
        ax.set(xlabel="student's logit $a$ of the own class", xlim=(arrays["a"].min(), arrays["a"].max()))
    axes[0].set_ylabel("student's logit $b$ of the others")
    axes[0].set_title("features", loc="right")
    axes[1].set_title("a non-target row of the head", loc="right")
    color_bar(cells, axes, "cosine of the gradients")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
