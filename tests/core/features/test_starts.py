import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.features.starts import descend_from_random
from core.features.unconstrained import Penalty, class_targets
from tests.compiled import compiled
from theory.collapse.codes import best_code_scale, etf_code

TARGETS = jnp.asarray(class_targets((2, 2, 2)))
PENALTY = Penalty(jnp.array([0.02]), jnp.asarray(0.02))


def test_cross_entropy_starts_end_in_the_simplex_and_all_in_the_same_place():
    models, values = compiled(
        lambda key: descend_from_random(key, 3, TARGETS, (4,), PENALTY, loss="cross-entropy", steps=200)
    )(jax.random.key(0))
    assert models.layers[0].shape == (3, 3, 4)
    expected = compiled(lambda: best_code_scale(etf_code(3), 2, 1, 0.02)[1])()
    np.testing.assert_allclose(values, expected, rtol=1e-9)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"penalty\.layers must lie in"):
        descend_from_random(jax.random.key(0), 1, TARGETS, (4,), PENALTY._replace(layers=jnp.array([-0.02])))
    with pytest.raises(ValueError, match="loss is 'hinge'; allowed are squared, cross-entropy"):
        descend_from_random(jax.random.key(0), 1, TARGETS, (4,), PENALTY, loss="hinge")
