"""The law of infinitely many particles on the line: the mean-field Fokker-Planck equation, by finite volumes.

    ∂_t ρ = ∂_x [ λ (x - c) ρ + (σ²/2) ∂_x ((x - c)² ρ) ],    c = x_α(ρ)

In flux form the velocity is -(λ + σ²)(x - c) and the diffusion (σ²/2)(x - c)², which vanishes at c. The fluxes are
those of Scharfetter and Gummel, exact for a stationary flux between two cells and upwind where the diffusion vanishes.
The time step is implicit with c taken from its beginning: mass is conserved to rounding, and the law stays positive
for every step size (the matrix is an M-matrix).

Source: arXiv 2306.09778.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.consensus.gibbs import gibbs_weights
from theory.door import count, within

LineEnergy = Callable[[Float[Array, "..."]], Float[Array, "..."]]


class MeanField(NamedTuple):
    """A law on equal cells of the line.

    Attributes:
        cells: their midpoints, equally spaced.
        mass: of each cell; sums to 1.
    """

    cells: Float[Array, " cells"]
    mass: Float[Array, " cells"]


def mean_field_init(
    log_density: LineEnergy, low: Real[ArrayLike, ""], high: Real[ArrayLike, ""], cells: int
) -> MeanField:
    """The law exp(log_density), normalised, on `cells` equal cells of [low, high].

    >>> law = mean_field_init(jnp.zeros_like, -1.0, 1.0, cells=4)
    >>> law.cells.tolist(), law.mass.tolist()
    ([-0.75, -0.25, 0.25, 0.75], [0.25, 0.25, 0.25, 0.25])
    """
    width = (jnp.asarray(high) - jnp.asarray(low)) / count("cells", cells, 2)
    middle = jnp.asarray(low) + width * (jnp.arange(cells) + 0.5)
    mass = jax.nn.softmax(log_density(middle))
    return MeanField(middle, mass)


def mean_field_consensus(law: MeanField, energy: LineEnergy, alpha: Real[ArrayLike, ""]) -> Float[Array, ""]:
    """x_α of the law.

    >>> law = mean_field_init(jnp.zeros_like, -1.0, 1.0, cells=4)
    >>> consensus = jax.jit(lambda alpha: mean_field_consensus(law, jnp.negative, alpha))
    >>> [float(consensus(alpha)) for alpha in (0.0, jnp.inf)]  # the mean; the lowest
    [0.0, 0.75]
    """
    weights = gibbs_weights(energy(law.cells), alpha) * law.mass
    return jnp.sum(weights * law.cells) / jnp.sum(weights)


def mean_field_step(
    law: MeanField,
    energy: LineEnergy,
    alpha: Real[ArrayLike, ""],
    drift: Real[ArrayLike, ""],
    sigma: Real[ArrayLike, ""],
    dt: Real[ArrayLike, ""],
) -> tuple[MeanField, Float[Array, ""]]:
    """One implicit step of length dt with no flux through the ends; gives back the law and the c that moved it.

    >>> law = mean_field_init(jnp.zeros_like, -1.0, 1.0, cells=4)
    >>> step = jax.jit(mean_field_step, static_argnums=1)
    >>> later, centre = step(law, jnp.negative, 0.0, drift=1.0, sigma=0.5, dt=0.1)
    >>> float(centre), round(float(jnp.sum(later.mass)), 4), bool(later.mass[1] > law.mass[1])
    (0.0, 1.0, True)
    """
    dt = within("dt", dt, 0, strict=True)
    centre = mean_field_consensus(law, energy, alpha)
    width = law.cells[1] - law.cells[0]
    face = (law.cells[1:] + law.cells[:-1]) / 2 - centre
    right, left = _face_rates(
        -(jnp.asarray(drift) + jnp.asarray(sigma) ** 2) * face, jnp.asarray(sigma) ** 2 / 2 * face**2, width
    )
    nothing = jnp.zeros(1, right.dtype)
    outflow = jnp.concatenate([right, nothing]) + jnp.concatenate([nothing, left])
    mass = jax.lax.linalg.tridiagonal_solve(
        jnp.concatenate([nothing, -dt * right]),
        1 + dt * outflow,
        jnp.concatenate([-dt * left, nothing]),
        law.mass[:, None],
    )[:, 0]
    return MeanField(law.cells, mass), centre


def _face_rates(velocity: Array, diffusion: Array, width: Array) -> tuple[Array, Array]:
    """Rates at which mass crosses each face to the right and to the left: (D/w²) B(∓ v w / D), B(z) = z / (e^z - 1)."""
    tiny = jnp.finfo(velocity.dtype).tiny ** 0.5
    diffusion = jnp.maximum(diffusion, tiny)
    peclet = velocity * width / diffusion
    return diffusion * _bernoulli(-peclet) / width**2, diffusion * _bernoulli(peclet) / width**2


def _bernoulli(z: Array) -> Array:
    """Bernoulli's function z / (e^z - 1), smooth through 0 and without overflow."""
    small = jnp.abs(z) < 1e-4
    safe = jnp.where(small, 1.0, z)
    # for z > 0, z e^-z / (1 - e^-z)
    size = jnp.abs(safe)
    falling = size * jnp.exp(-size) / -jnp.expm1(-size)
    return jnp.where(small, 1 - z / 2 + z**2 / 12, jnp.where(safe > 0, falling, size + falling))
