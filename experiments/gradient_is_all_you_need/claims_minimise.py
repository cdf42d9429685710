"""How often swarms find the global minimum: by the defaults of `minimise`, and at the documented settings of a peer."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from scipy import stats

from core.dealing import over_devices
from core.particles.objectives import PROBLEMS
from core.particles.search import defaults, search
from core.verify.bound import bound
from core.verify.evidence import Evidence
from core.verify.law import law
from core.verify.trial import Trial
from experiments.gradient_is_all_you_need._documented import DOCUMENTED, NEAR, standard_error, successes

_SOLVED = ("rastrigin", "levy", "ackley", "styblinski_tang")
_NAMES = (*_SOLVED, "rosenbrock")


def _share_at_least(hits: int, runs: int) -> float:
    """Lower end of the 99 % interval of Clopper and Pearson."""
    return float(stats.beta.ppf(0.01, hits, runs - hits + 1)) if hits else 0.0


@partial(jax.jit, static_argnums=(0, 1))
def _found(d: int, mesh: Mesh, chosen: jax.Array, keys: jax.Array) -> jax.Array:
    """Whether each run finds the minimiser, which lies anywhere in the middle half of the box, at its own place.

    One program for all functions: of which of them each run is, is data.
    """
    problems = [PROBLEMS[name] for name in _NAMES]
    boxes, goals = jnp.array([p.box for p in problems], jnp.float32), jnp.array([p.minimisers(d)[0] for p in problems])

    def hit(which, key):
        low, high = boxes[which]
        shift = jax.random.uniform(jax.random.fold_in(key, 0), (d,), jnp.float32, -0.25, 0.25)
        edge = low + (high - low) * shift  # in single precision, as most will use it
        objective = lambda x: jax.lax.switch(which, [p.function for p in problems], x)  # noqa: E731
        swarm, _, _ = search(objective, defaults(d), key, edge, edge + (high - low))
        return jnp.max(jnp.abs(swarm.best_point - goals[which])) < NEAR

    return over_devices(mesh, hit, chosen, keys)


def _hits_by_default(names: tuple[str, ...], d: int, runs: int, trial: Trial) -> int:
    chosen = np.repeat([_NAMES.index(name) for name in names], runs)
    keys = jax.jit(lambda key: jax.random.split(key, runs)[np.arange(len(chosen)) % runs])(trial.key)
    return int(np.sum(_found(d, trial.mesh, chosen, keys)))


def c32_defaults_find_the_minimum_of_many(trial: Trial) -> Evidence:
    """`minimise` finds the least of the many minima of four functions in most runs, for d up to 100 (smoke: 10)."""
    runs = {10: 2} if trial.effort == 1 else {3: 20, 10: 20, 30: 10, 100: 5}
    least = [
        _share_at_least(_hits_by_default(_SOLVED, d, each, trial), each * len(_SOLVED)) for d, each in runs.items()
    ]
    return bound(np.array(least) - 0.5, tolerance=0.0)


def c34_defaults_follow_a_curved_valley(trial: Trial) -> Evidence:
    """`minimise` finds the end of Rosenbrock's valley in most runs, for d = 5 and 10 (smoke: 5)."""
    runs, dimensions = (7, (5,)) if trial.effort == 1 else (30, (5, 10))
    hits = [_hits_by_default(("rosenbrock",), d, runs, trial) for d in dimensions]
    return bound(np.array([_share_at_least(each, runs) for each in hits]) - 0.5, tolerance=0.0)


def c33_success_at_the_documented_settings_of_a_peer(trial: Trial) -> Evidence:
    """At the documented settings of CBXpy (d = 2 and 20, α growing by 1.05 to 10^5) success is as frequent as there."""
    found, exact, error = [], [], []
    for setting in DOCUMENTED:
        runs, (wins, tries) = (20 if setting.d == 2 else 2) * min(trial.effort, 10), setting.peer
        hits = successes(setting, trial.key, runs, trial.mesh)
        found.append(hits / runs)
        exact.append(wins / tries)
        error.append(standard_error((hits, runs), setting.peer))
    return law(np.array(found), np.array(exact), np.array(error))
