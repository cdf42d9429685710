import jax
import jax.numpy as jnp
import numpy as np
import pytest

from theory.consensus.envelope import (
    entropic_envelope,
    gaussian_smoothing,
    hop,
    hopping_width,
    moreau_correction,
    step_size,
    tilted_law,
)
from theory.consensus.quadrature import law_mean
from theory.consensus.steps import moreau_envelope, proximal_point


def rugged(x):
    return x**2 / 2 + 0.6 * jnp.cos(3 * x) + 0.1 * x**3 * jnp.exp(-(x**2))


def vector(energy):
    return lambda x: energy(x[0])


@pytest.mark.parametrize("alpha", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("y", [-1.3, 0.4, 2.0])
def test_a_hop_is_a_gradient_step_on_the_envelope(alpha, y):
    width = 0.5
    there = hop(rugged, y, alpha, width)
    slope = jax.grad(lambda y: entropic_envelope(rugged, y, alpha, width))(y)
    assert float(there) == pytest.approx(float(y - step_size(alpha, width) * slope), abs=1e-12)
    # and, by parts, a step along the gradient averaged over the tilted law: no derivative of the envelope
    law = tilted_law(rugged, y, alpha, width)
    mean_slope = law_mean(law, jax.vmap(jax.grad(rugged)))
    assert float(there) == pytest.approx(float(y - step_size(alpha, width) * mean_slope), abs=1e-12)


@pytest.mark.parametrize("alpha", [1e-3, 1.0, 1e5])
def test_for_a_quadratic_the_hop_is_the_proximal_step_at_every_alpha(alpha):
    width, curvature, y = hopping_width(alpha, 0.4), 1.7, 2.0
    proximal = y / (1 + 0.4 * curvature)
    assert float(hop(lambda x: curvature * x**2 / 2, y, alpha, width, proximal)) == pytest.approx(proximal, abs=1e-12)


def test_the_envelope_solves_the_viscous_hamilton_jacobi_equation():
    alpha = 2.0

    def u(y, t):
        return entropic_envelope(rugged, y, alpha, jnp.sqrt(t / alpha), centre=0.3)

    for y, t in [(0.3, 0.5), (-0.8, 1.0)]:
        u_t = jax.grad(u, 1)(y, t)
        u_y = jax.grad(u, 0)(y, t)
        u_yy = jax.grad(jax.grad(u, 0), 0)(y, t)
        assert float(u_t + u_y**2 / 2 - u_yy / (2 * alpha)) == pytest.approx(0, abs=1e-11)


def test_ends_of_the_family():
    y, width, step = 0.7, 0.4, 0.1
    smooth = gaussian_smoothing(rugged, y, width)
    gaps = [float(smooth - entropic_envelope(rugged, y, alpha, width)) for alpha in (1e-3, 1e-4)]
    # first order in α: half the variance of the energy under the normal law
    assert gaps[0] / gaps[1] == pytest.approx(10, rel=0.01)
    proximal = proximal_point(vector(rugged), jnp.array([y]), step)
    moreau = moreau_envelope(vector(rugged), jnp.array([y]), step)
    for alpha, tolerance in [(1e4, 1e-3), (1e5, 1e-4)]:
        value = entropic_envelope(rugged, y, alpha, hopping_width(alpha, step), proximal[0])
        correction = float(moreau_correction(rugged, proximal[0], step))
        assert float(alpha * (value - moreau)) == pytest.approx(correction, abs=tolerance)


def test_a_batch_of_points_goes_through_vmap():
    ys = jnp.linspace(-1, 1, 5)
    hops = jax.jit(jax.vmap(lambda y: hop(rugged, y, 3.0, 0.5)))(ys)
    np.testing.assert_allclose(hops[2], hop(rugged, 0.0, 3.0, 0.5), atol=1e-15)


def test_a_width_of_zero_is_refused():
    with pytest.raises(ValueError, match="width"):
        hop(rugged, 0.0, 1.0, 0.0)
