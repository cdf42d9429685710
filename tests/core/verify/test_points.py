import jax.numpy as jnp
import numpy as np
import pytest

from core.verify.points import real_points, real_scalars


def test_a_scalar_is_repeated_and_everything_becomes_float64():
    left, right = real_points(left=jnp.ones((2, 3), jnp.float32), right=2)
    assert left.dtype == right.dtype == np.float64
    np.testing.assert_array_equal(right, np.full((2, 3), 2.0))


@pytest.mark.parametrize(
    ("left", "right", "says"),
    [
        (np.ones(3), np.ones((3, 1)), "shapes must be equal"),
        (np.ones(3), np.ones(1), "shapes must be equal"),
        (np.ones(0), np.ones(0), "left has shape"),
        (np.ones(2), np.ones(2) + 1j, "right has dtype complex128"),
    ],
)
def test_refused_at_the_door(left, right, says):
    with pytest.raises(ValueError, match=says):
        real_points(left=left, right=right)


def test_an_array_is_no_scalar():
    assert real_scalars(a=jnp.asarray(2.0), b=1) == [2.0, 1.0]
    with pytest.raises(Exception, match=r"(?s)a.*"):
        real_scalars(a=np.ones(1))
