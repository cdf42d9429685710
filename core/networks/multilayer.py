"""A multilayer perceptron in plain arrays: samples are rows, ReLU between layers."""

from collections.abc import Sequence
from itertools import pairwise

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key

from core.draws import normals

Layers = tuple[tuple[Float[Array, "_ _"], Float[Array, " _"]], ...]


def sample_layers(key: Key[Array, ""], widths: Sequence[int]) -> Layers:
    """He's initialisation: normal weights of variance 2/into, zero biases.

    Args:
        key: typed key.
        widths: of the input, the hidden layers and the output.

    >>> layers = jax.eval_shape(lambda key: sample_layers(key, (4, 8, 3)), jax.random.key(0))
    >>> [weight.shape for weight, _ in layers]
    [(4, 8), (8, 3)]
    """
    if len(widths) < 2 or min(widths) < 1:
        raise ValueError(f"widths is {tuple(widths)}; allowed are two or more positive numbers")
    shapes = list(pairwise(widths))
    weights = normals(jax.random.split(key, len(shapes)), shapes)
    return tuple((weight * jnp.sqrt(2 / weight.shape[0]), jnp.zeros(weight.shape[1])) for weight in weights)


def layer_outputs(layers: Layers, inputs: Float[Array, "N into"]) -> tuple[Float[Array, "N _"], ...]:
    """The activity after every layer; all but the last are rectified.

    >>> layers = (jnp.array([[1.0, -1.0]]), jnp.zeros(2)), (jnp.array([[1.0], [1.0]]), jnp.zeros(1))
    >>> [activity.tolist() for activity in jax.jit(layer_outputs)(layers, jnp.array([[3.0]]))]
    [[[3.0, 0.0]], [[3.0]]]
    """
    activities = []
    for index, (weight, offset) in enumerate(layers):
        inputs = inputs @ weight + offset[None, :]
        inputs = jax.nn.relu(inputs) if index < len(layers) - 1 else inputs
        activities.append(inputs)
    return tuple(activities)


def mean_cross_entropy(layers: Layers, inputs: Float[Array, "N into"], labels: Int[Array, " N"]) -> Float[Array, ""]:
    """Of the last layer's outputs as logits, over the samples.

    >>> import math
    >>> blank = ((jnp.zeros((3, 2)), jnp.zeros(2)),)
    >>> round(float(jax.jit(mean_cross_entropy)(blank, jnp.ones((4, 3)), jnp.zeros(4, int))) / math.log(2), 6)
    1.0
    """
    return optax.softmax_cross_entropy_with_integer_labels(layer_outputs(layers, inputs)[-1], labels).mean()
