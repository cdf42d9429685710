"""A real network instead of free features: drawn digits, a perceptron, and a deep linear head.

A perceptron (64 pixels, two hidden layers, rectified) makes the features; M linear layers on top; squared error, decay
on the linear layers and on the features, none on the perceptron; unequal classes; full-batch Adam. Left: relative
excess of the loss over the closed form of free features, through training. Right: squared lengths of head rows and
class means at the end against that closed form. Median and range of seeds. A substitute: noisy drawn 8 x 8 digits, in
place of CIFAR-10, and few samples.

Shows: under one layer the network comes down to the closed form; under three it comes near, and its lengths follow.
Source: arXiv 2301.00437, experiments with a perceptron (substitute data).
Cost: smoke 5 s, laptop 40 s, paper 10 min
Run: python -m experiments.deep_linear_collapse.network_substitute
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.data.glyphs import PIXELS, sample_glyphs
from core.features.unconstrained import (
    FreeModel,
    Penalty,
    class_means,
    class_targets,
    layer_product,
    sample_model,
    squared_loss,
)
from core.networks.full_batch import train_full_batch
from core.networks.multilayer import layer_outputs, sample_layers
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.forms import line_with_band, predicted_measured
from figures.render import render
from figures.style import COLORS, DOUBLE, new_figure
from theory.collapse.deep_linear import deep_linear_minimum


@dataclass(frozen=True)
class Config:
    """The data, the network and the training."""

    class_sizes: tuple[int, ...] = (24, 12, 6, 6)
    depths: tuple[int, ...] = (1, 3)
    hidden: int = 96
    width: int = 12
    decay: float = 5e-3
    noise: float = 0.2
    steps: int = 6000
    records: int = 41
    rate: float = 4e-3
    seeds: int = 2


PRESETS = {
    "smoke": Config(class_sizes=(3, 2), depths=(1,), hidden=8, width=4, steps=20, records=3, seeds=1),
    "laptop": Config(),
    "paper": Config(class_sizes=(200, 100, 50, 50), depths=(1, 3, 6), hidden=512, width=64, decay=5e-4, steps=30_000,
                    records=101, seeds=5),
}  # fmt: skip


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Excess loss (depths, seeds, records), squared lengths found (depths, seeds, 2, K) and predicted."""
    targets = jnp.asarray(class_targets(config.class_sizes))
    classes, samples = targets.shape
    excess, found, predicted = [], [], []
    for depth in config.depths:
        penalty = Penalty(jnp.full(depth, config.decay), jnp.asarray(config.decay))
        minimum = deep_linear_minimum(targets.sum(1), samples, penalty.layers, penalty.features)
        widths = (*(config.width,) * depth, classes)

        def train(key, penalty=penalty, minimum=minimum, widths=widths):
            data_key, body_key, head_key = jax.random.split(key, 3)
            images, _ = sample_glyphs(data_key, config.class_sizes, config.noise)
            body = sample_layers(body_key, (PIXELS, config.hidden, config.hidden, config.width))
            head = sample_model(head_key, widths, 1, 0.4).layers

            def model(params):
                return FreeModel(params[1], layer_outputs(params[0], images)[-1].T, jnp.zeros(classes))

            def loss(params):
                return squared_loss(model(params), targets, penalty)

            end, seen = train_full_batch(loss, (body, head), lambda p: loss(p) / minimum.value - 1, steps=config.steps,
                                         records=config.records, rate=config.rate)  # fmt: skip
            final = model(end)
            rows = jnp.sum(layer_product(final.layers) ** 2, axis=1)
            means = jnp.sum(class_means(final.features, targets) ** 2, axis=0)
            return seen, jnp.stack([rows, means])

        seen, lengths = jax.jit(jax.vmap(train))(jax.random.split(key, config.seeds))
        excess.append(seen)
        found.append(lengths)
        predicted.append(jnp.stack([minimum.head_energy, minimum.mean_energy]))
    return {"excess": jnp.stack(excess), "found": jnp.stack(found), "predicted": jnp.stack(predicted)}


def draw(config: Config, arrays: Arrays) -> Figure:
    """Training left, lengths right."""
    figure, (left, right) = new_figure(DOUBLE, 2.6, cols=2)
    steps = np.linspace(0, config.steps, config.records)
    for row, depth in enumerate(config.depths):
        line_with_band(left, steps, arrays["excess"][row], label=f"$M={depth}$", color=COLORS[row])
        for kind, name in enumerate((r"$\|w_k\|^2$", r"$\|\bar h_k\|^2$")):
            found = np.maximum(arrays["found"][row, :, kind], 1e-6)
            predicted = np.maximum(np.broadcast_to(arrays["predicted"][row, kind], found.shape), 1e-6)
            look = {"scale": "log", "color": COLORS[row + 4 * kind], "label": f"{name}, $M={depth}$"}
            bars = predicted_measured(right, predicted.ravel(), found.ravel(), **look)
            bars[0].set_markersize(4 - kind)
    left.set(yscale="log", xlabel="steps", ylabel="excess loss $f/f^* - 1$")
    left.legend()
    for text in list(right.texts):
        text.remove()
    right.set(xlabel="closed form of free features", ylabel="network")
    right.legend(loc="upper left")
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=True)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
