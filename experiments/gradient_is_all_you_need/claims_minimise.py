"""How often swarms find the global minimum: by the defaults of `minimise`, and at the documented settings of a peer."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

from core.particles.cbo import CboParameters, anisotropic, cbo_step, isotropic
from core.particles.loops import evolve
from core.particles.objectives import PROBLEMS, ackley, rastrigin
from core.particles.schedules import growing_alpha
from core.particles.search import defaults, search
from core.particles.swarm import Noise, Objective, swarm_init
from core.verify.bound import bound
from core.verify.evidence import Evidence
from core.verify.law import law
from core.verify.trial import Trial

_NEAR = 0.25  # success: every coordinate of the best point this close to the minimiser
_SOLVED = ("rastrigin", "levy", "ackley", "styblinski_tang")


def _hits_by_default(name: str, d: int, keys: jax.Array) -> int:
    """Runs that find the minimiser, which lies anywhere in the middle half of the box, another place in each run."""
    problem = PROBLEMS[name]
    low, high = problem.box
    goal, settings = jnp.asarray(problem.minimisers(d)[0]), defaults(d)

    def hit(key):
        shift = jax.random.uniform(jax.random.fold_in(key, 0), (d,), jnp.float32, -0.25, 0.25)
        edge = low + (high - low) * shift  # in single precision, as most will use it
        swarm, _, _ = search(problem.function, settings, key, edge, edge + (high - low))
        return jnp.max(jnp.abs(swarm.best_point - goal)) < _NEAR

    return int(jnp.sum(jax.jit(lambda keys: jax.lax.map(hit, keys))(keys)))


def c32_defaults_find_the_minimum_of_many(trial: Trial) -> Evidence:
    """`minimise` finds the least of the many minima of four functions in most runs, for d up to 100 (smoke: 10)."""
    runs = {3: 2 * trial.effort, 10: 2 * trial.effort} if trial.effort == 1 else {3: 20, 10: 20, 30: 10, 100: 4}
    least = []
    for d, each in runs.items():
        hits = sum(_hits_by_default(name, d, jax.random.split(trial.key, each)) for name in _SOLVED)
        total = each * len(_SOLVED)
        least.append(stats.beta.ppf(0.01, hits, total - hits + 1) if hits else 0.0)  # Clopper and Pearson, 99 %
    return bound(np.array(least) - 0.5, tolerance=0.0)


class _Setting(NamedTuple):
    d: int
    particles: int
    steps: int
    noise: Noise
    sigma: float
    alpha: float
    objective: Objective
    peer: tuple[int, int]  # successes and runs of CBXpy 1.0.4, in float64


_DOCUMENTED = (
    _Setting(2, 20, 1000, isotropic, 5.1, 1.0, rastrigin, (1333, 1600)),
    _Setting(2, 20, 1000, isotropic, 5.1, 1.0, ackley, (400, 400)),
    _Setting(20, 40, 5000, anisotropic, 10.1, 30.0, rastrigin, (60, 60)),
    _Setting(20, 40, 5000, anisotropic, 10.1, 30.0, ackley, (60, 60)),
)


def c33_success_at_the_documented_settings_of_a_peer(trial: Trial) -> Evidence:
    """At the documented settings of CBXpy (d = 2 and 20, α growing by 1.05 to 10^5) success is as frequent as there."""
    found, exact, error = [], [], []
    for setting in _DOCUMENTED:

        def hit(key, s=setting):
            x = jax.random.uniform(jax.random.fold_in(key, 0), (s.d, s.particles), minval=-3, maxval=3)

            def step(swarm):
                alpha = growing_alpha(s.alpha, 1.05, 1e5, swarm.step)
                return cbo_step(s.objective, CboParameters(1.0, s.sigma, alpha), key, swarm, noise=s.noise)

            return jnp.max(jnp.abs(evolve(step, swarm_init(s.objective, x), s.steps)[0].best_point)) < _NEAR

        runs = (20 if setting.d == 2 else 2) * min(trial.effort, 10)
        hits = int(jnp.sum(jax.jit(jax.vmap(hit))(jax.random.split(trial.key, runs))))
        wins, tries = setting.peer
        chance = (hits + wins + 1) / (runs + tries + 2)  # of both; never 0 or 1, where a normal interval has no width
        found.append(hits / runs)
        exact.append(wins / tries)
        error.append(math.sqrt(chance * (1 - chance) * (1 / runs + 1 / tries)))
    return law(np.array(found), np.array(exact), np.array(error))
