import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.particles.adam import AdamParameters, adam_init, adam_step
from core.particles.batches import batch_of, batch_step
from core.particles.cbo import CboParameters, cbo_step
from core.particles.constrained import drift_constrained_step, sphere_surface, surface_step
from core.particles.inertia import inertia_init, inertia_step
from core.particles.loops import evolve
from core.particles.memory import MemoryParameters, memory_init, memory_step
from core.particles.mirror import ball_mirror, box_mirror, identity_mirror, mirror_init, mirror_step, simplex_mirror
from core.particles.networks import data_batch, evaluated_anew, flat_parameters, network_objective
from core.particles.objectives import rastrigin, sphere
from core.particles.polarised import PolarisedParameters, polarised_points, polarised_step
from core.particles.sampling import SamplingParameters, sampling_step
from core.particles.swarm import swarm_consensus, swarm_init
from tests.compiled import compiled
from theory.consensus.sampling import NormalLaw
from theory.consensus.sampling import sampling_step as exact_sampling_step

KEY = jax.random.key(3)
START = np.random.default_rng(0).normal(0.5, 1, size=(2, 48))
PARAMETERS = CboParameters(1.0, 2.0, 5.0, 0.05)


@pytest.fixture(scope="module")
def plain():
    """Where plain consensus-based optimisation moves them."""
    moved, _ = compiled(lambda x: cbo_step(rastrigin, PARAMETERS, KEY, swarm_init(rastrigin, x)))(START)
    return np.asarray(moved.position)


def test_memory_with_infinite_sharpness_is_the_best_of_each_particle():
    def step(state, _):
        after = memory_step(rastrigin, MemoryParameters(), KEY, state)[0]
        return after, state

    end, seen = compiled(lambda x: jax.lax.scan(step, memory_init(rastrigin, x), None, length=13))(START)
    energy, position = seen.swarm.energy, seen.swarm.position
    assert (np.diff(seen.memory_energy, axis=0) <= 0).all()
    assert (end.memory_energy <= seen.memory_energy[-1]).all()
    best = np.argmin(energy, axis=0)
    np.testing.assert_array_equal(seen.memory_energy[-1], energy.min(0))
    np.testing.assert_array_equal(seen.memory[-1], np.take_along_axis(position, best[None, None], 0)[0])


remembering = compiled(lambda parameters, x: memory_step(sphere, parameters, KEY, memory_init(sphere, x))[0])


def test_memory_without_memory_terms_moves_by_the_gradient():
    state = remembering(MemoryParameters(0.0, 0.0, 1.0, 0.0, 0.0, dt=0.1), START)
    np.testing.assert_allclose(state.swarm.position, START * (1 - 0.2), atol=1e-14)


def test_a_soft_memory_goes_part_of_the_way_and_knows_its_energy():
    state = remembering(MemoryParameters(sharpness=2.0, take_over=0.5), START)
    share = 0.5 * (1 + np.tanh(2 * ((np.asarray(START) ** 2).sum(0) - np.asarray(state.swarm.energy)))) / 2
    np.testing.assert_allclose(
        state.memory, START + share[None] * (np.asarray(state.swarm.position) - START), atol=1e-13
    )
    np.testing.assert_allclose(state.memory_energy, (np.asarray(state.memory) ** 2).sum(0), atol=1e-12)


def test_optimising_follows_its_gaussian_closure():
    # sampling itself is claim c23 of gradient_is_all_you_need
    curvature, minimiser = np.array([[2.0, 0.3], [0.3, 0.5]]), np.array([0.4, -1.0])

    def energy(x):
        off = x - minimiser[:, None]
        return jnp.sum(off * (curvature @ off), axis=0) / 2

    particles, parameters = 8000, SamplingParameters(2.0, 0.2, 1.0)

    def step(both, _):
        swarm, law = both
        law = exact_sampling_step(law, jnp.asarray(curvature), jnp.asarray(minimiser), 2.0, 0.2, 1.0)
        return (sampling_step(energy, parameters, KEY, swarm)[0], law), None

    def run(x):
        start = swarm_init(energy, x), NormalLaw(jnp.array([1.0, 1.0]), jnp.eye(2))
        return jax.lax.scan(step, start, None, length=15)[0]

    swarm, law = compiled(run)(1 + np.random.default_rng(0).normal(size=(2, particles)))
    # errors of N^-1/2 that the interaction carries on: within some of the plain standard errors
    deviation = np.sqrt(np.diagonal(law.covariance) / particles)
    assert np.abs((np.asarray(swarm.position).mean(1) - law.mean) / deviation).max() < 8
    np.testing.assert_allclose(
        np.cov(np.asarray(swarm.position)), law.covariance, atol=0.06 * float(np.max(law.covariance))
    )


def test_polarised_consensus_is_its_formula_in_blocks_of_any_size():
    # that it tends to the plain one is claim c24 of gradient_is_all_you_need
    x = np.concatenate([START[:, :47], np.full((2, 1), 500.0)], 1)

    @compiled
    def points(alpha, reach):
        return polarised_points(swarm_init(sphere, jnp.asarray(x)), alpha, reach, block=7)

    at = np.asarray(x)
    kernel = np.exp(-0.5 * ((at[:, :, None] - at[:, None, :]) ** 2).sum(0)) * np.exp(-0.3 * (at**2).sum(0))[None]
    exact = (at @ kernel[:47].T) / kernel[:47].sum(1)[None]
    np.testing.assert_allclose(points(0.3, 1.0)[:, :47], exact, atol=1e-12)
    # far from everybody else and much worse: its own neighbourhood is all it hears
    np.testing.assert_allclose(points(1e5, 1e-3)[:, -1], [500.0, 500.0])


def test_polarised_swarms_find_both_of_two_minima():
    def wells(x):
        return jnp.minimum(sphere(x - 2), sphere(x + 2))

    parameters = PolarisedParameters(CboParameters(1.0, 1.0, 20.0, 0.05), 0.7)

    @compiled
    def run(x):
        return evolve(lambda s: polarised_step(wells, parameters, KEY, s), swarm_init(wells, x), 150)[0].position

    position = run(2 * np.random.default_rng(0).normal(size=(2, 96)))
    near = [np.mean(((position - side) ** 2).sum(0) < 0.1) for side in (2.0, -2.0)]
    assert min(near) > 0.25
    assert sum(near) > 0.9


def test_mirrors_keep_the_swarm_where_it_may_be_and_the_identity_is_plain(plain):
    inside = (
        (identity_mirror, lambda x: np.abs(x - plain) < 1e-13),
        (ball_mirror(1.0), lambda x: (x**2).sum(0) <= 1 + 1e-12),
        (box_mirror(-0.5, 0.5), lambda x: np.abs(x) <= 0.5),
        (simplex_mirror, lambda x: (x >= 0) & (np.abs(x.sum(0) - 1) < 1e-12)),
    )

    @compiled
    def ends(x):
        states = [mirror_step(rastrigin, m, PARAMETERS, KEY, mirror_init(rastrigin, m, x))[0] for m, _ in inside]
        return [state.swarm.position for state in states]

    for position, (_, allowed) in zip(ends(START), inside, strict=True):
        assert allowed(np.asarray(position)).all()


def test_a_swarm_on_the_sphere_stays_there_and_finds_the_minimum():
    target = np.array([0.6, 0.0, 0.8])

    def away(x):
        return -jnp.sum(x * target[:, None], axis=0)

    def gamma(p):
        return jnp.sqrt(p @ p) - 1

    surface = sphere_surface()

    @compiled
    def shape(x):
        exact = jax.vmap(lambda p: (jax.grad(gamma)(p), jnp.trace(jax.hessian(gamma)(p))), 1, (1, 0))(x)
        return surface.normal(x), surface.laplacian(x), *exact

    @compiled
    def run(x, parameters, steps):
        start = swarm_init(away, x)
        end = jax.lax.fori_loop(0, steps, lambda _, s: surface_step(away, surface, parameters, KEY, s)[0], start)
        return end, swarm_consensus(start, parameters.alpha)

    x = np.random.default_rng(0).normal(size=(3, 64))
    x /= np.linalg.norm(x, axis=0)
    normal, laplacian, slope, trace = shape(x)
    np.testing.assert_allclose(normal, slope, atol=1e-14)
    np.testing.assert_allclose(laplacian, trace, atol=1e-13)
    one, agreed = run(x, CboParameters(1.0, 0.0, 50.0, 0.1), 1)
    pull = 0.1 * (np.asarray(agreed.point)[:, None] - x)
    tangent = x + pull - x * (x * pull).sum(0)  # along the sphere, then back onto it
    np.testing.assert_allclose(one.position, tangent / np.linalg.norm(tangent, axis=0), atol=1e-14)
    swarm, _ = run(x, CboParameters(1.0, 0.7, 50.0, 0.1), 100)
    np.testing.assert_allclose(np.linalg.norm(swarm.position, axis=0), 1, atol=1e-14)
    assert float(swarm.best_energy) == pytest.approx(-1, abs=1e-3)


def test_the_correction_of_ito_keeps_noise_on_the_sphere_before_it_is_brought_back():
    x = np.random.default_rng(0).normal(size=(3, 256))
    x /= np.linalg.norm(x, axis=0)
    free, parameters = sphere_surface()._replace(retract=lambda x: x), CboParameters(0.0, 0.7, 50.0, 1e-3)
    moved, agreed = compiled(lambda x: surface_step(sphere, free, parameters, KEY, swarm_init(sphere, x)))(x)
    grown = (np.asarray(moved.position) ** 2).sum(0) - 1
    noise = 0.7**2 * 1e-3 * ((x - np.asarray(agreed.point)[:, None]) ** 2).sum(0)  # a direction; there are two
    assert abs(np.mean(grown)) < 4 * np.std(grown) / 16  # sqrt of 256
    assert np.mean(2 * noise) > 8 * np.std(grown) / 16  # what it is without the correction


def test_a_stiff_drift_brings_the_swarm_to_the_constraint():
    def line(x):
        return x[:1] + x[1:] - 1.0

    parameters = CboParameters(1.0, 0.7, 1e3, 0.05)
    step = lambda s: drift_constrained_step(sphere, line, parameters, 1e-4, KEY, s)  # noqa: E731
    swarm, _ = compiled(lambda x: evolve(step, swarm_init(sphere, x), 200))(START)
    assert np.abs(np.asarray(swarm.position).sum(0) - 1).max() < 0.05
    np.testing.assert_allclose(swarm.leader, 0.5, atol=0.05)


def test_a_particle_swarm_is_its_formula_for_any_inertia(plain):
    @compiled
    def moved(mass, speed):
        state = inertia_init(rastrigin, jnp.asarray(START))._replace(velocity=jnp.full(START.shape, speed))
        return inertia_step(rastrigin, PARAMETERS, mass, KEY, state)[0]

    for mass, speed in ((0.0, 1.0), (1.0, 0.0), (0.3, 2.0)):
        velocity = (mass * speed + plain - np.asarray(START)) / (mass + (1 - mass) * 0.05)
        state = moved(mass, speed)
        np.testing.assert_allclose(state.velocity, velocity, atol=1e-12)
        np.testing.assert_allclose(state.swarm.position, START + 0.05 * velocity, atol=1e-13)


def test_the_first_adam_step_has_the_size_of_its_rate():
    @compiled
    def run(parameters, steps):
        start = adam_init(rastrigin, jnp.asarray(START))
        end = jax.lax.fori_loop(0, steps, lambda _, s: adam_step(rastrigin, parameters, KEY, s)[0], start)
        return end, swarm_consensus(start.swarm, parameters.alpha)

    state, agreed = run(AdamParameters(rate=0.1, sigma=0.0), 1)
    offset = np.asarray(START) - np.asarray(agreed.point)[:, None]
    np.testing.assert_allclose(state.swarm.position - START, -0.1 * offset / (np.abs(offset) + 1e-8), atol=1e-12)
    assert float(run(AdamParameters(), 300)[0].swarm.best_energy) < 0.1


def test_an_epoch_of_batches_visits_every_particle_once():
    visited = compiled(jax.vmap(lambda step: batch_of(KEY, step, 48, 12)))(np.arange(4))
    assert sorted(np.asarray(visited).ravel().tolist()) == list(range(48))

    @compiled
    def both(x):
        swarm = swarm_init(rastrigin, x)
        some, _ = batch_step(rastrigin, PARAMETERS, KEY, swarm, 12)
        everybody, agreed = batch_step(rastrigin, PARAMETERS, KEY, swarm, 48, move="all")
        return some, rastrigin(some.position), everybody, agreed.point, swarm_consensus(swarm, 5.0).point

    some, energy, everybody, agreed, plain = both(START)
    assert int((np.asarray(some.position) != np.asarray(START)).any(0).sum()) == 12
    np.testing.assert_allclose(some.energy, energy, atol=1e-12)
    np.testing.assert_allclose(agreed, plain, atol=1e-14)
    assert (np.asarray(everybody.position) != np.asarray(START)).any(0).all()


def test_a_network_is_an_objective_and_batches_cover_the_data():
    data = (jnp.arange(12.0)[:, None], jnp.arange(12))
    seen = compiled(jax.vmap(lambda step: data_batch(KEY, step, data, 4)[1]))(np.arange(3))
    assert sorted(np.asarray(seen).ravel().tolist()) == list(range(12))
    flat, unravel = flat_parameters({"w": jnp.array([2.0]), "b": jnp.array(1.0)})
    objective = network_objective(lambda p, d: jnp.mean((d[0] @ p["w"] + p["b"]) ** 2), unravel, data)

    @compiled
    def both(x):
        swarm = swarm_init(objective, x)
        return swarm, evaluated_anew(lambda x: objective(x) + 7, swarm)

    swarm, other = both(np.stack([flat, 2 * np.asarray(flat)], axis=1))
    np.testing.assert_allclose(swarm.energy[0], np.mean((2 * np.arange(12) + 1) ** 2))
    assert float(other.best_energy) == float(swarm.best_energy) + 7
    assert int(other.step) == int(swarm.step)
