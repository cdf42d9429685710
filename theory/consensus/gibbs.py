"""Gibbs weights: what an inverse temperature α makes of energies, and the weighted mean that a swarm agrees on.

    w_i = exp(-α (E_i - min E)),    x_α = Σ w_i x_i / Σ w_i

The minimum is subtracted before α multiplies: then the best particle has weight 1 exactly, no difference is rounded
away by a large α, and the same code serves α = 0 (the mean), α = 10^15 and α = ∞ (the mean of the best).

Source: arXiv 2306.09778.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import within


def gibbs_weights(
    energy: Float[Array, " particles"],
    alpha: Real[ArrayLike, ""],
    lowest: Float[Array, ""] | None = None,
) -> Float[Array, " particles"]:
    """w_i = exp(-α (E_i - E_min)), the largest of them 1.

    A particle whose energy is not finite has weight 0, also at α = 0; when none is finite, all weights are 0.

    Args:
        energy: E_i.
        alpha: inverse temperature, in [0, ∞].
        lowest: E_min where the energies are only a part of the swarm; by default their own minimum.

    >>> gibbs_weights(jnp.array([1.0, 2.0, 1.0, jnp.nan]), jnp.inf).tolist()
    [1.0, 0.0, 1.0, 0.0]
    """
    # the largest float instead of ∞: 0 · ∞ would be no number, here and in the derivative
    alpha = jnp.minimum(within("alpha", alpha, 0), jnp.finfo(energy.dtype).max).astype(energy.dtype)
    excess = energy - (_lowest_energy(energy) if lowest is None else lowest)
    known = jnp.isfinite(excess)
    if lowest is None:  # energies that a program computes in two kernels may be rounded in two ways, and none be 0
        best = jnp.argmin(jnp.where(known, energy, jnp.inf))
        excess = jnp.where((jnp.arange(energy.size) == best) | (excess < 0), 0, excess)
    return jnp.where(known, jnp.exp(-alpha * jnp.where(known, excess, 0)), 0)


def _lowest_energy(energy: Float[Array, " particles"]) -> Float[Array, ""]:
    """The least finite energy; ∞ where there is none."""
    return jnp.min(jnp.where(jnp.isfinite(energy), energy, jnp.inf))


def consensus_point(
    points: Float[Array, "d particles"], energy: Float[Array, " particles"], alpha: Real[ArrayLike, ""]
) -> Float[Array, " d"]:
    """The mean x_α of the points under their Gibbs weights; NaN where no energy is finite.

    Summed relative to the best point, so that a swarm that has collapsed far from the origin loses no digits and
    equal points give back that point.

    >>> from jax import jit
    >>> jit(consensus_point)(jnp.array([[1.0, 3.0, 9.0]]), jnp.array([5.0, 5.0, 6.0]), 1e15).tolist()
    [2.0]
    """
    weights = gibbs_weights(energy, alpha)
    origin = jnp.take(points, jnp.argmax(weights), axis=1)
    return origin + jnp.sum((points - origin[:, None]) * weights[None], axis=1) / jnp.sum(weights)


def effective_sample_size(weights: Float[Array, " particles"]) -> Float[Array, ""]:
    """(Σ w)² / Σ w², between 1 (one particle rules) and their number (all count alike).

    >>> float(effective_sample_size(jnp.array([1.0, 1.0, 0.0])))
    2.0
    """
    return jnp.sum(weights) ** 2 / jnp.sum(weights**2)


def soft_minimum(energy: Float[Array, " particles"], alpha: Real[ArrayLike, ""]) -> Float[Array, ""]:
    """-(1/α) log mean exp(-α E_i): the mean of the energies at α → 0, their minimum at α → ∞.

    >>> float(soft_minimum(jnp.array([1.0, 2.0]), 1e6)).__round__(4)
    1.0
    """
    weights = gibbs_weights(energy, alpha)
    return _lowest_energy(energy) - jnp.log(jnp.mean(weights)) / within("alpha", alpha, 0, strict=True)
