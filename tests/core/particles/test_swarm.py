import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.particles.cbo import CboParameters, anisotropic, cbo_step, isotropic, normals_for
from core.particles.hopping import HoppingParameters, hopping_step
from core.particles.objectives import rastrigin, sphere
from core.particles.swarm import check_parameters, consensus_of, swarm_consensus, swarm_init
from theory.consensus.decay import euler_square_factor
from theory.consensus.gibbs import consensus_point

KEY = jax.random.key(3)
START = jax.random.normal(jax.random.key(0), (3, 64))


@pytest.mark.parametrize("alpha", [0.0, 1.0, 1e5, 1e15, np.inf])
def test_the_consensus_of_a_swarm_is_that_of_the_theory(alpha):
    swarm = swarm_init(rastrigin, START)
    exact = consensus_point(START, rastrigin(START), alpha)
    np.testing.assert_allclose(swarm_consensus(swarm, alpha).point, exact, atol=1e-14)
    np.testing.assert_allclose(consensus_of(START, rastrigin(START), alpha).point, exact, atol=1e-14)


@pytest.mark.parametrize("noise", [isotropic, anisotropic])
def test_a_step_is_the_formula(noise):
    parameters = CboParameters(1.3, 0.7, 2.0, 0.05, 0.9, 0.1)
    swarm = swarm_init(rastrigin, START)
    moved, agreed = cbo_step(rastrigin, parameters, KEY, swarm, noise=noise)
    offset = np.asarray(START - agreed.point[:, None])
    size = np.linalg.norm(offset, axis=0, keepdims=True) if noise is isotropic else np.abs(offset)
    xi = np.asarray(normals_for(KEY, swarm))
    exact = START - 1.3 * 0.05 * offset + 0.7 * np.sqrt(0.05) * np.clip(size, 0.1, 0.9) * xi
    np.testing.assert_allclose(moved.position, exact, atol=1e-14)
    np.testing.assert_allclose(moved.energy, rastrigin(jnp.asarray(exact)), atol=1e-11)
    assert int(moved.step) == 1
    assert agreed.spread == pytest.approx(np.sqrt((offset**2).sum(0).mean()))


@pytest.mark.parametrize(("noise", "d"), [(isotropic, 3), (anisotropic, 1)])
def test_second_moment_of_one_step_around_a_frozen_centre(noise, d):
    # all weight on a particle at the origin: it stays, and the others are one exact step of the linear scheme
    x = jnp.concatenate([jnp.zeros((3, 1)), jax.random.normal(KEY, (3, 79999))], axis=1)
    swarm = swarm_init(sphere, x)
    moved, agreed = cbo_step(sphere, CboParameters(1.0, 2.0, jnp.inf, 0.04), KEY, swarm, noise=noise)
    assert float(jnp.abs(agreed.point).max()) == 0
    before, after = (np.asarray(s.position) ** 2 for s in (swarm, moved))
    factor = float(euler_square_factor(0.04, 0.4, d))
    gain = after.sum(0) - factor * before.sum(0)
    assert abs(gain.mean()) < 4 * gain.std() / np.sqrt(gain.size)


def test_a_swarm_at_equal_distance_hops():
    # λ dt = 1 and all at distance r of the consensus: a hop of width σ √dt r
    angle = jnp.arange(64) * 2 * jnp.pi / 64
    ring = jnp.stack([jnp.cos(angle), jnp.sin(angle)]) * 0.8
    swarm = swarm_init(lambda x: jnp.zeros(x.shape[1]), ring)
    moved, _ = cbo_step(sphere, CboParameters(2.0, 1.5, 1.0, 0.5), KEY, swarm, noise=isotropic)
    hopped, _ = hopping_step(sphere, HoppingParameters(1.0, 1.5 * np.sqrt(0.5) * 0.8), KEY, swarm)
    np.testing.assert_allclose(moved.position, hopped.position, atol=1e-14)


def test_the_best_particle_never_gets_worse_and_is_one_that_was_seen():
    swarm, seen = swarm_init(rastrigin, START), [rastrigin(START)]
    step = jax.jit(lambda s: cbo_step(rastrigin, CboParameters(sigma=3.0), KEY, s)[0])
    for _ in range(30):
        new = step(swarm)
        assert float(new.best_energy) <= float(swarm.best_energy)
        seen.append(new.energy)
        swarm = new
    assert float(swarm.best_energy) == float(jnp.min(jnp.stack(seen)))
    assert float(rastrigin(swarm.best_point)) == pytest.approx(float(swarm.best_energy), abs=1e-12)
    assert float(jnp.min(seen[int(swarm.improved)])) == float(swarm.best_energy)


def test_particles_without_an_energy_lose_their_weight_and_are_counted():
    def holes(x):
        return jnp.where(x[0] > 0, jnp.nan, sphere(x))

    swarm = swarm_init(holes, START)
    agreed = swarm_consensus(swarm, 1.0)
    assert int(agreed.lost) == int((START[0] > 0).sum())
    alive = START[0] <= 0
    np.testing.assert_allclose(agreed.point, consensus_point(START[:, alive], sphere(START[:, alive]), 1.0), atol=1e-13)
    assert np.isfinite(cbo_step(holes, CboParameters(sigma=0.1), KEY, swarm)[0].position).all()


def test_a_floor_of_the_noise_wakes_a_swarm_that_has_become_one_point():
    swarm = swarm_init(sphere, jnp.ones((2, 8)))
    moved, _ = cbo_step(sphere, CboParameters(sigma=2.0, dt=0.25, floor=1e-3), KEY, swarm)
    np.testing.assert_allclose(moved.position - 1, 1e-3 * normals_for(KEY, swarm), atol=1e-15)


def test_a_swarm_of_one_stays_where_it_is():
    swarm = swarm_init(sphere, jnp.ones((2, 1)))
    moved, agreed = cbo_step(sphere, CboParameters(), KEY, swarm)
    assert moved.position.tolist() == [[1.0], [1.0]]
    assert float(agreed.effective) == 1


def test_the_dtype_is_kept():
    swarm = swarm_init(rastrigin, START.astype(jnp.float32))
    moved, agreed = cbo_step(rastrigin, CboParameters(), KEY, swarm)
    assert {moved.position.dtype, moved.energy.dtype, agreed.point.dtype} == {jnp.dtype("float32")}


def test_hopping_forgets_where_the_particles_were():
    swarm = swarm_init(sphere, START)
    moved, agreed = hopping_step(sphere, HoppingParameters(2.0, 0.5), KEY, swarm)
    exact = np.asarray(agreed.point)[:, None] + 0.5 * np.asarray(normals_for(KEY, swarm))
    np.testing.assert_allclose(moved.position, exact, atol=1e-15)


@pytest.mark.parametrize(
    ("bad", "names"),
    [
        (lambda: swarm_init(sphere, jnp.ones((0, 5))), "position"),
        (lambda: swarm_init(sphere, jnp.ones((5, 0))), "position"),
        (lambda: swarm_init(sphere, jnp.full((2, 5), jnp.nan)), "finite"),
        (lambda: swarm_init(lambda x: x, jnp.ones((2, 5))), "objective"),
        (lambda: swarm_init(lambda x: jnp.ones(5, int), jnp.ones((2, 5))), "objective"),
        (lambda: check_parameters(CboParameters(alpha=-1.0)), "alpha"),
        (lambda: check_parameters(CboParameters(sigma=-1.0)), "sigma"),
        (lambda: check_parameters(CboParameters(sigma=float("nan"))), "sigma"),
        (lambda: check_parameters(CboParameters(dt=0.0)), "dt"),
        (lambda: hopping_step(sphere, HoppingParameters(width=0.0), KEY, swarm_init(sphere, START)), "width"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(bad, names):
    with pytest.raises(ValueError, match=names):
        bad()
