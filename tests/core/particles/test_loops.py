import jax
import numpy as np
import pytest

from core.particles.cbo import CboParameters, cbo_step
from core.particles.loops import any_of, consensus_path, energy_below, evolve, evolve_until, spread_below, stagnant_for
from core.particles.objectives import sphere
from core.particles.swarm import swarm_init
from tests.compiled import compiled

KEY = jax.random.key(0)
SWARM = compiled(lambda key: swarm_init(sphere, jax.random.normal(key, (2, 32)) + 1))(KEY)


def step(swarm):
    return cbo_step(sphere, CboParameters(sigma=3.0, alpha=1e3), KEY, swarm)


def test_the_history_does_not_change_the_run():
    @compiled
    def three(swarm):
        stopped = evolve_until(step, swarm, lambda swarm, _: swarm.step >= 20, 100)
        told, path = evolve(step, swarm, 20, record=consensus_path, every=5)
        return *evolve(step, swarm, 20), told, path, stopped

    plain, nothing, told, path, stopped = three(SWARM)
    np.testing.assert_array_equal(plain.position, told.position)
    assert nothing is None
    assert path.shape == (4, 2)
    np.testing.assert_array_equal(plain.position, stopped.position)


def test_stopping_rules_stop_where_they_say():
    # one loop for all rules; many runs at once, each of which stops for itself
    def run(limits):
        level, patience, spread = limits
        rules = (energy_below(level), lambda swarm, agreed: swarm.step - swarm.improved >= patience)
        return evolve_until(step, SWARM, any_of(*rules, spread_below(spread)), 500)

    ends = compiled(jax.vmap(run))(np.array([[1e-3, 1e9, 0.0], [-1.0, 12, 0.0], [-1.0, 1e9, 1e-2], [-1.0, 1e9, 0.0]]))
    path = compiled(lambda s: evolve(step, s, 500, record=lambda now, seen: (now.best_energy, seen.spread))[1])(SWARM)
    best, spread = map(np.asarray, path)
    steps = np.asarray(ends.step).tolist()
    improved = np.append(0, np.flatnonzero(np.diff(np.append(np.inf, best)) < 0) + 1)
    idle = next(i for i in range(1, 501) if i - improved[improved <= i].max() >= 12)
    assert steps == [np.argmax(best <= 1e-3) + 1, idle, np.argmax(spread <= 1e-2) + 1, 500]


def test_a_swarm_that_stagnates_has_not_improved_for_so_long():
    swarm = SWARM._replace(step=np.int32(20), improved=np.int32(8))
    assert bool(stagnant_for(12)(swarm, None))
    assert not bool(stagnant_for(13)(swarm, None))


def test_bad_loops_are_refused():
    with pytest.raises(ValueError, match="every"):
        evolve(step, SWARM, 10, record=consensus_path, every=3)
    with pytest.raises(ValueError, match="steps"):
        evolve(step, SWARM, -1)
    with pytest.raises(ValueError, match="any_of"):
        any_of()
