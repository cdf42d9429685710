import jax
import numpy as np
import pytest

from core.draws import normal, normals
from tests.compiled import compiled

SHAPES = ((3, 5), (7,))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_they_are_those_of_each_key_alone(dtype):
    def both(key):
        keys = jax.random.split(key, len(SHAPES))
        with jax.enable_x64(dtype == "float64"):
            alone = tuple(jax.random.normal(k, shape) for k, shape in zip(keys, SHAPES, strict=True))
            return normals(keys, SHAPES), alone

    together, alone = compiled(both)(jax.random.key(3))
    jax.tree.map(np.testing.assert_array_equal, together, alone)
    assert {str(array.dtype) for array in together} == {dtype}


def test_one_shape_for_each_key():
    with pytest.raises(ValueError, match="one for each"):
        normals(jax.random.split(jax.random.key(0), 3), [(2,), (3,)])


def test_stored_numbers_are_the_same():
    def both(key):
        return normal(key, (3, 5)), jax.random.normal(key, (3, 5))

    stored, drawn = compiled(both)(jax.random.key(4))
    np.testing.assert_array_equal(stored, drawn)
