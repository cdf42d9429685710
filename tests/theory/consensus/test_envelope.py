import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.compiled import compiled
from theory.consensus import envelope

entropic_envelope = compiled(envelope.entropic_envelope)
hop = compiled(envelope.hop)

# that a hop descends on the envelope, and the ends of the family, are claims c06 to c11 of gradient_is_all_you_need


def rugged(x):
    return x**2 / 2 + 0.6 * jnp.cos(3 * x) + 0.1 * x**3 * jnp.exp(-(x**2))


def test_the_envelope_solves_the_viscous_hamilton_jacobi_equation():
    alpha = 2.0

    def u(y, t):
        return entropic_envelope(rugged, y, alpha, jnp.sqrt(t / alpha), centre=0.3)

    @compiled
    @jax.vmap
    def residual(y, t):
        u_y, u_yy = jax.jvp(lambda y: jax.grad(u, 0)(y, t), (y,), (jnp.ones(()),))
        return jax.grad(u, 1)(y, t) + u_y**2 / 2 - u_yy / (2 * alpha)

    np.testing.assert_allclose(residual(np.array([0.3, -0.8]), np.array([0.5, 1.0])), 0, atol=1e-11)


def test_a_width_of_zero_is_refused():
    with pytest.raises(ValueError, match="width"):
        envelope.hop(rugged, 0.0, 1.0, 0.0)
