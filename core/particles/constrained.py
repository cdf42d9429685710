"""Two ways to keep a swarm on a constraint set: a stiff drift towards it, or moving on the surface itself.

Drift (Herty, Iacomini, Vaes 2024): the extra drift -(1/ε) ∇G, with G = Σ g_j², is linearly implicit,

    X' = X + (I + dt/ε D²G)⁻¹ (CBO increment - dt/ε ∇G(X)),

so that a small ε does not need a small step. Surface γ(x) = 0 with |∇γ| = 1 (Fornasier, Huang, Pareschi, Sünnen 2020):
drift and noise are projected to the tangent space, the correction of Itô -(σ² dt/2)|X - c|² Δγ ∇γ is added for
isotropic noise, and the point is brought back to the surface.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Key, Real

from core.particles.cbo import CboParameters, anisotropic, cbo_move, isotropic
from core.particles.reductions import Axis, coordinate_sum
from core.particles.swarm import (
    Consensus,
    Noise,
    Objective,
    Swarm,
    check_parameters,
    swarm_consensus,
    swarm_moved,
)
from theory.door import within

Constraint = Callable[[Float[Array, " d"]], Float[Array, " constraints"]]  # zero where it is met


class Surface(NamedTuple):
    """γ(x) = 0, |∇γ| = 1 on it."""

    normal: Callable[[Float[Array, "d particles"]], Float[Array, "d particles"]]  # ∇γ
    laplacian: Callable[[Float[Array, "d particles"]], Float[Array, " particles"]]  # Δγ
    retract: Callable[[Float[Array, "d particles"]], Float[Array, "d particles"]]


def sphere_surface() -> Surface:
    """The unit sphere: γ = |x| - 1, Δγ = (d - 1)/|x|.

    >>> surface = sphere_surface()
    >>> surface.retract(jnp.array([[2.0], [0.0]])).tolist(), surface.laplacian(jnp.array([[2.0], [0.0]])).tolist()
    ([[1.0], [0.0]], [0.5])
    """

    def size(x: Array) -> Array:
        return jnp.sqrt(coordinate_sum(x * x))

    return Surface(lambda x: x / size(x)[None], lambda x: (x.shape[0] - 1) / size(x), lambda x: x / size(x)[None])


def surface_step(
    objective: Objective,
    surface: Surface,
    parameters: CboParameters,
    key: Key[Array, ""],
    swarm: Swarm,
    *,
    axis: Axis = None,
) -> tuple[Swarm, Consensus]:
    """One step on a surface, with isotropic noise; the swarm comes from `swarm_init` at points of the surface.

    >>> from core.particles.objectives import sphere
    >>> from core.particles.swarm import swarm_init
    >>> swarm = swarm_init(sphere, jnp.array([[1.0, -1.0]]))
    >>> step = lambda swarm: surface_step(sphere, sphere_surface(), CboParameters(), jax.random.key(0), swarm)[0]
    >>> jax.jit(step)(swarm).energy.tolist()  # |x|² = 1, whatever the noise
    [1.0, 1.0]
    """
    check_parameters(parameters)
    agreed = swarm_consensus(swarm, parameters.alpha, axis)
    change = cbo_move(parameters, key, swarm, agreed.point[:, None], isotropic, axis) - swarm.position
    normal = surface.normal(swarm.position)
    tangential = change - normal * coordinate_sum(normal * change)[None]
    square = isotropic(swarm.position - agreed.point[:, None])[0] ** 2
    bend = jnp.asarray(parameters.sigma) ** 2 * parameters.dt / 2 * square * surface.laplacian(swarm.position)
    position = surface.retract(swarm.position + tangential - normal * bend[None])
    return swarm_moved(objective, swarm, position.astype(swarm.position.dtype), axis), agreed


def drift_constrained_step(
    objective: Objective,
    constraint: Constraint,
    parameters: CboParameters,
    stiffness: Real[ArrayLike, ""],
    key: Key[Array, ""],
    swarm: Swarm,
    *,
    noise: Noise = anisotropic,
    axis: Axis = None,
) -> tuple[Swarm, Consensus]:
    """One step with the drift -(1/ε) ∇ Σ g_j²; `stiffness` is ε > 0.

    >>> from core.particles.objectives import sphere
    >>> from core.particles.swarm import swarm_init
    >>> swarm, quiet = swarm_init(sphere, jnp.array([[0.0, 2.0]])), CboParameters(drift=0.0, sigma=0.0)
    >>> step = lambda swarm: drift_constrained_step(sphere, lambda x: x - 1, quiet, 1e-6, jax.random.key(0), swarm)[0]
    >>> jax.jit(step)(swarm).position.round(3).tolist()
    [[1.0, 1.0]]
    """
    check_parameters(parameters)
    within("stiffness", stiffness, 0, strict=True)
    agreed = swarm_consensus(swarm, parameters.alpha, axis)
    change = cbo_move(parameters, key, swarm, agreed.point[:, None], noise, axis) - swarm.position
    pull = jnp.asarray(parameters.dt) / stiffness

    def penalty(x: Float[Array, " d"]) -> Float[Array, ""]:
        return jnp.sum(constraint(x) ** 2)

    def solved(x: Float[Array, " d"], increment: Float[Array, " d"]) -> Float[Array, " d"]:
        jacobian = jax.jacobian(constraint)(x)
        if jacobian.ndim != 2:
            raise ValueError(f"constraint gives shape {jacobian.shape[:-1]}; allowed is (constraints,)")
        # the part of D²G that is never negative: Gauss and Newton
        matrix = jnp.eye(x.shape[0], dtype=x.dtype) + pull * 2 * jacobian.T @ jacobian
        return x + jnp.linalg.solve(matrix, increment - pull * jax.grad(penalty)(x))

    position = jax.vmap(solved, in_axes=1, out_axes=1)(swarm.position, change)
    return swarm_moved(objective, swarm, position.astype(swarm.position.dtype), axis), agreed
