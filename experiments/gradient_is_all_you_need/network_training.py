"""A swarm trains a small network without a gradient.

Accuracy on held-out images of a two-layer network (64 - hidden - classes, tanh) trained by anisotropic consensus-based
optimisation on batches of data, over epochs, for two initial noises; α doubles and σ falls like 1/log₂ every epoch.
Beside it Adam on the gradient of the same loss, same batches. Lines: median of the seeds, band: their range. Images:
drawn 8 x 8 digits with shifts, contrast and noise, in place of handwritten ones.

Shows: the swarm learns, well above chance, and stops where its noise is spent; the gradient learns faster and further.
Source: arXiv 2306.09778 and the authors' MNIST scripts (cooling, batches); data are a substitute.
Cost: smoke 3 s, laptop 12 s
Run: python -m experiments.gradient_is_all_you_need.network_training
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh
from matplotlib.figure import Figure

from core.data.glyphs import CLASSES, PIXELS, sample_glyphs
from core.dealing import over_devices, over_grid
from core.particles.cbo import CboParameters, cbo_move
from core.particles.networks import data_batch, evaluated_anew, flat_parameters, network_objective
from core.particles.schedules import cooled_sigma, growing_alpha
from core.particles.swarm import swarm_consensus, swarm_init
from core.run.experiment import Arrays, Experiment, Run
from core.run.main import main
from figures.forms import line_with_band
from figures.render import render
from figures.style import COLORS, SINGLE, new_figure


@dataclass(frozen=True)
class Config:
    """The network, its data, and the swarm."""

    classes: int = 3
    hidden: int = 4
    per_class: int = 200
    batch: int = 60
    particles: int = 100
    epochs: int = 100
    sigmas: tuple[float, ...] = (1.5, 4.5)
    seeds: int = 3

    def __post_init__(self) -> None:
        if not 2 <= self.classes <= CLASSES:
            raise ValueError(f"classes: {self.classes}, must be 2 to {CLASSES}")


PRESETS = {
    "smoke": Config(epochs=3, per_class=40, seeds=2, particles=40),
    "laptop": Config(),
    "paper": Config(classes=10, hidden=32, per_class=1000, epochs=1000),
}


def logits(parameters: Any, images: jax.Array) -> jax.Array:
    """The network."""
    return jnp.tanh(images @ parameters["in"] + parameters["bias"]) @ parameters["out"]


def loss(parameters: Any, data: tuple[jax.Array, jax.Array]) -> jax.Array:
    """Mean cross-entropy."""
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits(parameters, data[0]), data[1]))


def compute(config: Config, key: jax.Array, run: Run) -> dict[str, jax.Array]:
    """Held-out accuracy (methods, seeds, epochs)."""
    return {"accuracy": jax.jit(partial(_accuracies, config, run.mesh))(key)}


def _accuracies(config: Config, mesh: Mesh, key: jax.Array) -> jax.Array:
    shapes = {"in": (PIXELS, config.hidden), "bias": (config.hidden,), "out": (config.hidden, config.classes)}
    flat, unravel = flat_parameters({name: jnp.zeros(shape) for name, shape in shapes.items()})
    train, test = (sample_glyphs(jax.random.fold_in(key, k), (config.per_class,) * config.classes) for k in (0, 1))
    batches = len(train[1]) // config.batch

    def accuracy(flat: jax.Array) -> jax.Array:
        return jnp.mean(jnp.argmax(logits(unravel(flat), test[0]), axis=1) == test[1])

    def swarm_epochs(sigma: jax.Array, key: jax.Array) -> jax.Array:
        objective = lambda step: network_objective(loss, unravel, data_batch(key, step, train, config.batch))  # noqa: E731

        def step(swarm: Any, k: jax.Array) -> tuple[Any, None]:
            alpha = growing_alpha(50.0, 2.0, 1e15, k // batches)
            parameters = CboParameters(1.0, cooled_sigma(sigma, k // batches), alpha, 0.1)
            swarm = evaluated_anew(objective(k), swarm)  # its last batch of data is gone
            centre = swarm_consensus(swarm, alpha).point[:, None]
            position = cbo_move(parameters, key, swarm, centre)
            return swarm._replace(position=position, step=swarm.step + 1), None

        def epoch(swarm: Any, e: jax.Array) -> tuple[Any, jax.Array]:
            swarm, _ = jax.lax.scan(step, swarm, e * batches + jnp.arange(batches))
            return swarm, accuracy(jnp.mean(swarm.position, axis=1))

        start = jax.random.normal(jax.random.fold_in(key, 10**6), (flat.size, config.particles))
        return jax.lax.scan(epoch, swarm_init(objective(jnp.asarray(0)), start), jnp.arange(config.epochs))[1]

    def adam_epochs(key: jax.Array) -> jax.Array:
        method = optax.adam(0.02)

        def step(state: Any, k: jax.Array) -> tuple[Any, None]:
            flat, moments = state
            data = data_batch(key, k, train, config.batch)
            update, moments = method.update(jax.grad(lambda f: loss(unravel(f), data))(flat), moments)
            return (optax.apply_updates(flat, update), moments), None

        def epoch(state: Any, e: jax.Array) -> tuple[Any, jax.Array]:
            state, _ = jax.lax.scan(step, state, e * batches + jnp.arange(batches))
            return state, accuracy(state[0])

        start = 0.3 * jax.random.normal(jax.random.fold_in(key, 10**6), flat.shape)
        return jax.lax.scan(epoch, (start, method.init(start)), jnp.arange(config.epochs))[1]

    keys = jax.random.split(jax.random.fold_in(key, 2), config.seeds)
    swarms = over_grid(mesh, swarm_epochs, jnp.array(config.sigmas), keys)
    return jnp.concatenate([swarms, over_devices(mesh, adam_epochs, keys)[None]])


def draw(config: Config, arrays: Arrays) -> Figure:
    """Accuracy over epochs."""
    figure, ax = new_figure(SINGLE, 2.5)
    names = (*(rf"swarm, $\sigma_0={sigma:g}$" for sigma in config.sigmas), "gradient (Adam)")
    for color, name, values in zip(COLORS, names, arrays["accuracy"], strict=False):
        line_with_band(ax, np.arange(1, config.epochs + 1), values, name, color)
    ax.axhline(1 / config.classes, color="#999999", linestyle=":", linewidth=0.8, label="chance")
    ax.set(xlabel="epoch", ylabel="held-out accuracy", ylim=(0, 1.03))
    ax.legend(loc="lower right", fontsize=6)
    return figure


EXPERIMENT = Experiment(PRESETS, compute, draw, x64=False)

if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, render))
