import jax
import jax.numpy as jnp
import numpy as np

from tests.compiled import compiled
from theory.entropy import unlearning

bounded_forget_loss = compiled(unlearning.bounded_forget_loss)
forget_speed = compiled(unlearning.forget_speed)
forget_weight = compiled(unlearning.forget_weight)


def test_the_weight_is_the_gradient_of_the_loss():
    x = np.linspace(-20, 3, 50)
    slope = compiled(jax.vmap(jax.grad(bounded_forget_loss), (0, None)))
    for beta in (0.5, 1.0, 4.0):
        np.testing.assert_allclose(forget_weight(x, beta), slope(x, beta), rtol=1e-13)
    assert float(forget_weight(0.0)) == 1.0


def test_the_speed_is_the_gradient_of_the_logistic_answer():
    def loss(theta):
        return bounded_forget_loss(jax.nn.log_sigmoid(theta) - jnp.log(0.5), 2.0)

    theta = np.array([0.0, -1.0, -6.0, 2.0])
    np.testing.assert_allclose(
        forget_speed(theta, bounded=True, sharpness=2.0), -compiled(jax.vmap(jax.grad(loss)))(theta), rtol=1e-12
    )
    np.testing.assert_allclose(
        forget_speed(theta, bounded=False),
        -compiled(jax.vmap(jax.grad(lambda x: jax.nn.log_sigmoid(x))))(theta),
        rtol=1e-12,
    )
