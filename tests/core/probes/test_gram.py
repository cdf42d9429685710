import jax
import numpy as np
import pytest

from core.probes.gram import add_gram, symmetric
from tests.compiled import compiled


@pytest.mark.parametrize("size", [3, 259])  # one block, and blocks of unequal sizes
def test_it_is_the_product_added_to_what_was_there(size):
    rng = np.random.default_rng(0)
    rows, before = rng.normal(size=(2, 11, size)), rng.normal(size=(2, size, size))
    before = before + before.swapaxes(1, 2)
    found = compiled(jax.vmap(lambda gram, x: symmetric(add_gram(gram, x))))(before, rows)
    np.testing.assert_allclose(found, before + rows.swapaxes(1, 2) @ rows, atol=1e-12)


def test_nothing_is_asked_and_nothing_done():
    assert compiled(add_gram)(np.zeros((0, 0)), np.ones((3, 5))).shape == (0, 0)
