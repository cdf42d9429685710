import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.particles.resampling import multinomial, systematic
from core.verify.law import law_counts
from tests.compiled import compiled


@pytest.mark.parametrize("method", [multinomial, systematic])
def test_children_are_expected_in_proportion_to_the_weights(method):
    weights = np.array([0.5, 0.0, 2.0, 1.0, 0.5])

    @compiled
    def draws(key):
        return jax.vmap(lambda key: method(key, jnp.asarray(weights)))(jax.random.split(key, 20000))

    parents = draws(jax.random.key(0))
    if method is multinomial:
        assert law_counts(np.bincount(parents.ravel(), minlength=5), parents.size, weights / 4).verdict == "holds"
        return
    children = np.stack([(parents == i).sum(1) for i in range(5)], axis=1)
    expected = 5 * weights / 4
    assert (np.abs(children - expected[None]) < 1).all()
    np.testing.assert_allclose(children.mean(0), expected, atol=0.02)
