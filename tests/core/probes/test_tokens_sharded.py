import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.probes.tokens import token_stats
from core.probes.tokens_sharded import token_stats_from_hidden, token_stats_of_rows, token_stats_of_shard

stats_of = jax.jit(token_stats)


@pytest.fixture(scope="module")
def layer():
    draw = np.random.default_rng(0)
    arrays = draw.normal(size=(2, 5, 6)), 3 * draw.normal(size=(6, 23)), draw.integers(0, 23, (2, 5))
    return tuple(jnp.asarray(x) for x in arrays)


def test_the_hidden_form_is_the_product(layer):
    hidden, head, token = layer
    ours = jax.jit(lambda *inputs: token_stats_from_hidden(*inputs, chunk=7))(*layer)
    for a, b in zip(ours, stats_of(hidden @ head, token), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-15)


def test_its_gradients_are_those_of_the_product(layer):
    hidden, head, token = layer
    weights = (1.0, -0.5, 2.0, 0.7, 1.3)

    def mixed(stats):
        return sum(w * jnp.sum(x**2) for w, x in zip(weights, stats, strict=True))

    ours = jax.jit(jax.grad(lambda h, w: mixed(token_stats_from_hidden(h, w, token, chunk=7)), (0, 1)))(hidden, head)
    built = jax.jit(jax.grad(lambda h, w: mixed(token_stats(h @ w, token)), (0, 1)))(hidden, head)
    for a, b in zip(ours, built, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_the_door(layer):
    hidden, head, token = layer
    with pytest.raises(ValueError, match="hidden has shape"):
        token_stats_from_hidden(hidden, head.T, token)
    with pytest.raises(ValueError, match="tokens run"):
        token_stats_from_hidden(hidden, head, token + 23)


def test_cut_along_either_axis_it_is_the_whole():
    z, token = 5 * np.random.default_rng(0).normal(size=(8, 48)), np.arange(8) * 5
    z[1, :10], z[2, [5, 35]] = -np.inf, 60.0  # whole blocks masked; a tie across two
    whole = stats_of(z, token)
    for cut in (token_stats_of_shard, token_stats_of_rows):
        for a, b in zip(jax.jit(cut)(z, token), whole, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)
