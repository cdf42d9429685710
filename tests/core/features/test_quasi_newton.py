import jax
import jax.numpy as jnp
import numpy as np

from core.features.quasi_newton import minimise, quasi_newton_init, quasi_newton_step
from tests.compiled import compiled


def rosenbrock(point):
    x, y = point["x"], point["y"]
    return jnp.sum(100 * (y - x**2) ** 2 + (1 - x) ** 2)


def test_it_follows_a_curved_valley_from_several_starts_at_once():
    starts = {"x": np.array([[-1.2], [2.0], [0.0]]), "y": np.array([[1.0], [-2.0], [3.0]])}
    point, value, slope = compiled(jax.vmap(lambda s: minimise(rosenbrock, s, 300, slope_norm=1e-10)))(starts)
    np.testing.assert_allclose(point["x"], 1.0, atol=1e-9)
    assert np.all(slope < 1e-9)
    assert np.all(value < 1e-17)


def test_a_quadratic_takes_no_more_steps_than_directions_and_values_never_rise():
    scale = np.array([1.0, 10.0, 100.0, 1000.0])

    loss = jax.value_and_grad(lambda x: jnp.sum(scale * (x - 1) ** 2))

    def step(state, _):
        state = quasi_newton_step(loss, state)
        return state, state.value

    values = compiled(lambda x: jax.lax.scan(step, quasi_newton_init(x), None, length=41)[1])(np.zeros(4))
    assert np.all(np.diff(values) <= 0)
    assert values[-1] < 1e-20


def test_infinite_values_are_walked_around():
    found = compiled(lambda x: minimise(lambda x: x[0] - jnp.log(x[0]), x, 60))  # not defined for x <= 0
    point, _, _ = found(np.array([5.0]))
    np.testing.assert_allclose(point[0], 1.0, atol=1e-9)
