import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.networks.transformer import transformer

MODEL = transformer(11, 6, width=8, layers=1, heads=2)


@pytest.fixture(scope="module")
def case():
    return MODEL.init(jax.random.key(0)), jax.random.randint(jax.random.key(1), (3, 6), 0, 11)


def test_the_past_does_not_see_the_future(case):
    params, sequences = case
    changed = sequences.at[:, 4].set((sequences[:, 4] + 1) % 11)
    before, after = MODEL.apply(params, sequences), MODEL.apply(params, changed)
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert jnp.abs(before[:, 4:] - after[:, 4:]).min(axis=-1).max() > 0
    np.testing.assert_allclose(MODEL.apply(params, sequences[:, :3]), before[:, :3], atol=1e-6)


def test_it_is_a_pure_pair_that_vmaps(case):
    params, sequences = case
    keys = jax.random.split(jax.random.key(3), 2)
    many = jax.vmap(MODEL.init)(keys)
    both = jax.vmap(MODEL.apply, (0, None))(many, sequences)
    np.testing.assert_allclose(both[1], MODEL.apply(MODEL.init(keys[1]), sequences), atol=1e-5)
    assert jnp.abs(both[0] - both[1]).max() > 0.1
    np.testing.assert_array_equal(MODEL.apply(params, sequences), MODEL.apply(params, sequences))
    assert both.dtype == jnp.float32


@pytest.mark.parametrize("bad", [{"width": 7}, {"layers": 0}, {"heads": 0}])
def test_the_door(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        transformer(11, 6, **bad)
