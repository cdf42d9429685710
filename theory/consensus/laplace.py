"""The Laplace principle: how fast the mean of a Gibbs law exp(-α E) ρ finds the minimiser x* of E as α grows.

Quantitative (non-asymptotic, no smoothness): split the weighted mean at the set {E - E* <= q + E_r}, where the energy
controls the distance; outside it the weight is at most exp(-α q) of the weight of the ball of radius r. Sharp (smooth
E and ρ): expand both in x - x* to one order beyond the Gaussian; odd moments leave a shift of order 1/α.

Source: arXiv 2306.09778.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.scipy.special import gammaln
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import within

Energy = Callable[[Float[Array, " d"]], Float[Array, ""]]


def laplace_shift(energy: Energy, log_density: Energy, minimiser: Float[Array, " d"]) -> Float[Array, " d"]:
    """The limit of α (x_α - x*): H⁻¹ [∇ log ρ(x*) - ½ (D³E(x*) : H⁻¹)], with H = D²E(x*) > 0.

    The mean of the law that a swarm of infinite size draws from is off by this, over α; a swarm of N is moreover no
    closer than its best particle.

    Args:
        energy: E, three times differentiable at the minimiser.
        log_density: log ρ up to a constant.
        minimiser: x*, inside the support.

    >>> energy, density = lambda x: x[0] ** 2 / 2, lambda x: -((x[0] - 3.0) ** 2) / 2
    >>> shift = jax.jit(lambda x: laplace_shift(energy, density, x))(jnp.zeros(1))
    >>> float(shift[0])
    3.0
    """
    hessian = jax.hessian(energy)(minimiser)
    third = jax.jacfwd(jax.hessian(energy))(minimiser)
    skew = jnp.einsum("ijk,jk->i", third, jnp.linalg.inv(hessian))
    return jnp.linalg.solve(hessian, jax.grad(log_density)(minimiser) - skew / 2)


def soft_minimum_shift(
    energy: Energy, log_density: Energy, minimiser: Float[Array, " d"], alpha: Real[ArrayLike, ""]
) -> Float[Array, ""]:
    """Leading part of -(1/α) log ∫ exp(-α E) ρ - E*: (½ log det(α H / 2π) - log ρ(x*)) / α.

    Args:
        energy: E.
        log_density: log ρ, normalised.
        minimiser: x*.
        alpha: inverse temperature.

    >>> energy, flat = lambda x: jnp.pi * x[0] ** 2, lambda x: 0.0
    >>> shift = jax.jit(soft_minimum_shift, static_argnums=(0, 1))(energy, flat, jnp.zeros(1), 4.0)
    >>> print(f"{shift:.4f}")  # ½ log(4)/4
    0.1733
    """
    hessian = jax.hessian(energy)(minimiser)
    log_det = jnp.linalg.slogdet(alpha * hessian / (2 * math.pi))[1]
    return (log_det / 2 - log_density(minimiser)) / alpha


def flat_spread(alpha: Real[ArrayLike, "*#batch"], power: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """Standard deviation of the law exp(-α |x|^p) on the line: α^(-1/p) √(Γ(3/p) / Γ(1/p)).

    The flatter the minimum, the slower the principle: α^(-1/4) at a quartic one.

    >>> print(f"{flat_spread(4.0, 2.0):.4f}")  # exp(-4 x²) has variance 1/8
    0.3536
    """
    alpha, power = within("alpha", alpha, 0, strict=True), within("power", power, 0, strict=True)
    return alpha ** (-1 / power) * jnp.exp((gammaln(3 / power) - gammaln(1 / power)) / 2)


def laplace_bound(
    alpha: Real[ArrayLike, "*#batch"],
    *,
    gap: Real[ArrayLike, "*#batch"],
    ball_oscillation: Real[ArrayLike, "*#batch"],
    ball_mass: Real[ArrayLike, "*#batch"],
    mean_distance: Real[ArrayLike, "*#batch"],
    coercivity: Real[ArrayLike, "*#batch"],
    exponent: Real[ArrayLike, "*#batch"],
) -> Float[Array, "*#batch"]:
    """|x_α - x*| <= (q + E_r)^ν / η + exp(-α q) / ρ(B_r(x*)) ∫ |x - x*| dρ.

    Needs |x - x*| <= (E(x) - E*)^ν / η wherever E - E* <= q + E_r.

    Args:
        alpha: α.
        gap: q > 0.
        ball_oscillation: E_r = sup of E - E* over the ball B_r(x*).
        ball_mass: ρ(B_r(x*)).
        mean_distance: ∫ |x - x*| dρ.
        coercivity: η.
        exponent: ν.

    >>> ball = {"gap": 1.0, "ball_oscillation": 3.0, "ball_mass": 0.5, "mean_distance": 1.0}
    >>> [float(laplace_bound(alpha, **ball, coercivity=1.0, exponent=0.5)) for alpha in (0.0, jnp.inf)]
    [4.0, 2.0]
    """
    inside = (jnp.asarray(gap) + ball_oscillation) ** jnp.asarray(exponent) / coercivity
    return inside + jnp.exp(-jnp.asarray(alpha) * gap) / ball_mass * mean_distance
