"""Consensus hopping: forget the swarm, draw a new one around the consensus point of the last.

x_k = x_α(X_1, ..., X_N),   X_i ~ N(x_{k-1}, s² I)
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Key, Real

from core.particles.cbo import normals_for
from core.particles.reductions import Axis
from core.particles.swarm import Consensus, Objective, Swarm, check_parameters, swarm_consensus, swarm_moved


class HoppingParameters(NamedTuple):
    """All may be traced."""

    alpha: Real[ArrayLike, ""] = 100.0  # α in [0, ∞]
    width: Real[ArrayLike, ""] = 0.5  # s > 0; the hop approximates a proximal step of size α s²


def hopping_step(
    objective: Objective, parameters: HoppingParameters, key: Key[Array, ""], swarm: Swarm, *, axis: Axis = None
) -> tuple[Swarm, Consensus]:
    """Moves the swarm to fresh draws around its consensus point; the swarm comes from `swarm_init`.

    >>> import jax
    >>> from core.particles.objectives import sphere
    >>> from core.particles.swarm import swarm_init
    >>> swarm, narrow = swarm_init(sphere, jnp.array([[0.0, 2.0]])), HoppingParameters(alpha=0.0, width=1e-6)
    >>> hopping_step(sphere, narrow, jax.random.key(0), swarm)[0].position.round(4).tolist()
    [[1.0, 1.0]]
    """
    check_parameters(parameters, positive=("width",))
    agreed = swarm_consensus(swarm, parameters.alpha, axis)
    position = around(agreed.point, parameters.width, key, swarm, axis)
    return swarm_moved(objective, swarm, position, axis), agreed


def around(
    centre: Float[Array, " d"], width: Real[ArrayLike, ""], key: Key[Array, ""], swarm: Swarm, axis: Axis = None
) -> Float[Array, "d particles"]:
    """As many draws from N(centre, width² I) as the swarm has particles.

    >>> import jax
    >>> from core.particles.objectives import sphere
    >>> from core.particles.swarm import swarm_init
    >>> swarm = swarm_init(sphere, jnp.array([[0.0, 2.0]]))
    >>> around(jnp.array([5.0]), 1e-6, jax.random.key(0), swarm).round(4).tolist()
    [[5.0, 5.0]]
    """
    return centre[:, None] + jnp.asarray(width, centre.dtype) * normals_for(key, swarm, axis)
