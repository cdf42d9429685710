"""Entropy falls and information with the labels rises while a network learns.

A rectified perceptron on drawn digits (ten classes), full-batch Adam on cross-entropy with weight decay: diffusion
spectral entropy of the last features (left) and its mutual information with the labels (right), through training, with
true labels and with shuffled ones. Features are scaled to unit mean square distance from their mean; bandwidth 0.5,
two steps. Median and range of seeds. A substitute for the paper's networks on MNIST, CIFAR-10 and STL-10.

Shows: with true labels the entropy comes down towards log2 10 and the information rises towards it; with shuffled
labels, which the network can only memorise, both go less far.
Source: arXiv 2312.04823, training curves (substitute network and data).
Cost: smoke 5 s, laptop 30 s, paper 5 min
Run: python -m experiments.diffusion_spectral_entropy.training_curves
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from core.data.glyphs import CLASSES, PIXELS, sample_glyphs
from core.dealing import over_devices
from core.networks.full_batch import train_full_batch
from core.networks.multilayer import layer_outputs, mean_cross_entropy, sample_layers
from core.probes.diffusion import diffusion_entropy, diffusion_information
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.annotate import threshold
from figures.forms import line_with_band
from figures.render import render
from figures.style import DOUBLE, new_figure


@dataclass(frozen=True)
class Config:
    """The data, the network, the training and the probe."""

    per_class: int = 6
    hidden: int = 64
    features: int = 24
    decay: float = 1e-2
    noise: float = 0.2
    steps: int = 800
    records: int = 9
    bandwidth: float = 0.5
    walk: int = 2
    seeds: int = 2


PRESETS = {
    "smoke": Config(per_class=1, hidden=8, features=4, steps=4, records=2, seeds=2),
    "laptop": Config(),
    "paper": Config(per_class=100, hidden=512, features=128, steps=10_000, records=51, seeds=5),
}
CASES = ("true labels", "shuffled labels")


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Entropy, information and loss, (cases, seeds, records)."""

    def train(key, shuffle):
        data_key, weight_key, probe_key = jax.random.split(key, 3)
        images, labels = sample_glyphs(data_key, (config.per_class,) * CLASSES, config.noise)
        labels = jnp.where(shuffle, jax.random.permutation(probe_key, labels), labels)
        start = sample_layers(weight_key, (PIXELS, config.hidden, config.features, CLASSES))

        def loss(layers):
            decay = config.decay / 2 * sum(jnp.sum(w**2) for w, _ in layers)
            return mean_cross_entropy(layers, images, labels) + decay

        def observe(layers):
            x = layer_outputs(layers, images)[-2]
            x = x - x.mean(0)[None, :]
            x = x / jnp.sqrt(jnp.mean(jnp.sum(x**2, axis=1)))
            information = diffusion_information(probe_key, x, labels, CLASSES, config.bandwidth, config.walk)
            return {"entropy": diffusion_entropy(x, config.bandwidth, config.walk), "information": information,
                    "loss": mean_cross_entropy(layers, images, labels)}  # fmt: skip

        return train_full_batch(loss, start, observe, steps=config.steps, records=config.records)[1]

    def every_case(key):
        keys = jnp.tile(jax.random.split(key, config.seeds), len(CASES))
        shuffled = jnp.repeat(jnp.array([False, True]), config.seeds)
        found = over_devices(run.mesh, train, keys, shuffled)
        return {name: x.reshape(len(CASES), config.seeds, -1) for name, x in found.items()}

    return jax.jit(every_case)(key)


def draw(config: Config, arrays: Arrays) -> Figure:
    """Entropy, information, loss."""
    figure, axes = new_figure(DOUBLE, 2.3, cols=3)
    steps = np.linspace(0, config.steps, config.records)
    names = {"entropy": "entropy (bits)", "information": "information (bits)", "loss": "cross-entropy (nats)"}
    for ax, (name, label) in zip(axes, names.items(), strict=True):
        for row, case in enumerate(CASES):
            line_with_band(ax, steps, arrays[name][row], label=case)
        ax.set(xlabel="steps", ylabel=label)
    for ax in axes[:2]:
        threshold(ax, float(np.log2(CLASSES)), r"$\log_2 10$", axis="y")
    axes[2].legend()
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
