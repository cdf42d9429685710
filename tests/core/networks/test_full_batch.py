import jax.numpy as jnp
import numpy as np
import pytest

from core.networks.full_batch import train_full_batch
from tests.compiled import compiled


def test_it_reaches_the_minimum_and_records_start_and_end():
    @compiled
    def run(start):
        return train_full_batch(lambda x: jnp.sum((x - 1) ** 2), start, lambda x: x, steps=400, records=5, rate=0.1)

    end, path = run(np.zeros(2))
    assert path.shape == (5, 2)
    assert not np.any(path[0])
    np.testing.assert_array_equal(path[-1], end)
    np.testing.assert_allclose(end, 1.0, atol=1e-4)


def test_records_that_do_not_divide_the_steps_are_refused():
    with pytest.raises(ValueError, match="records is 4"):
        train_full_batch(jnp.sum, jnp.zeros(1), jnp.sum, steps=10, records=4)
