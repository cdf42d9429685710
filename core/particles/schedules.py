"""Schedules: what the inverse temperature, the noise and the size of a swarm become while it runs. All pure."""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int, Key, Real

from core.particles.swarm import Objective, Swarm, swarm_init
from theory.consensus.gibbs import effective_sample_size, gibbs_weights
from theory.door import within

_HALVINGS = 60


def growing_alpha(
    start: Real[ArrayLike, ""], factor: Real[ArrayLike, ""], most: Real[ArrayLike, ""], step: Int[Array, ""]
) -> Float[Array, ""]:
    """min(start · factor^step, most).

    >>> [round(float(growing_alpha(1.0, 2.0, most, jnp.asarray(3))), 3) for most in (100.0, 5.0)]
    [8.0, 5.0]
    """
    exponent = jnp.log(within("start", start, 0, strict=True)) + step * jnp.log(within("factor", factor, 1))
    return jnp.minimum(jnp.exp(jnp.minimum(exponent, math.log(1e30))), most)


def alpha_for_effective_share(
    energy: Float[Array, " particles"], share: Real[ArrayLike, ""], low: float = 1e-12, high: float = 1e30
) -> Float[Array, ""]:
    """The α at which the effective sample size is this share of the swarm, by bisection in log α.

    The effective sample size falls as α grows (its logarithm is minus the Rényi divergence of order 2), so the root is
    unique. At a share that no α reaches (ties of the best) it is `high`, or `low` for equal energies and share 1.

    >>> energy = jnp.linspace(0.0, 1.0, 100)
    >>> alpha = jax.jit(alpha_for_effective_share)(energy, 0.5)
    >>> bool(abs(effective_sample_size(gibbs_weights(energy, alpha)) - 50) < 0.01)
    True
    """
    wanted = within("share", share, 0, 1, strict=True) * energy.shape[0]

    def halve(_: Any, bracket: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bracket
        middle = (low + high) / 2
        too_cold = effective_sample_size(gibbs_weights(energy, jnp.exp(middle))) < wanted
        return jnp.where(too_cold, low, middle), jnp.where(too_cold, middle, high)

    start = (jnp.asarray(math.log(low), energy.dtype), jnp.asarray(math.log(high), energy.dtype))
    return jnp.exp(sum(jax.lax.fori_loop(0, _HALVINGS, halve, start)) / 2)


def cooled_sigma(start: Real[ArrayLike, ""], epoch: Real[ArrayLike, ""]) -> Float[Array, ""]:
    """σ_0 / log₂(epoch + 2): the cooling that goes with doubling α every epoch.

    >>> float(cooled_sigma(3.0, 2.0))  # 3 / log₂ 4
    1.5
    """
    return within("start", start, 0) / jnp.log2(within("epoch", epoch, 0) + 2.0)


def reduced_size(particles: int, old_variance: float, new_variance: float, strength: float = 0.2) -> int:
    """ceil(N (1 + μ (V' - V)/V)), between 0.8 N and N: fewer particles as the swarm contracts.

    >>> reduced_size(100, 1.0, 0.5)
    90
    """
    within("old_variance", old_variance, 0, strict=True)
    share = 1 + strength * (float(new_variance) - float(old_variance)) / float(old_variance)
    return max(1, math.ceil(particles * min(max(share, 0.8), 1.0) - 1e-9))


def reduced(objective: Objective, key: Key[Array, ""], swarm: Swarm, particles: int) -> Swarm:
    """The swarm with a random choice of its particles; outside jit between loops, since shapes change.

    What it has seen is kept; the particles that stay are evaluated again.

    >>> from core.particles.objectives import sphere
    >>> fewer = jax.jit(lambda x: reduced(sphere, jax.random.key(0), swarm_init(sphere, x), 1))(jnp.array([[0.0, 2.0]]))
    >>> fewer.position.shape, fewer.best_point.tolist()
    ((1, 1), [0.0])
    """
    here = swarm.position.shape[1]
    if not 1 <= particles <= here:
        raise ValueError(f"particles is {particles}; allowed is 1 to {here}")
    kept = jnp.sort(jax.random.choice(key, here, (particles,), replace=False))
    fewer = swarm_init(objective, swarm.position[:, kept])
    return fewer._replace(
        step=swarm.step, best_point=swarm.best_point, best_energy=swarm.best_energy, improved=swarm.improved
    )
