"""A real network under the deep linear head: a perceptron makes the features of drawn digits."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from core.data.glyphs import PIXELS, sample_glyphs
from core.features.quasi_newton import minimise
from core.features.unconstrained import (
    FreeModel,
    Penalty,
    class_means,
    class_targets,
    layer_product,
    sample_model,
    squared_loss,
)
from core.networks.multilayer import layer_outputs, sample_layers


def descend_network(
    key: jax.Array,
    sizes: Sequence[int],
    widths: tuple[int, int],
    penalty: Penalty,
    stretches: int,
    *,
    stretch: int = 50,
    noise: float = 0.2,
) -> tuple[jax.Array, jax.Array]:
    """L-BFGS in stretches of so many steps from a random start, decay on head and features only.

    `widths` are those of the two hidden layers, and of the features and the linear layers. Returns the loss, from the
    start on, and the squared lengths of head rows and class means at the end, (2, K).
    """
    hidden, width = widths
    targets = jnp.asarray(class_targets(sizes))
    data_key, body_key, head_key = jax.random.split(key, 3)
    images, _ = sample_glyphs(data_key, sizes, noise)
    body = sample_layers(body_key, (PIXELS, hidden, hidden, width))
    head = sample_model(head_key, (*(width,) * len(penalty.layers), len(sizes)), 1, 0.4).layers

    def model(params):
        return FreeModel(params[1], layer_outputs(params[0], images)[-1].T, jnp.zeros(len(sizes)))

    def loss(params):
        return squared_loss(model(params), targets, penalty)

    def descend(params, _):
        params, value, _ = minimise(loss, params, stretch)
        return params, value

    end, values = jax.lax.scan(descend, (body, head), length=stretches)
    final = model(end)
    rows = jnp.sum(layer_product(final.layers) ** 2, axis=1)
    means = jnp.sum(class_means(final.features, targets) ** 2, axis=0)
    return jnp.append(loss((body, head)), values), jnp.stack([rows, means])
