"""Plain gradient descent on a vocabulary, watched at geometric intervals; shared by the figures and claims."""

import jax
import jax.numpy as jnp

from core.features.vocabulary import sample_vocabulary, vocabulary_loss, vocabulary_spectrum, zipf_frequencies


def record_times(steps: int, records: int) -> list[int]:
    """0 and about equally many steps a decade, up to `steps`."""
    return sorted({0, *(round(steps ** (k / (records - 1))) for k in range(records))})


def train(
    key: jax.Array, skew: jax.Array, tokens: int, dimension: int, times: tuple[int, ...], rate: float, spread: float
):
    """Loss and spectrum of the features at the given steps."""
    frequencies = zipf_frequencies(tokens, skew)
    slope = jax.grad(lambda model: vocabulary_loss(model, frequencies))

    def step(_, model):
        return jax.tree.map(lambda x, g: x - rate * g, model, slope(model))

    def stretch(model, steps):
        model = jax.lax.fori_loop(0, steps, step, model)
        return model, (vocabulary_loss(model, frequencies), vocabulary_spectrum(model, frequencies))

    gaps = jnp.diff(jnp.array((0, *times)))
    return jax.lax.scan(stretch, sample_vocabulary(key, tokens, dimension, spread), gaps)[1]
