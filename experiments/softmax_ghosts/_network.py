"""A small classifier of glyphs, its loss at a temperature, and the radius of each sample along a direction."""

import jax
import jax.numpy as jnp

from core.data.glyphs import CLASSES, PIXELS, sample_glyphs
from core.networks.multilayer import Layers, layer_outputs, sample_layers
from theory.entropy.radius import safe_radius

Data = tuple[jax.Array, jax.Array]


def sample_problem(key: jax.Array, each: int, width: int) -> tuple[Layers, Data]:
    """A fresh two-layer network and `each` glyphs a class."""
    net_key, data_key = jax.random.split(key)
    return sample_layers(net_key, (PIXELS, width, CLASSES)), sample_glyphs(data_key, (each,) * CLASSES)


def logits_of(layers: Layers, images: jax.Array, temperature: jax.Array | float = 1.0) -> jax.Array:
    """Logits over the temperature."""
    return layer_outputs(layers, images)[-1] / temperature


def loss(layers: Layers, data: Data, temperature: jax.Array | float = 1.0) -> jax.Array:
    """Mean cross-entropy."""
    scores = jax.nn.log_softmax(logits_of(layers, data[0], temperature))
    return -jnp.mean(jnp.take_along_axis(scores, data[1][:, None], 1))


def downhill(layers: Layers, data: Data, temperature: jax.Array | float = 1.0) -> tuple[Layers, jax.Array]:
    """The unit vector of steepest descent, and the norm of the gradient."""
    slope = jax.grad(loss)(layers, data, temperature)
    norm = jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(slope)))
    return jax.tree.map(lambda leaf: -leaf / norm, slope), norm


def moved(layers: Layers, direction: Layers, step: jax.Array) -> Layers:
    """The network one step on."""
    return jax.tree.map(lambda leaf, part: leaf + step * part, layers, direction)


def radii(layers: Layers, data: Data, direction: Layers, temperature: jax.Array | float = 1.0) -> jax.Array:
    """π/Δ_a of every sample: one forward derivative of the logits."""
    slopes = jax.jvp(lambda net: logits_of(net, data[0], temperature), (layers,), (direction,))[1]
    return safe_radius(slopes)
