"""Gossip learning: every node trains on its own classes, then mixes weights with its neighbours."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from core.networks.multilayer import Layers, layer_outputs, sample_layers
from theory.short.averaging_variance import restore_spread

CLASSES = 4


class Data(NamedTuple):
    """Blobs in a plane of several dimensions; leading axis: nodes, or none for the test set."""

    inputs: jax.Array  # (nodes, samples, dimension)
    labels: jax.Array  # (nodes, samples)


def blobs(key: jax.Array, nodes: int, samples: int, dimension: int, classes: int) -> Data:
    """Each node sees `classes` of the CLASSES only, neighbours in number see neighbouring ones."""
    centre_key, label_key, noise_key = jax.random.split(key, 3)
    centres = 1.5 * jax.random.normal(centre_key, (CLASSES, dimension))
    labels = jax.random.randint(label_key, (nodes, samples), 0, classes) + jnp.arange(nodes)[:, None]
    labels = labels % CLASSES
    return Data(centres[labels] + jax.random.normal(noise_key, (nodes, samples, dimension)), labels)


class Schedule(NamedTuple):
    """How long and how fast."""

    rounds: int
    local_steps: int
    rate: float


def train(
    key: jax.Array,
    data: Data,
    test: Data,
    mixing: jax.Array,
    corrected: jax.Array,
    widths: tuple[int, ...],
    schedule: Schedule,
) -> tuple[jax.Array, jax.Array]:
    """Test loss, and variance of the weights over He's, (rounds,), averaged over nodes that start apart."""
    networks = jax.vmap(lambda k: sample_layers(k, widths))(jax.random.split(key, len(mixing)))

    def local(layers: Layers, node: Data) -> Layers:
        def step(layers: Layers, _: None) -> tuple[Layers, None]:
            slope = jax.grad(loss)(layers, node)
            return jax.tree.map(lambda w, g: w - schedule.rate * g, layers, slope), None

        return jax.lax.scan(step, layers, None, schedule.local_steps)[0]

    def one_round(networks: Layers, _: None) -> tuple[Layers, tuple[jax.Array, jax.Array]]:
        networks = mix(jax.vmap(local)(networks, data), mixing, corrected)
        losses = jax.vmap(loss, (0, None))(networks, test)
        shares = jnp.stack([jnp.var(weight, axis=(1, 2)) * weight.shape[1] / 2 for weight, _ in networks])
        return networks, (losses.mean(), shares.mean())

    return jax.lax.scan(one_round, networks, None, schedule.rounds)[1]


def mix(networks: Layers, mixing: jax.Array, corrected: jax.Array) -> Layers:
    """One round of gossip; `corrected` rescales each matrix to the mixed standard deviation of its sources."""

    def mix_weight(weight: jax.Array) -> jax.Array:
        mixed = jnp.einsum("ij,j...->i...", mixing, weight)
        target = mixing @ jnp.std(weight, axis=(1, 2))
        return jnp.where(corrected, jax.vmap(restore_spread)(mixed, target), mixed)

    return tuple((mix_weight(weight), mixing @ offset) for weight, offset in networks)


def loss(layers: Layers, data: Data) -> jax.Array:
    """Mean cross-entropy."""
    scores = layer_outputs(layers, data.inputs)[-1]
    return optax.softmax_cross_entropy_with_integer_labels(scores, data.labels).mean()
