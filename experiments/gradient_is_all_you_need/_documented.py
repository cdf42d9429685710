"""The settings that CBXpy documents, and how often a swarm of ours finds the minimum at them."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from core.dealing import over_devices
from core.particles.cbo import CboParameters, anisotropic, cbo_step, isotropic
from core.particles.loops import evolve
from core.particles.objectives import PROBLEMS
from core.particles.schedules import growing_alpha
from core.particles.swarm import swarm_init

NEAR = 0.25  # success: every coordinate of the best point this close to the minimiser, 0
OBJECTIVES = ("rastrigin", "ackley")
NOISES = {"isotropic": isotropic, "anisotropic": anisotropic}


class Setting(NamedTuple):
    """A search from U[-3, 3]^d with λ = 1 and dt = 0.01, α growing by 1.05 a step to 10^5."""

    objective: str
    d: int
    particles: int
    steps: int
    noise: str
    sigma: float
    alpha: float  # at first
    peer: tuple[int, int]  # successes and runs of CBXpy 1.0.4, in float64


DOCUMENTED = (
    Setting("rastrigin", 2, 20, 1000, "isotropic", 5.1, 1.0, (1333, 1600)),
    Setting("ackley", 2, 20, 1000, "isotropic", 5.1, 1.0, (400, 400)),
    Setting("rastrigin", 20, 40, 5000, "anisotropic", 10.1, 30.0, (60, 60)),
    Setting("ackley", 20, 40, 5000, "anisotropic", 10.1, 30.0, (60, 60)),
)


def successes(setting: Setting, key: jax.Array, runs: int, mesh: Mesh) -> int:
    """How many of so many runs find the minimum."""
    # the objective is an argument and not a part of the program, which serves all of them
    anywhere = setting._replace(objective="any", peer=(0, 0))
    return int(_hits(anywhere, runs, mesh, OBJECTIVES.index(setting.objective), key))


@partial(jax.jit, static_argnums=(0, 1, 2))
def _hits(setting: Setting, runs: int, mesh: Mesh, chosen: jax.Array, key: jax.Array) -> jax.Array:
    functions = [PROBLEMS[name].function for name in OBJECTIVES]

    def objective(x: jax.Array) -> jax.Array:
        return jax.lax.switch(chosen, functions, x)

    def hit(key: jax.Array) -> jax.Array:
        x = jax.random.uniform(jax.random.fold_in(key, 0), (setting.d, setting.particles), minval=-3, maxval=3)

        def step(swarm):
            alpha = growing_alpha(setting.alpha, 1.05, 1e5, swarm.step)
            parameters = CboParameters(1.0, setting.sigma, alpha)
            return cbo_step(objective, parameters, key, swarm, noise=NOISES[setting.noise])

        return jnp.max(jnp.abs(evolve(step, swarm_init(objective, x), setting.steps)[0].best_point)) < NEAR

    return jnp.sum(over_devices(mesh, hit, jax.random.split(key, runs), together=runs))


def standard_error(ours: tuple[int, int], theirs: tuple[int, int]) -> float:
    """Of the difference of two success rates, each (successes, runs), if the chance is the same for both."""
    wins, tries = ours[0] + theirs[0] + 1, ours[1] + theirs[1] + 2  # never 0 or 1, where an interval has no width
    return float(np.sqrt(wins / tries * (1 - wins / tries) * (1 / ours[1] + 1 / theirs[1])))
