"""What the features never see: the all-ones part of the teacher's residual.

Share of the squared norm of the binary divergence's residual that lies along the all-ones direction, and what of that
part arrives at the features through a head, while the head moves from random rows to a simplex ETF (mixing weight on
the axis). Random logits of student and teacher with the stated scales; median and central 95 % of draws.

Shows: a sizeable all-ones part, the larger the more the scales differ; through the simplex none of it arrives.
Source: arXiv 2411.08937 (re-derived).
Cost: 2 s
Run: python -m experiments.dual_head_distillation.all_ones_component
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from matplotlib.figure import Figure

from core.draws import normal
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.forms import line_with_band
from figures.render import render
from figures.style import DOUBLE, new_figure
from theory.collapse.distillation import binary_residual


@dataclass(frozen=True)
class Config:
    """Classes, draws, and scales of the student's logits; the teacher's have scale 3."""

    classes: int = 10
    draws: int = 400
    offsets: tuple[float, ...] = (0.0, 1.0, 3.0)
    points: int = 21

    def __post_init__(self):
        """Refuses what has no other class."""
        if self.classes < 2 or self.draws < 2:
            raise ValueError(f"classes: {self.classes}, must be >= 2, draws={self.draws} >= 2")


PRESETS = {"smoke": Config(draws=20, points=5), "laptop": Config(), "paper": Config(draws=20_000, points=101)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Shares (offsets, draws, scales) and what arrives (draws, mixtures)."""
    return jax.jit(partial(_shares, config))(key)


def _shares(config: Config, key: jax.Array) -> dict[str, jax.Array]:
    k, keys = config.classes, jax.random.split(key, 3)
    teacher = 3 * normal(keys[0], (config.draws, k))
    noise = normal(keys[1], (config.draws, k))
    scales, mixtures = jnp.linspace(0, 6, config.points), jnp.linspace(0, 1, config.points)

    def share(scale, offset):
        residual = binary_residual(scale * noise + offset, teacher)
        return jnp.sum(residual, axis=1) ** 2 / k / jnp.sum(residual**2, axis=1)

    shares = jax.vmap(jax.vmap(share, (0, None), out_axes=1), (None, 0))(scales, jnp.array(config.offsets))
    rows = normal(keys[2], (config.draws, k, k)) / jnp.sqrt(k)
    simplex = jnp.eye(k) - 1 / k

    def arrives(mixture):
        heads = (1 - mixture) * rows + mixture * simplex
        return jnp.linalg.norm(heads.sum(1), axis=1) / jnp.sqrt(k) / jnp.linalg.norm(heads, axis=(1, 2))

    return {"scale": scales, "mixture": mixtures, "share": shares, "arrives": jax.vmap(arrives, out_axes=1)(mixtures)}


def draw(config: Config, arrays: Arrays) -> Figure:
    """The residual left, the head right."""
    figure, (left, right) = new_figure(DOUBLE, 2.4, cols=2)
    for row, offset in enumerate(config.offsets):
        line_with_band(left, arrays["scale"], arrays["share"][row], label=f"offset {offset:g}")
    left.set(xlabel="scale of the student's logits", ylabel="all-ones share of the residual", ylim=(0, 1))
    left.legend()
    line_with_band(right, arrays["mixture"], arrays["arrives"])
    right.set(xlabel="from random rows (0) to a simplex (1)",
              ylabel=r"$\|W^\top 1\|\,/\,(\sqrt{K}\,\|W\|)$", ylim=(0, None))  # fmt: skip
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
