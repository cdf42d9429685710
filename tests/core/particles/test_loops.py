import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.particles.cbo import CboParameters, cbo_step
from core.particles.loops import any_of, consensus_path, energy_below, evolve, evolve_until, spread_below, stagnant_for
from core.particles.objectives import sphere
from core.particles.swarm import swarm_init

KEY = jax.random.key(0)
SWARM = swarm_init(sphere, jax.random.normal(KEY, (2, 32)) + 1)


def step(swarm):
    return cbo_step(sphere, CboParameters(sigma=3.0, alpha=1e3), KEY, swarm)


def test_the_history_does_not_change_the_run():
    plain, nothing = jax.jit(lambda s: evolve(step, s, 20))(SWARM)
    told, path = jax.jit(lambda s: evolve(step, s, 20, record=consensus_path, every=5))(SWARM)
    np.testing.assert_array_equal(plain.position, told.position)
    assert nothing is None
    assert path.shape == (4, 2)
    stopped = evolve_until(step, SWARM, lambda swarm, _: swarm.step >= 20, 100)
    np.testing.assert_array_equal(plain.position, stopped.position)


def test_stopping_rules_stop_where_they_say():
    first = evolve_until(step, SWARM, energy_below(1e-3), 500)
    assert float(first.best_energy) <= 1e-3 < float(evolve(step, SWARM, int(first.step) - 1)[0].best_energy)
    assert int(evolve_until(step, SWARM, energy_below(-1.0), 7).step) == 7
    idle = evolve_until(step, SWARM, stagnant_for(12), 2000)
    assert int(idle.step - idle.improved) == 12
    either = evolve_until(step, SWARM, any_of(energy_below(1e-3), spread_below(1e-9)), 500)
    assert int(either.step) == int(first.step)


def test_many_runs_at_once_stop_each_for_itself():
    starts = jnp.stack([SWARM.position, SWARM.position - 0.5])

    def run(x):
        swarm = evolve_until(step, swarm_init(sphere, x), energy_below(1e-3), 500)
        return swarm.step, swarm.best_energy

    steps, energies = jax.jit(jax.vmap(run))(starts)
    alone = run(starts[1])
    assert int(steps[1]) == int(alone[0])
    assert (energies <= 1e-3).all()


def test_bad_loops_are_refused():
    with pytest.raises(ValueError, match="every"):
        evolve(step, SWARM, 10, record=consensus_path, every=3)
    with pytest.raises(ValueError, match="steps"):
        evolve(step, SWARM, -1)
    with pytest.raises(ValueError, match="any_of"):
        any_of()
