"""A whole search from a box, pure: what `minimise` jits, for those who map it over keys or boxes themselves."""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from core.particles.cbo import CboParameters, anisotropic, cbo_step, isotropic
from core.particles.loops import Stop, evolve, evolve_until
from core.particles.schedules import growing_alpha
from core.particles.swarm import Consensus, Noise, Objective, Swarm, swarm_consensus, swarm_init
from theory.door import count

NOISES: dict[str, Noise] = {"anisotropic": anisotropic, "isotropic": isotropic}

_DT = 0.01  # with λ = 1
_ALPHA, _ALPHA_GROWTH, _ALPHA_MOST = 30.0, 1.05, 1e15
# r = σ √dt: the most excursions that still contract (theory.consensus.decay), fewer in many dimensions, where selection
# among N is slower; after 30 % of the steps it falls to where almost every path contracts fast.
_NOISE, _NOISE_MANY, _NOISE_END, _PLATEAU = 1.0, 0.8, 0.6, 0.3


class Settings(NamedTuple):
    """Sizes, and the noise with which a search begins and ends."""

    particles: int
    steps: int
    sigma: float  # σ during the first 30 % of the steps
    sigma_end: float  # σ at the end, reached along a line


def defaults(d: int, noise: str = "anisotropic") -> Settings:
    """Settings that suit d variables; see `core.particles.minimise`.

    >>> settings = defaults(100)
    >>> settings.particles, settings.steps, settings.sigma
    (152, 10000, 8.0)
    """
    particles = 8 * math.ceil((50 + 10 * math.sqrt(count("d", d, 1))) / 8)
    steps = max(2000, min(800 * d, 8000), 100 * d)
    start = min(_NOISE, max(_NOISE_MANY, _NOISE_MANY * (100 / d) ** 0.125)) / math.sqrt(_DT)
    end = _NOISE_END / math.sqrt(_DT)
    if noise == "isotropic":  # half of the threshold above which it diverges
        start = end = end if d <= 2 else min(end, 0.5 * math.sqrt(2 / (d - 2)))
    return Settings(particles, steps, start, end)


def search(
    objective: Objective,
    settings: Settings,
    key: Key[Array, ""],
    low: Float[Array, " d"],
    high: Float[Array, " d"],
    *,
    noise: Noise = anisotropic,
    stop: Stop | None = None,
    every: int | None = None,
) -> tuple[Swarm, Consensus, Any]:
    """The swarm at the end of a search that starts evenly in a box, its consensus, and the history if asked for.

    >>> objective, settings = lambda x: jnp.sum(x**2, axis=0), defaults(2)._replace(steps=200)
    >>> one = lambda key: search(objective, settings, key, -jnp.ones(2), jnp.full(2, 3.0))[0].best_energy
    >>> many = jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(0), 3))
    >>> bool((many < 1e-3).all())
    True
    """
    # a swarm that has become one point to rounding would never move again
    floor = jnp.max(high - low) * jnp.finfo(low.dtype).eps
    x = _starts(key, settings.particles, low, high)
    run_key = jax.random.fold_in(key, 1)

    def step(swarm: Swarm) -> tuple[Swarm, Consensus]:
        alpha = growing_alpha(_ALPHA, _ALPHA_GROWTH, _ALPHA_MOST, swarm.step)
        parameters = CboParameters(1.0, _sigma(settings, swarm.step), alpha, _DT, floor=floor)
        return cbo_step(objective, parameters, run_key, swarm, noise=noise)

    swarm, history = swarm_init(objective, x), None
    if stop is not None:
        swarm = evolve_until(step, swarm, stop, settings.steps)
    elif every is not None:
        swarm, history = evolve(step, swarm, settings.steps, record=lambda now, _: now.best_energy, every=every)
    else:
        swarm, _ = evolve(step, swarm, settings.steps)
    return swarm, swarm_consensus(swarm, _ALPHA_MOST), history


def _starts(
    key: Key[Array, ""], particles: int, low: Float[Array, " d"], high: Float[Array, " d"]
) -> Float[Array, "d {particles}"]:
    """Where the particles of `search` begin: a row of random numbers each, so that more of them change none."""
    draw = jax.random.uniform(jax.random.fold_in(key, 0), (particles, low.shape[0]), low.dtype)
    return low[:, None] + (high - low)[:, None] * draw.T


def _sigma(settings: Settings, step: Int[Array, ""]) -> Array:
    share = jnp.clip((step / settings.steps - _PLATEAU) / (1 - _PLATEAU), 0, 1)
    return settings.sigma + (settings.sigma_end - settings.sigma) * share
