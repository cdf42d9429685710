import jax
import numpy as np
import pytest

from core.networks.multilayer import layer_outputs, sample_layers
from tests.compiled import compiled


def test_forward_pass_is_the_rectified_chain():
    layers = compiled(sample_layers, static_argnums=1)(jax.random.key(0), (4, 3, 2))
    inputs = np.random.default_rng(1).normal(size=(5, 4))
    hidden, out = compiled(layer_outputs)(layers, inputs)
    np.testing.assert_allclose(hidden, np.maximum(inputs @ layers[0][0], 0))
    np.testing.assert_allclose(out, hidden @ layers[1][0])
    assert np.any(out < 0)


def test_variance_keeps_the_scale():
    weight, offset = compiled(sample_layers, static_argnums=1)(jax.random.key(0), (200, 300))[0]
    assert abs(float(weight.var()) * 100 - 1) < 0.03
    assert not offset.any()


def test_a_network_has_two_widths():
    with pytest.raises(ValueError, match="widths"):
        sample_layers(jax.random.key(0), (4,))
