"""Which weight decay makes a network collapse: that of its feature layers or that of its head.

A rectified perceptron on drawn digits (ten classes), cross-entropy, full-batch Adam, weight decay 1e-3 on everything;
then twice as much or none on the head alone, or on the feature layers alone. Within- over between-class scatter of the
last features through training (left), and its ratio to the baseline at the end (right), median and range of seeds. A
substitute for a residual network on CIFAR-10.

Shows: more decay on the feature layers lowers the ratio and none raises it, by more than edits of the head's decay do.
Source: arXiv 2210.16658, Figure 3 (substitute network and data).
Cost: smoke 5 s, laptop 30 s, paper 5 min
Run: python -m experiments.perturbed_collapse.regulariser_network
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.data.glyphs import CLASSES, PIXELS, sample_glyphs
from core.dealing import over_devices
from core.networks.full_batch import train_full_batch
from core.networks.multilayer import layer_outputs, mean_cross_entropy, sample_layers
from core.probes.class_statistics import class_statistics
from core.probes.collapse import variability
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.forms import line_with_band
from figures.render import render
from figures.style import COLORS, DOUBLE, GREY, new_figure
from figures.ticks import plain_numbers


@dataclass(frozen=True)
class Config:
    """The data, the network and the training."""

    per_class: int = 12
    hidden: int = 64
    features: int = 32
    decay: float = 1e-3
    noise: float = 0.4
    steps: int = 2000
    records: int = 41
    seeds: int = 3


PRESETS = {
    "smoke": Config(per_class=2, hidden=8, features=4, steps=20, records=3, seeds=2),
    "laptop": Config(),
    "paper": Config(per_class=200, hidden=512, features=128, steps=20_000, records=101, seeds=10),
}
# name: factors on the decay of the feature layers, and on that of the head
EDITS = {
    "baseline": (1.0, 1.0),
    "features x 2": (2.0, 1.0),
    "features x 0": (0.0, 1.0),
    "head x 2": (1.0, 2.0),
    "head x 0": (1.0, 0.0),
}


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Within over between scatter, (edits, seeds, records)."""
    return {"spread": jax.jit(partial(_spreads, config, run.mesh))(key)}


def _spreads(config: Config, mesh: Mesh, key: jax.Array) -> jax.Array:
    def train(key, edit):
        data_key, weight_key = jax.random.split(key)
        images, labels = sample_glyphs(data_key, (config.per_class,) * CLASSES, config.noise)
        start = sample_layers(weight_key, (PIXELS, config.hidden, config.features, CLASSES))

        def loss(layers):
            body, head = sum(jnp.sum(w**2) for w, _ in layers[:-1]), jnp.sum(layers[-1][0] ** 2)
            decay = config.decay / 2 * (edit[0] * body + edit[1] * head)
            return mean_cross_entropy(layers, images, labels) + decay

        def spread(layers):
            statistics = class_statistics(layer_outputs(layers, images)[-2], labels, CLASSES, covariance=False)
            return variability(statistics).quotient

        return train_full_batch(loss, start, spread, steps=config.steps, records=config.records)[1]

    keys = jnp.tile(jax.random.split(key, config.seeds), len(EDITS))
    edits = jnp.repeat(jnp.array(list(EDITS.values())), config.seeds, axis=0)
    return over_devices(mesh, train, keys, edits).reshape(len(EDITS), config.seeds, -1)


def draw(config: Config, arrays: Arrays) -> Figure:
    """Training left, ratios at the end right."""
    figure, (left, right) = new_figure(DOUBLE, 2.6, cols=2)
    steps = np.linspace(0, config.steps, config.records)
    for row, name in enumerate(EDITS):
        line_with_band(left, steps, arrays["spread"][row], label=name, color=GREY if row == 0 else COLORS[row - 1])
        if row:
            ratio = arrays["spread"][row, :, -1] / arrays["spread"][0, :, -1]
            right.plot(np.full(len(ratio), row), ratio, "o", color=COLORS[row - 1], alpha=0.7)
            right.plot([row - 0.2, row + 0.2], [np.median(ratio)] * 2, color=COLORS[row - 1])
    left.set(yscale="log", xlabel="steps", ylabel=r"$\mathrm{tr}\,\Sigma_W/\mathrm{tr}\,\Sigma_B$ of the features")
    left.legend()
    right.axhline(1, color=GREY, linewidth=0.5)
    right.set(yscale="log", xticks=range(1, len(EDITS)), ylabel="at the end, over the baseline")
    plain_numbers(right.yaxis)
    right.set_xticklabels([name.replace(" x ", "\n× ") for name in list(EDITS)[1:]])
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
