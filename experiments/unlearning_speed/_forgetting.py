"""A small classifier of glyphs that has to forget one digit and to keep the others."""

from functools import partial

import jax
import jax.numpy as jnp

from core.data.glyphs import CLASSES, PIXELS, sample_glyphs
from core.dealing import over_devices
from core.networks.multilayer import Layers, layer_outputs, sample_layers
from theory.entropy.unlearning import bounded_forget_loss

METHODS = ("GA", "NPO", "GA + retain", "NPO + retain")


def scores(layers: Layers, data: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
    """Log-probability of each label, and whether it is the network's choice."""
    logits = jax.nn.log_softmax(layer_outputs(layers, data[0])[-1])
    return jnp.take_along_axis(logits, data[1][:, None], 1)[:, 0], jnp.argmax(logits, 1) == data[1]


@partial(jax.jit, static_argnames=("mesh", "seeds", "each", "width", "training", "steps"))
def forget_all(
    mesh: jax.sharding.Mesh,
    key: jax.Array,
    seeds: int,
    each: int,
    width: int,
    training: int,
    steps: int,
    rates: tuple[float, float],
) -> dict[str, jax.Array]:
    """All `METHODS`, (methods, seeds, steps); those of a seed share what was trained, see `forget`."""

    def methods_of(key):
        numbers = jnp.arange(len(METHODS))
        return jax.vmap(lambda method: forget(key, method, each, width, training, steps, rates))(numbers)

    found = over_devices(mesh, methods_of, jax.random.split(key, seeds), together=seeds)
    return jax.tree.map(lambda x: x.swapaxes(0, 1), found)


def forget(
    key: jax.Array, method: jax.Array, each: int, width: int, training: int, steps: int, rates: tuple[float, float]
) -> dict[str, jax.Array]:
    """Trains on all digits, then forgets the first one by the method of this number; statistics of every step.

    Args:
        key: typed key.
        method: index into `METHODS`.
        each: samples a digit.
        width: of the hidden layer.
        training: steps of gradient descent before.
        steps: steps of forgetting.
        rates: learning rates before and while forgetting.
    """
    net_key, data_key = jax.random.split(key)
    images, labels = sample_glyphs(data_key, (each,) * CLASSES)
    lost, kept = (images[:each], labels[:each]), (images[each:], labels[each:])

    def descend(objective, rate):
        def step(net, _):
            pushed = jax.tree.map(lambda w, g: w - rate * g, net, jax.grad(objective)(net))
            return pushed, net

        return step

    start = sample_layers(net_key, (PIXELS, width, CLASSES))
    fit = descend(lambda net: -jnp.mean(scores(net, (images, labels))[0]), rates[0])
    trained = jax.lax.scan(fit, start, length=training)[0]
    reference = scores(trained, lost)[0]

    def objective(net):
        log_prob = scores(net, lost)[0]
        push = jnp.where(method % 2 == 1, jnp.mean(bounded_forget_loss(log_prob - reference)), jnp.mean(log_prob))
        return push - jnp.where(method >= 2, jnp.mean(scores(net, kept)[0]), 0.0)

    def step(net, _):
        (log_prob, _), (_, right) = scores(net, lost), scores(net, kept)
        away = sum(jnp.sum((w - v) ** 2) for w, v in zip(jax.tree.leaves(net), jax.tree.leaves(trained), strict=True))
        shown = {"forgotten": -jnp.mean(log_prob), "retained": jnp.mean(right), "distance": jnp.sqrt(away)}
        return descend(objective, rates[1])(net, None)[0], shown

    return jax.lax.scan(step, trained, length=steps)[1]
