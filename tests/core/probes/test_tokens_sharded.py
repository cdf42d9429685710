import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.probes.tokens import token_stats
from core.probes.tokens_sharded import token_stats_from_hidden


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


SHARDED = """
import jax
jax.config.update("jax_num_cpu_devices", 4)
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp, numpy as np
from functools import partial
from jax.sharding import AxisType, NamedSharding, PartitionSpec as P
from core.probes.tokens import token_stats
from core.probes.tokens_sharded import token_stats_of_shard
mesh = jax.make_mesh((4,), ("d",), axis_types=(AxisType.Auto,))
z = 5 * jax.random.normal(jax.random.key(0), (8, 40)); k = jnp.arange(8) * 5
z = z.at[1, :10].set(-jnp.inf).at[2, 5].set(60.0).at[2, 35].set(60.0)  # a masked shard; a tie across two
whole = token_stats(z, k)
over_vocabulary = jax.jit(jax.shard_map(
    partial(token_stats_of_shard, axis_name="d"), mesh=mesh, in_specs=(P(None, "d"), P()), out_specs=P()))(z, k)
tokens = NamedSharding(mesh, P("d"))
cut = jax.device_put(z, NamedSharding(mesh, P("d", None))), jax.device_put(k, tokens)
over_tokens = jax.jit(partial(token_stats, chunk=7))(*cut)
for a, b, c in zip(whole, over_vocabulary, over_tokens):
    np.testing.assert_allclose(b, a, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(c, a, rtol=1e-12, atol=1e-15)
assert over_tokens.entropy.sharding.is_equivalent_to(tokens, 1)
print("equal")
"""


def test_sharded_over_tokens_and_over_the_vocabulary():
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    done = subprocess.run([sys.executable, "-c", SHARDED], capture_output=True, text=True, timeout=120, env=environment)
    assert done.stdout.strip() == "equal", done.stderr[-2000:]
