"""The latent-path model of this paper: right and wrong answers whose rewards are misleading early."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from core.particles.resampling import multinomial
from theory.consensus.annealing import annealed_weights
from theory.consensus.gibbs import effective_sample_size

METHODS = ("plain", "annealed", "annealed, look-ahead")
PLAIN, ANNEALED, LOOK_AHEAD = range(3)


class Model(NamedTuple):
    """Log rewards of a step: noise, plus `bias` for wrong paths in the first half, plus `gain` for right ones after."""

    steps: int = 16
    right: float = 0.3  # share of right paths at the start
    bias: float | jax.Array = 0.7
    gain: float = 2.0
    noise: float | jax.Array = 1.5  # large: the reward is overconfident, few particles have most of the weight


class History(NamedTuple):
    """After each step."""

    effective: jax.Array  # (steps,) ESS/N of the weights before annealing
    lineages: jax.Array  # (steps,) distinct ancestors left, over N
    right: jax.Array  # (steps,) share of right particles


def run_filter(model: Model, particles: int, method: int | jax.Array, key: jax.Array) -> History:
    """One run; a particle of the end is right with probability `right[-1]`. Annealing acts at every step.

    The method is its number in `METHODS`, and may be traced.
    """
    start_key, noise_key, parent_key = jax.random.split(key, 3)
    right = (jax.random.uniform(start_key, (particles,)) < model.right).astype(jnp.float64)
    noise = model.noise * jax.random.normal(noise_key, (model.steps + 1, particles))

    def reward(step: jax.Array, right: jax.Array, noise: jax.Array) -> jax.Array:
        early = step < model.steps // 2
        return jnp.where(early, model.bias * (1 - right), model.gain * right) + noise

    def step(carry: tuple[jax.Array, jax.Array], t: jax.Array) -> tuple[tuple[jax.Array, jax.Array], History]:
        right, ancestor = carry
        ahead = reward(t + 1, right, noise[t + 1])  # what the step after this one will say of the particle
        log_weight = reward(t, right, noise[t]) + jnp.where(method == LOOK_AHEAD, ahead, 0)
        weights = jnp.exp(log_weight - jnp.max(log_weight))
        effective = effective_sample_size(weights) / particles
        flat = jnp.where(method == PLAIN, weights, annealed_weights(weights, t / model.steps, 1.0))
        parents = multinomial(jax.random.fold_in(parent_key, t), flat)
        right, ancestor = right[parents], ancestor[parents]
        alive = jnp.sum(jnp.bincount(ancestor, length=particles) > 0) / particles
        return (right, ancestor), History(effective, alive, jnp.mean(right))

    return jax.lax.scan(step, (right, jnp.arange(particles)), jnp.arange(model.steps))[1]
