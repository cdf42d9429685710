"""Layers with decays of their own: what each layer holds, and that neighbours balance.

Left: squared singular values of every layer after descent (L-BFGS from a random start, classes (20, 10, 5, 5), three
layers with decays spread over a factor given by the config) against the closed form b x_k / (M N λ_m). Right: the Gram
matrices of W_3, W_3 W_2 and W_3 W_2 W_1, which are diagonal at every stage. The title gives the worst relative error
of the balance laws λ_{m+1} W_{m+1}ᵀ W_{m+1} = λ_m W_m W_mᵀ. Best of a few random starts.

Shows: dots on the diagonal; diagonal Gram matrices whose weights follow the class sizes.
Source: arXiv 2301.00437, general decays (re-derived).
Cost: smoke 1 s, laptop 4 s, paper 5 s
Run: python -m experiments.deep_linear_collapse.unequal_decay
"""

from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from core.features.unconstrained import Penalty, balance_residual, class_targets
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.deep_linear_collapse._descents import closed_form, descend, lowest
from figures.annotate import small_print
from figures.forms import color_bar, predicted_measured
from figures.render import render
from figures.style import DOUBLE, new_figure


@dataclass(frozen=True)
class Config:
    """Decays of the layers, and of the features."""

    class_sizes: tuple[int, ...] = (20, 10, 5, 5)
    decays: tuple[float, ...] = (1e-3, 4e-3, 1.6e-2)
    feature_decay: float = 2e-3
    width: int = 8
    starts: int = 4
    steps: int = 800

    def __post_init__(self):
        """Refuses decays that are none."""
        if len(self.decays) < 2 or min(*self.decays, self.feature_decay) <= 0:
            raise ValueError(f"decays: {self.decays}, must be two or more positive numbers, feature_decay positive")


PRESETS = {
    "smoke": Config(steps=60),
    "laptop": Config(),
    "paper": Config(width=16, starts=32, steps=3000),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, Any]:
    """Energies by layer, Gram matrices from the output down, and the balance of the best start."""
    penalty = Penalty(np.array(config.decays), np.asarray(config.feature_decay))
    minimum = closed_form(config.class_sizes, penalty)
    targets, widths = class_targets(config.class_sizes), (config.width,) * len(config.decays)
    ends = descend(key, config.starts, targets, widths, penalty, steps=config.steps)
    return {**_found(ends, penalty, minimum.value), "predicted": -np.sort(-minimum.layer_energy, axis=1)}


@jax.jit
def _found(ends, penalty, least):
    best = lowest(ends)
    layers, rank = best.model.layers, len(best.head)
    tops = accumulate(reversed(layers), jnp.matmul)
    return {
        "energy": jnp.stack([jnp.linalg.svd(w, compute_uv=False)[:rank] ** 2 for w in layers]),
        "gram": jnp.stack([top @ top.T for top in tops]),
        "balance": balance_residual(best.model, penalty),
        "excess": best.value / least - 1,
    }


def draw(config: Config, arrays: Arrays) -> Figure:
    """Energies, then one Gram matrix a stage."""
    depth = len(config.decays)
    figure, axes = new_figure(DOUBLE, 2.2, cols=depth + 1, width_ratios=(1.5, *(1,) * depth))
    for m, decay in enumerate(config.decays):
        predicted_measured(axes[0], arrays["predicted"][m], arrays["energy"][m], scale="log",
                           label=rf"$W_{m + 1}$, $\lambda={decay:g}$")  # fmt: skip
    axes[0].set(xlabel="predicted $s^2$", ylabel="found $s^2$")
    for axis in (axes[0].xaxis, axes[0].yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
    for text in axes[0].texts:
        text.remove()
    axes[0].legend()
    small_print(axes[0], f"excess loss {float(arrays['excess']):.0e}, balance {float(arrays['balance']):.0e}")
    for stage, ax in enumerate(axes[1:]):
        gram = arrays["gram"][stage]
        cells = ax.imshow(gram / gram.max(), vmin=0, vmax=1)
        name = "".join(f"W_{depth - m}" for m in range(stage + 1))
        ax.set(title=f"Gram of ${name}$", xticks=[], yticks=range(len(gram)), yticklabels=config.class_sizes)
    axes[1].set_ylabel("class size")
    color_bar(cells, axes[1:], "over its largest")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
