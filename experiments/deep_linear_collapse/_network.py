"""A real network under the deep linear head: a perceptron makes the features of drawn digits."""

from functools import partial

import jax
import jax.numpy as jnp

from core.data.glyphs import PIXELS, sample_glyphs
from core.dealing import over_devices
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


@partial(jax.jit, static_argnames=("mesh", "seeds", "sizes", "widths", "stretches"))
def descend_networks(
    mesh: jax.sharding.Mesh,
    key: jax.Array,
    seeds: int,
    sizes: tuple[int, ...],
    widths: tuple[int, int],
    penalty: Penalty,
    stretches: int,
    *,
    stretch: int,
    noise: float,
) -> tuple[jax.Array, jax.Array]:
    """L-BFGS in stretches of so many steps from random starts, decay on head and features only.

    `widths` are those of the two hidden layers, and of the features and the linear layers. Returns the losses, from the
    start on, (seeds, stretches + 1), and the squared lengths of head rows and class means at the end, (seeds, 2, K).
    """
    targets = class_targets(sizes)

    def train(key):
        return _descend(key, sizes, jnp.asarray(targets), widths, penalty, stretches, stretch, noise)

    return over_devices(mesh, train, jax.random.split(key, seeds))


def _descend(key, sizes, targets, widths, penalty, stretches, stretch, noise):
    hidden, width = widths
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
