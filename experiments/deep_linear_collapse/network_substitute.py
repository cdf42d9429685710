"""A real network instead of free features: drawn digits, a perceptron, and a deep linear head.

A perceptron (64 pixels, two hidden layers, rectified) makes the features; M linear layers on top; squared error, decay
on the linear layers and on the features, none on the perceptron; unequal classes; L-BFGS on all samples. Left: relative
excess of the loss over the closed form of free features, through training. Right: squared lengths of head rows and
class means at the end against that closed form. Median and range of seeds. A substitute: noisy drawn 8 x 8 digits, in
place of CIFAR-10, and few samples.

Shows: under one layer and under three the network comes down to the closed form, and its lengths follow.
Source: arXiv 2301.00437, experiments with a perceptron (substitute data).
Cost: smoke 5 s, laptop 20 s, paper 10 min
Run: python -m experiments.deep_linear_collapse.network_substitute
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from experiments.deep_linear_collapse._descents import closed_form, equal_penalty
from experiments.deep_linear_collapse._network import descend_networks
from figures.forms import line_with_band, predicted_measured
from figures.render import render
from figures.style import COLORS, DOUBLE, new_figure


@dataclass(frozen=True)
class Config:
    """The data, the network and the training."""

    class_sizes: tuple[int, ...] = (24, 12, 6, 6)
    depths: tuple[int, ...] = (1, 3)
    hidden: int = 96
    width: int = 12
    decay: float = 5e-3
    noise: float = 0.2
    records: int = 11
    stretch: int = 50
    seeds: int = 3


PRESETS = {
    "smoke": Config(class_sizes=(40, 24, 3, 2), depths=(3,), hidden=64, width=8, records=9, stretch=5, seeds=1),
    "laptop": Config(),
    "paper": Config(class_sizes=(200, 100, 50, 50), depths=(1, 3, 6), hidden=512, width=64, decay=5e-4, records=61,
                    stretch=100, seeds=5),
}  # fmt: skip


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, Any]:
    """Excess loss (depths, seeds, records), squared lengths found (depths, seeds, 2, K) and predicted."""
    penalties = [equal_penalty(depth, config.decay) for depth in config.depths]
    minima = [closed_form(config.class_sizes, penalty) for penalty in penalties]
    networks = [
        descend_networks(
            run.mesh, key, config.seeds, config.class_sizes, (config.hidden, config.width), penalty,
            config.records - 1, stretch=config.stretch, noise=config.noise,
        )
        for penalty in penalties
    ]  # fmt: skip
    excess, found = _over(networks, [minimum.value for minimum in minima])
    predicted = np.stack([np.stack([minimum.head_energy, minimum.mean_energy]) for minimum in minima])
    return {"excess": excess, "found": found, "predicted": predicted}


@jax.jit
def _over(networks, lowest):
    """Losses over the closed form's, and the lengths, of all depths."""
    excess = [losses / value - 1 for (losses, _), value in zip(networks, lowest, strict=True)]
    return jnp.stack(excess), jnp.stack([lengths for _, lengths in networks])


def draw(config: Config, arrays: Arrays) -> Figure:
    """Training left, lengths right."""
    figure, (left, right) = new_figure(DOUBLE, 2.6, cols=2)
    steps = config.stretch * np.arange(config.records)
    for row, depth in enumerate(config.depths):
        line_with_band(left, steps, arrays["excess"][row], label=f"$M={depth}$", color=COLORS[row])
        for kind, name in enumerate((r"$\|w_k\|^2$", r"$\|\bar h_k\|^2$")):
            found = np.maximum(arrays["found"][row, :, kind], 1e-6)
            predicted = np.maximum(np.broadcast_to(arrays["predicted"][row, kind], found.shape), 1e-6)
            look = {"scale": "log", "color": COLORS[row + 4 * kind], "label": f"{name}, $M={depth}$"}
            bars = predicted_measured(right, predicted.ravel(), found.ravel(), **look)
            bars[0].set_markersize(4 - kind)
    left.set(yscale="log", xlabel="steps of L-BFGS", ylabel="excess loss $f/f^* - 1$")
    left.legend()
    for text in list(right.texts):
        text.remove()
    right.set(xlabel="closed form of free features", ylabel="network")
    right.legend(loc="upper left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
