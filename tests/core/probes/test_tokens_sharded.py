import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.probes.tokens import token_stats
from core.probes.tokens_sharded import token_stats_from_hidden, token_stats_of_rows, token_stats_of_shard


@pytest.fixture(scope="module")
def layer():
    keys = jax.random.split(jax.random.key(0), 3)
    hidden, head = jax.random.normal(keys[0], (2, 5, 6)), 3 * jax.random.normal(keys[1], (6, 23))
    return hidden, head, jax.random.randint(keys[2], (2, 5), 0, 23)


def test_the_hidden_form_is_the_product(layer):
    hidden, head, token = layer
    for a, b in zip(token_stats_from_hidden(*layer, chunk=7), token_stats(hidden @ head, token), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-15)


def test_its_gradients_are_those_of_the_product(layer):
    hidden, head, token = layer
    weights = (1.0, -0.5, 2.0, 0.7, 1.3)

    def mixed(stats):
        return sum(w * jnp.sum(x**2) for w, x in zip(weights, stats, strict=True))

    ours = jax.grad(lambda h, w: mixed(token_stats_from_hidden(h, w, token, chunk=7)), (0, 1))(hidden, head)
    built = jax.grad(lambda h, w: mixed(token_stats(h @ w, token)), (0, 1))(hidden, head)
    for a, b in zip(ours, built, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_the_door(layer):
    hidden, head, token = layer
    with pytest.raises(ValueError, match="hidden has shape"):
        token_stats_from_hidden(hidden, head.T, token)
    with pytest.raises(ValueError, match="tokens run"):
        token_stats_from_hidden(hidden, head, token + 23)


def test_cut_along_either_axis_it_is_the_whole():
    z, token = np.array(5 * jax.random.normal(jax.random.key(0), (8, 48))), jnp.arange(8) * 5
    z[1, :10], z[2, [5, 35]] = -np.inf, 60.0  # whole blocks masked; a tie across two
    whole = token_stats(jnp.asarray(z), token)
    for cut in (token_stats_of_shard, token_stats_of_rows):
        for a, b in zip(cut(jnp.asarray(z), token), whole, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)
