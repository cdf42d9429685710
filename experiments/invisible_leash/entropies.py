"""When learning lowers the entropy, and which one: answers against tokens.

Left: entropy of a policy along its tilts, against success, for several spreads of right and wrong answers; dots: the
peak ρ* = σ(H_R - H_W), height log(e^{H_R} + e^{H_W}). Below ρ* learning raises the entropy. Right: a policy with one
right answer that can be written in many ways (tokens) and a number of wrong ones with one way each: along the tilt the
entropy of the answers falls while that of the tokens rises. Exact.

Shows: left, hills with their dots on top; right, two curves that part.
Source: arXiv 2507.14843, entropy-reward trade-off (its exact form is derived here).
Cost: smoke 1 s, laptop 2 s
Run: python -m experiments.invisible_leash.entropies
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import direct_labels
from figures.render import render
from figures.style import BLUE, COLORS, DOUBLE, VERMILION, new_figure
from theory.short.support import entropy_peak, split_entropy, tilted_success


@dataclass(frozen=True)
class Config:
    """`right` and `wrong` are numbers of equally likely answers; `ways` to write the right one, and `start`, its ρ."""

    right: tuple[float, ...] = (1.0, 3.0, 10.0, 30.0)
    wrong: float = 10.0
    ways: float = 100.0
    start: float = 0.15
    strongest: float = 6.0
    points: int = 200

    def __post_init__(self) -> None:
        """Refuses less than one answer."""
        if min(*self.right, self.wrong, self.ways) < 1:
            raise ValueError(f"right, wrong, ways: {self.right}, {self.wrong}, {self.ways}, must be 1 or more")


PRESETS = {"smoke": Config(right=(1.0, 10.0), points=20), "laptop": Config(), "paper": Config(points=1000)}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Hills (families, points), their peaks, and the two entropies along the tilt."""
    return jax.jit(partial(_hills, config))()


def _hills(config: Config) -> dict[str, jax.Array]:
    success, strength = jnp.linspace(0, 1, config.points), jnp.linspace(0, config.strongest, config.points)
    spread, other = np.log(np.array(config.right)), np.log(config.wrong)
    along = tilted_success(config.start, strength)
    return {
        "success": success,
        "hills": jax.vmap(lambda h: split_entropy(success, h, other))(spread),
        "peaks": jnp.stack(entropy_peak(spread, other)),
        "strength": strength,
        "answers": split_entropy(along, 0.0, other),
        "tokens": split_entropy(along, np.log(config.ways), other),
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Hills on the left, the two entropies on the right."""
    figure, (hills, parting) = new_figure(DOUBLE, 2.5, cols=2)
    for row, (count, color) in enumerate(zip(config.right, COLORS, strict=False)):
        hills.plot(arrays["success"], arrays["hills"][row], color=color, label=f"{count:g} right")
        hills.plot(*arrays["peaks"][:, row], "o", color=color)
    hills.set(xlabel=r"success $\rho$", ylabel="entropy (nats)", title=f"{config.wrong:g} wrong answers")
    direct_labels(hills)
    for name, color in (("tokens", VERMILION), ("answers", BLUE)):
        parting.plot(arrays["strength"], arrays[name], color=color, label=name)
    parting.set(xlabel=r"strength $\beta$ of the tilt", ylabel="entropy (nats)", ylim=(0, None))
    parting.set_title(f"one answer right, written in {config.ways:g} ways")
    parting.set_xlim(0, np.max(arrays["strength"]))
    direct_labels(parting)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
