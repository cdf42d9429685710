import jax.numpy as jnp
import numpy as np

from core.features import geometry
from core.features.descent import momentum_init, momentum_steps
from tests.compiled import compiled

shape_distance, within_share = compiled(geometry.shape_distance), compiled(geometry.within_share)


def test_heavy_ball_on_a_parabola_is_its_linear_recursion():
    rate, momentum, steps = 0.1, 0.9, 25
    parabola = compiled(lambda x: momentum_steps(lambda x: jnp.sum(x**2) / 2, momentum_init(x), rate, momentum, steps))
    end = parabola(np.array([1.0]))
    matrix = np.array([[1 - rate, -rate * momentum], [1, momentum]])  # (x, v)
    x, v = np.linalg.matrix_power(matrix, steps) @ np.array([1.0, 0.0])
    np.testing.assert_allclose([end.point[0], end.velocity[0]], [x, v], rtol=1e-12)


def test_shape_distance_knows_no_scale_and_no_sign_is_lost():
    a, b = np.random.default_rng(0).normal(size=(2, 3, 4))
    np.testing.assert_allclose(shape_distance(3 * a, b), shape_distance(a, 7 * b), rtol=1e-12)
    assert shape_distance(a, 2 * a) < 1e-15
    np.testing.assert_allclose(shape_distance(a, -a), 2.0)


def test_within_share_is_zero_for_copies_and_one_for_centred_classes():
    targets = np.array([[1.0, 1, 0, 0], [0, 0, 1, 1]])
    assert within_share(np.array([[1.0, 1, 5, 5]]), targets) == 0
    assert within_share(np.array([[1.0, -1, 5, -5]]), targets) == 1
