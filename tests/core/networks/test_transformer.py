import jax
import numpy as np
import pytest

from core.networks.transformer import transformer
from tests.compiled import compiled

MODEL = transformer(11, 6, width=8, layers=1, heads=2)
APPLY = compiled(MODEL.apply)


@pytest.fixture(scope="module")
def many():
    """Two models, their parameters stacked."""
    return compiled(lambda key: jax.vmap(MODEL.init)(jax.random.split(key, 2)))(jax.random.key(3))


@pytest.fixture(scope="module")
def case(many):
    sequences = np.random.default_rng(1).integers(0, 11, (3, 6)).astype(np.int32)
    return jax.tree.map(lambda leaf: leaf[1], many), sequences


def test_the_past_does_not_see_the_future(case):
    params, sequences = case
    changed = sequences.copy()
    changed[:, 4] = (changed[:, 4] + 1) % 11
    before, after = np.asarray(APPLY(params, sequences)), np.asarray(APPLY(params, changed))
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert np.abs(before[:, 4:] - after[:, 4:]).min(axis=-1).max() > 0
    np.testing.assert_allclose(APPLY(params, sequences[:, :3]), before[:, :3], atol=1e-6)


def test_it_is_a_pure_pair_that_vmaps(case, many):
    params, sequences = case
    both = np.asarray(compiled(jax.vmap(MODEL.apply, (0, None)))(many, sequences))
    np.testing.assert_allclose(both[1], APPLY(params, sequences), atol=1e-5)
    assert np.abs(both[0] - both[1]).max() > 0.1
    np.testing.assert_array_equal(APPLY(params, sequences), APPLY(params, sequences))
    assert both.dtype == np.float32


@pytest.mark.parametrize("bad", [{"width": 7}, {"layers": 0}, {"heads": 0}])
def test_the_door(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        transformer(11, 6, **bad)
