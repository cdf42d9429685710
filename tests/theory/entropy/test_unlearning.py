import jax
import jax.numpy as jnp
import numpy as np

from theory.entropy.unlearning import bounded_forget_loss, forget_speed, forget_weight


def test_the_weight_is_the_gradient_of_the_loss():
    x = jnp.linspace(-20, 3, 50)
    for beta in (0.5, 1.0, 4.0):
        slope = jax.vmap(jax.grad(lambda r, b=beta: bounded_forget_loss(r, b)))(x)
        np.testing.assert_allclose(forget_weight(x, beta), slope, rtol=1e-13)
    assert float(forget_weight(0.0)) == 1.0


def test_the_speed_is_the_gradient_of_the_logistic_answer():
    def loss(theta):
        return bounded_forget_loss(jax.nn.log_sigmoid(theta) - jnp.log(0.5), 2.0)

    theta = jnp.array([0.0, -1.0, -6.0, 2.0])
    np.testing.assert_allclose(
        forget_speed(theta, bounded=True, sharpness=2.0), -jax.vmap(jax.grad(loss))(theta), rtol=1e-12
    )
    np.testing.assert_allclose(
        forget_speed(theta, bounded=False), -jax.vmap(jax.grad(jax.nn.log_sigmoid))(theta), rtol=1e-12
    )
