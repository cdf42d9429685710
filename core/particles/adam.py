"""Adam-CBO (Chen, Jin, Lyu 2022): the drift to the consensus is smoothed and normalised as Adam does with gradients.

    M' = β₁ M + (1 - β₁)(X - c),    V' = β₂ V + (1 - β₂)(X - c)²
    X' = X - λ M̂ / (√V̂ + ε) + σ_t ξ,     σ_t = σ · decay^t

The noise has one strength for all particles and cools on its own.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Key, Real

from core.particles.cbo import normals_for
from core.particles.reductions import Axis
from core.particles.swarm import Consensus, Objective, Swarm, check_parameters, swarm_consensus, swarm_init, swarm_moved
from theory.door import within


class AdamParameters(NamedTuple):
    """All may be traced."""

    rate: Real[ArrayLike, ""] = 0.1  # λ > 0
    sigma: Real[ArrayLike, ""] = 0.5  # σ of the first step
    alpha: Real[ArrayLike, ""] = 1e5  # α in [0, ∞]
    first: Real[ArrayLike, ""] = 0.9  # β₁ in [0, 1)
    second: Real[ArrayLike, ""] = 0.99  # β₂ in [0, 1)
    decay: Real[ArrayLike, ""] = 0.99  # of σ, each step
    epsilon: Real[ArrayLike, ""] = 1e-8  # ε


class AdamSwarm(NamedTuple):
    """A swarm with the running moments of its offsets."""

    swarm: Swarm
    mean: Float[Array, "d particles"]  # M
    square: Float[Array, "d particles"]  # V


def adam_init(objective: Objective, position: Float[Array, "d particles"], axis: Axis = None) -> AdamSwarm:
    """A swarm whose moments are zero.

    >>> from core.particles.objectives import sphere
    >>> adam_init(sphere, jnp.array([[0.0, 2.0]])).mean.tolist()
    [[0.0, 0.0]]
    """
    swarm = swarm_init(objective, position, axis)
    return AdamSwarm(swarm, jnp.zeros_like(swarm.position), jnp.zeros_like(swarm.position))


def adam_step(
    objective: Objective, parameters: AdamParameters, key: Key[Array, ""], state: AdamSwarm, *, axis: Axis = None
) -> tuple[AdamSwarm, Consensus]:
    """One step.

    >>> import jax
    >>> from core.particles.objectives import sphere
    >>> start, quiet = adam_init(sphere, jnp.array([[0.0, 2.0]])), AdamParameters(rate=0.25, sigma=0.0, alpha=0.0)
    >>> state, _ = jax.jit(lambda start: adam_step(sphere, quiet, jax.random.key(0), start))(start)
    >>> state.swarm.position.round(4).tolist()  # the first step is as long as the rate
    [[0.25, 1.75]]
    """
    check_parameters(parameters, positive=("rate",))
    within("1 - first", 1 - jnp.asarray(parameters.first), 0, 1, strict=True)
    within("1 - second", 1 - jnp.asarray(parameters.second), 0, 1, strict=True)
    swarm, dtype = state.swarm, state.swarm.position.dtype
    rate, sigma, alpha, first, second, decay, epsilon = (jnp.asarray(value, dtype) for value in parameters)
    agreed = swarm_consensus(swarm, alpha, axis)
    offset = swarm.position - agreed.point[:, None]
    mean = first * state.mean + (1 - first) * offset
    square = second * state.square + (1 - second) * offset**2
    count = (swarm.step + 1).astype(dtype)
    unbiased, spread = mean / (1 - first**count), jnp.sqrt(square / (1 - second**count))
    kick = sigma * decay ** swarm.step.astype(dtype) * normals_for(key, swarm, axis)
    position = swarm.position - rate * unbiased / (spread + epsilon) + kick
    return AdamSwarm(swarm_moved(objective, swarm, position, axis), mean, square), agreed
