"""The entropic envelope: the landscape on which consensus hopping descends, exactly.

    E_{α,s}(y) = -(1/α) log E exp(-α E(y + s Z)),  Z ~ N(0, I),        τ = α s²

Differentiating under the expectation, ∇ log E exp(-α E(y + sZ)) = (x_α(N(y, s²I)) - y) / s² (Stein, Tweedie). So the
hop y → x_α(N(y, s² I)) *is* the gradient step y - τ ∇E_{α,s}(y), at every α and s and without any smoothness of E.
At fixed τ and α → ∞ the envelope tends to that of Moreau, min_x E(x) + |x - y|²/2τ, at fixed s and α → 0 to the
smoothing of E by a Gaussian: proximal steps and evolution strategies are its two ends. In t = τ it solves the viscous
Hamilton-Jacobi equation u_t + |∇u|²/2 = Δu / 2α (Cole-Hopf).

Here on the line, by quadrature.

Source: arXiv 2306.09778.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.consensus.quadrature import LineLaw, law_mean, line_law, normal_log_density
from theory.door import within

LineEnergy = Callable[[Float[Array, "..."]], Float[Array, "..."]]


def hopping_width(alpha: Real[ArrayLike, "*#batch"], step: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """√(τ/α), the width s of a hop that stands for a step τ; hop and proximal step differ by its order.

    >>> float(hopping_width(2.0, 0.5))  # τ = α s² = 2/4
    0.5
    """
    return jnp.sqrt(jnp.asarray(step) / within("alpha", alpha, 0, strict=True))


def tilted_law(
    energy: LineEnergy,
    y: Real[ArrayLike, ""],
    alpha: Real[ArrayLike, ""],
    width: Real[ArrayLike, ""],
    centre: Real[ArrayLike, ""] | None = None,
    *,
    reach: float = 16.0,
    panels: int = 64,
) -> LineLaw:
    """The law exp(-α E) N(y, s²), by quadrature around `centre` (by default y) in units of s.

    Where α is large the law sits at the proximal point: give that, or a kink of E near it, as the centre.

    >>> law = jax.jit(tilted_law, static_argnums=0)(lambda x: x**2 / 2, 0.0, 3.0, 1.0)  # of variance s²/(1 + τ)
    >>> print(f"{law_mean(law, jnp.square):.4f}")
    0.2500
    """
    y, width = jnp.asarray(y) * 1.0, within("width", width, 0, strict=True)
    centre = jax.lax.stop_gradient(y) if centre is None else jnp.asarray(centre)
    return line_law(
        lambda x: normal_log_density(x, y, width) - alpha * energy(x), centre, width, reach=reach, panels=panels
    )


def entropic_envelope(
    energy: LineEnergy,
    y: Real[ArrayLike, ""],
    alpha: Real[ArrayLike, ""],
    width: Real[ArrayLike, ""],
    centre: Real[ArrayLike, ""] | None = None,
) -> Float[Array, ""]:
    """E_{α,s}(y); differentiable in y.

    >>> value = jax.jit(lambda y: entropic_envelope(lambda x: x**2 / 2, y, 1.0, 1.0))(0.0)  # log(1 + α s²) / 2α
    >>> bool(abs(value - jnp.log(2.0) / 2) < 1e-6)
    True
    """
    return -tilted_law(energy, y, alpha, width, centre).log_mass / alpha


def hop(
    energy: LineEnergy,
    y: Real[ArrayLike, ""],
    alpha: Real[ArrayLike, ""],
    width: Real[ArrayLike, ""],
    centre: Real[ArrayLike, ""] | None = None,
) -> Float[Array, ""]:
    """x_α(N(y, s²)), the consensus point of infinitely many normal draws around y: a hop of consensus hopping.

    >>> round(float(jax.jit(hop, static_argnums=0)(lambda x: x**2 / 2, 3.0, 2.0, 1.0)), 4)  # y / (1 + τ)
    1.0
    """
    return law_mean(tilted_law(energy, y, alpha, width, centre))


def gaussian_smoothing(energy: LineEnergy, y: Real[ArrayLike, ""], width: Real[ArrayLike, ""]) -> Float[Array, ""]:
    """E[E(y + s Z)], the limit α → 0 of the envelope at fixed width s.

    >>> print(f"{jax.jit(gaussian_smoothing, static_argnums=0)(jnp.square, 3.0, 2.0):.3f}")  # y² + s²
    13.000
    """
    law = line_law(lambda x: normal_log_density(x, y, width), y, width)
    return law_mean(law, energy)


def moreau_correction(energy: LineEnergy, proximal: Real[ArrayLike, ""], step: Real[ArrayLike, ""]) -> Float[Array, ""]:
    """½ log(1 + τ E''(p)): limit of α (E_{α,s} - Moreau envelope) at fixed τ, p the proximal point (Laplace).

    >>> print(f"{moreau_correction(lambda x: x**2 / 2, 0.0, 3.0):.4f}")  # ½ log 4
    0.6931
    """
    curvature = jax.grad(jax.grad(energy))(jnp.asarray(proximal) * 1.0)
    return jnp.log1p(jnp.asarray(step) * curvature) / 2
