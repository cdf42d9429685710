"""Minimise a function of d variables in three lines, for those who want an answer and not a method.

from core.particles.minimise import minimise
result = minimise(lambda x: ((x - 1) ** 2).sum(), d=10)
print(result.point, result.energy)
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, Key

from core.particles.cbo import CboParameters, anisotropic, cbo_step, isotropic
from core.particles.loops import Stop, evolve, evolve_until
from core.particles.schedules import growing_alpha
from core.particles.swarm import Consensus, Noise, Swarm, energies, pointwise, swarm_consensus, swarm_init

NOISES: dict[str, Noise] = {"anisotropic": anisotropic, "isotropic": isotropic}

# λ dt = 0.01, and r = σ √dt where almost every path contracts fastest (theory.consensus.decay): large excursions,
# and still a geometric end.
_DT, _NOISE = 0.01, 0.7
_ALPHA, _ALPHA_GROWTH, _ALPHA_MOST = 30.0, 1.05, 1e15


class Minimum(NamedTuple):
    """What was found. The best particle is the safe answer; the consensus may be better once the swarm has agreed."""

    point: Float[Array, " d"]  # best point that was evaluated
    energy: Float[Array, ""]
    consensus: Float[Array, " d"]  # at the end
    spread: Float[Array, ""]  # root mean square distance of the swarm from it
    evaluations: Int[Array, ""]
    lost: Int[Array, ""]  # particles at the end at which the function was not finite; they have no weight
    history: Any  # best energy after each `every` steps, if asked for


def minimise(
    function: Callable[[Array], Array],
    d: int,
    *,
    low: ArrayLike = -3.0,
    high: ArrayLike = 3.0,
    particles: int | None = None,
    steps: int | None = None,
    seed: int | Key[Array, ""] = 0,
    noise: str = "anisotropic",
    sigma: float | None = None,
    stop: Stop | None = None,
    every: int | None = None,
    batched: bool = False,
) -> Minimum:
    """Least value of a function by consensus-based optimisation with defaults that suit any dimension.

    Unlike the rest of the library this is a driver: it jits what it runs.

    Args:
        function: maps a point (d,) to a number; or (d, particles) to (particles,) with `batched`.
        d: number of variables.
        low: start of the box in which the particles begin, a number or (d,); the search may leave it.
        high: end of the box.
        particles: by default 50 + 10 √d, rounded up to eights.
        steps: of the swarm, each one evaluation a particle; by default 1000, above d = 20 50 d.
        seed: an integer or a typed key.
        noise: "anisotropic" or "isotropic". The second with its default strength suits any d as well: σ is lowered to
            half of the threshold √(2 λ/(d - 2)) above which isotropic noise diverges.
        sigma: strength of the noise, σ; a number of your own is taken as it is.
        stop: a rule from `core.particles.loops`; `steps` is then the most.
        every: record the best energy after each so many steps (not with `stop`).
        batched: see `function`.

    Raises:
        ValueError: for arguments that make no sense, and when the function is finite at no particle.

    >>> result = minimise(lambda x: jnp.sum((x - 1.0) ** 2), 3, steps=200)
    >>> bool(result.energy < 1e-3)
    True
    """
    count = (
        particles
        if particles is not None
        else 8 * math.ceil((50 + 10 * math.sqrt(max(d, 1) if isinstance(d, int) else 1)) / 8)
    )
    steps = steps if steps is not None else max(1000, 50 * d) if isinstance(d, int) else 1
    start, end = _check_door(d, low, high, count, steps, noise, sigma, stop, every)
    key = jax.random.key(seed) if isinstance(seed, int) else seed
    strength = sigma if sigma is not None else _default_sigma(noise, d)
    objective = function if batched else pointwise(function)
    run = jax.jit(partial(_run, objective, NOISES[noise], strength, float((end - start).max()), steps, stop, every))
    draw = jax.random.uniform(jax.random.fold_in(key, 0), (count, d))  # a row a particle: more of them change none
    position = start[:, None] + (end - start)[:, None] * draw.T
    if not bool(jnp.isfinite(jax.jit(partial(energies, objective))(position)).any()):
        raise ValueError(f"function is finite at none of the {count} particles that start in the box low, high")
    swarm, agreed, history = run(jax.random.fold_in(key, 1), position)
    evaluations = (swarm.step + 1) * count
    if int(agreed.lost) == count:
        raise ValueError(f"function is finite at no particle after step {int(swarm.step)}; the best before: "
                         f"{float(swarm.best_energy)} at {np.asarray(swarm.best_point)}")  # fmt: skip
    return Minimum(swarm.best_point, swarm.best_energy, agreed.point, agreed.spread, evaluations, agreed.lost, history)


def _run(
    objective: Any,
    noise: Noise,
    sigma: float,
    width: float,
    steps: int,
    stop: Stop | None,
    every: int | None,
    key: Array,
    x: Array,
) -> tuple[Swarm, Consensus, Any]:
    # a swarm that has become one point to rounding would never move again
    parameters = CboParameters(1.0, sigma, dt=_DT, floor=float(jnp.finfo(x.dtype).eps) * width)

    def step(swarm: Swarm) -> tuple[Swarm, Consensus]:
        alpha = growing_alpha(_ALPHA, _ALPHA_GROWTH, _ALPHA_MOST, swarm.step)
        return cbo_step(objective, parameters._replace(alpha=alpha), key, swarm, noise=noise)

    swarm, history = swarm_init(objective, x), None
    if stop is not None:
        swarm = evolve_until(step, swarm, stop, steps)
    elif every is not None:
        swarm, history = evolve(step, swarm, steps, record=lambda now, _: now.best_energy, every=every)
    else:
        swarm, _ = evolve(step, swarm, steps)
    return swarm, swarm_consensus(swarm, _ALPHA_MOST), history


def _default_sigma(noise: str, d: int) -> float:
    strength = _NOISE / math.sqrt(_DT)
    return strength if noise == "anisotropic" or d <= 2 else min(strength, 0.5 * math.sqrt(2 / (d - 2)))


def _check_door(
    d: int, low: Any, high: Any, particles: int, steps: int, noise: str, sigma: Any, stop: Any, every: Any
) -> tuple[Array, Array]:
    for name, value, least in (("d", d, 1), ("particles", particles, 1), ("steps", steps, 1), ("every", every, 1)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
            raise ValueError(f"{name} is {value!r}; allowed is a whole number >= {least}")
    if noise not in NOISES:
        raise ValueError(f"noise is {noise!r}; allowed are {', '.join(NOISES)}")
    if sigma is not None and not (sigma >= 0 and math.isfinite(sigma)):
        raise ValueError(f"sigma is {sigma}; allowed is a number >= 0")
    if stop is not None and every is not None:
        raise ValueError("stop and every: a run that stops early has no history of known length; give one of them")
    start, end = np.asarray(low, np.float64), np.asarray(high, np.float64)
    for name, edge in (("low", start), ("high", end)):
        if edge.shape not in ((), (d,)) or not np.isfinite(edge).all():
            raise ValueError(f"{name} is {edge}; allowed is a finite number, or {d} of them")
    if not (start < end).all():
        raise ValueError(f"low is {start}, high is {end}; low must lie below high")
    return jnp.asarray(np.broadcast_to(start, (d,)) * 1.0), jnp.asarray(np.broadcast_to(end, (d,)) * 1.0)
