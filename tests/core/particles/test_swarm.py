from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.particles.cbo import CboParameters, anisotropic, cbo_step, isotropic, normals_for
from core.particles.hopping import HoppingParameters, hopping_step
from core.particles.loops import evolve
from core.particles.objectives import rastrigin, sphere
from core.particles.swarm import consensus_of, swarm_consensus, swarm_init
from tests.compiled import compiled

KEY = jax.random.key(3)
START = np.random.default_rng(0).normal(size=(3, 64))


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float64", 1e-14)])
def test_the_consensus_of_a_swarm_is_exact_from_alpha_zero_to_infinity(dtype, tolerance):
    position = START.astype(dtype)
    energy = compiled(rastrigin)(position).round(3).astype(dtype) + 128  # a height that costs digits
    energy[5] = energy[9] = energy.min()

    @compiled
    def points(alpha):
        x = jnp.asarray(position)
        swarm = swarm_init(lambda x: jnp.asarray(energy), x)
        return swarm_consensus(swarm, alpha).point, consensus_of(x, jnp.asarray(energy), alpha).point

    excess = energy.astype(np.longdouble) - energy.min()
    for alpha in (0.0, 1.0, 1e5, 1e15, np.inf):
        weights = np.where(excess == 0, 1, np.exp(-np.where(excess == 0, 1, excess) * np.longdouble(alpha)))
        exact = np.asarray((np.asarray(position) * weights).sum(1) / weights.sum(), float)
        for found in points(alpha):
            assert found.dtype == dtype
            np.testing.assert_allclose(found, exact, atol=tolerance)


@pytest.fixture(scope="module")
def stepped():
    """One step from the start by either kind of noise, and its normal numbers."""
    parameters = CboParameters(1.3, 0.7, 2.0, 0.05, 0.9, 0.1)

    @compiled
    def each(x):
        swarm = swarm_init(rastrigin, x)
        ends = [cbo_step(rastrigin, parameters, KEY, swarm, noise=noise) for noise in (isotropic, anisotropic)]
        return *ends, normals_for(KEY, swarm)

    return each(START)


@pytest.mark.parametrize("noise", [isotropic, anisotropic])
def test_a_step_is_the_formula(noise, stepped):
    *both, xi = stepped
    moved, agreed = both[noise is anisotropic]
    offset = np.asarray(START - agreed.point[:, None])
    size = np.linalg.norm(offset, axis=0, keepdims=True) if noise is isotropic else np.abs(offset)
    exact = START - 1.3 * 0.05 * offset + 0.7 * np.sqrt(0.05) * np.clip(size, 0.1, 0.9) * xi
    np.testing.assert_allclose(moved.position, exact, atol=1e-14)
    np.testing.assert_allclose(moved.energy, compiled(rastrigin)(exact), atol=1e-11)
    assert int(moved.step) == 1
    assert agreed.spread == pytest.approx(np.sqrt((offset**2).sum(0).mean()))


def test_the_best_particle_never_gets_worse_and_is_one_that_was_seen():
    step = partial(cbo_step, rastrigin, CboParameters(sigma=3.0), KEY)

    @compiled
    def run(x):
        start = swarm_init(rastrigin, x)
        return start, *evolve(step, start, 30, record=lambda swarm, agreed: (swarm.energy, swarm.best_energy))

    start, swarm, (energy, best) = run(START)
    seen, best = np.append(start.energy[None], energy, axis=0), np.append(start.best_energy, best)
    assert (np.diff(best) <= 0).all()
    assert swarm.best_energy == best[-1] == seen.min()
    assert compiled(rastrigin)(swarm.best_point) == pytest.approx(swarm.best_energy, abs=1e-12)
    assert seen[swarm.improved].min() == swarm.best_energy


def test_particles_without_an_energy_lose_their_weight_and_are_counted():
    def holes(x):
        return jnp.where(x[0] > 0, jnp.nan, sphere(x))

    agreed = compiled(lambda x: swarm_consensus(swarm_init(holes, x), 1.0))(START)
    alive = np.asarray(START)[:, np.asarray(START)[0] <= 0]
    assert int(agreed.lost) == START.shape[1] - alive.shape[1]
    weights = np.exp(-((alive**2).sum(0)))
    np.testing.assert_allclose(agreed.point, alive @ weights / weights.sum(), atol=1e-13)


def test_a_floor_of_the_noise_wakes_a_swarm_that_has_become_one_point():
    @compiled
    def both(x):
        swarm = swarm_init(sphere, x)
        awake = CboParameters(sigma=2.0, dt=0.25, floor=1e-3)
        some = (awake, awake._replace(floor=0.0), awake._replace(floor=None), awake._replace(floor=None, sigma=0.1))
        ends = [cbo_step(sphere, p, KEY, swarm)[0].position for p in some]
        return *ends, normals_for(KEY, swarm)

    moved, asleep, rounding, contracting, normals = both(np.ones((2, 8)))
    np.testing.assert_allclose(np.asarray(moved) - 1, 1e-3 * np.asarray(normals), atol=1e-15)
    assert (np.asarray(asleep) == 1).all()
    last_digit = np.asarray(rounding) - 1
    assert last_digit.any()
    assert np.abs(last_digit).max() <= np.abs(np.asarray(normals)).max() * np.finfo(float).eps + np.finfo(float).eps
    assert (np.asarray(contracting) == 1).all()


def test_the_dtype_is_kept():
    moved, agreed = jax.eval_shape(
        lambda x: cbo_step(rastrigin, CboParameters(), KEY, swarm_init(rastrigin, x)), START.astype(np.float32)
    )
    assert {moved.position.dtype, moved.energy.dtype, agreed.point.dtype} == {np.dtype("float32")}


def test_hopping_forgets_where_the_particles_were():
    @compiled
    def both(x):
        swarm = swarm_init(sphere, x)
        return *hopping_step(sphere, HoppingParameters(2.0, 0.5), KEY, swarm), normals_for(KEY, swarm)

    moved, agreed, normals = both(START)
    exact = np.asarray(agreed.point)[:, None] + 0.5 * np.asarray(normals)
    np.testing.assert_allclose(moved.position, exact, atol=1e-15)
