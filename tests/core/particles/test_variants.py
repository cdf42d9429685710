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
from core.particles.multiobjective import chebyshev, front_init, front_step, spread_weights, weighted_sum
from core.particles.networks import data_batch, evaluated_anew, flat_parameters, network_objective
from core.particles.objectives import rastrigin, sphere
from core.particles.polarised import PolarisedParameters, polarised_points, polarised_step
from core.particles.sampling import SamplingParameters, sampling_step
from core.particles.swarm import swarm_consensus, swarm_init
from theory.consensus.sampling import NormalLaw, sampling_scale
from theory.consensus.sampling import sampling_step as exact_sampling_step

KEY = jax.random.key(3)
START = jax.random.normal(jax.random.key(0), (2, 48)) + 0.5
PARAMETERS = CboParameters(1.0, 2.0, 5.0, 0.05)


def test_memory_with_infinite_sharpness_is_the_best_of_each_particle():
    state = memory_init(rastrigin, START)
    step = jax.jit(lambda s: memory_step(rastrigin, MemoryParameters(), KEY, s)[0])
    seen_x, seen_e = [state.swarm.position], [state.swarm.energy]
    for _ in range(12):
        new = step(state)
        assert (new.memory_energy <= state.memory_energy).all()
        seen_x.append(new.swarm.position)
        seen_e.append(new.swarm.energy)
        state = new
    best = jnp.argmin(jnp.stack(seen_e), axis=0)
    np.testing.assert_array_equal(state.memory_energy, jnp.min(jnp.stack(seen_e), axis=0))
    np.testing.assert_array_equal(state.memory, jnp.take_along_axis(jnp.stack(seen_x), best[None, None], 0)[0])


def test_memory_without_memory_terms_moves_by_the_gradient():
    parameters = MemoryParameters(0.0, 0.0, 1.0, 0.0, 0.0, dt=0.1)
    state, _ = memory_step(sphere, parameters, KEY, memory_init(sphere, START))
    np.testing.assert_allclose(state.swarm.position, START * (1 - 0.2), atol=1e-14)


def test_a_soft_memory_goes_part_of_the_way_and_knows_its_energy():
    parameters = MemoryParameters(sharpness=2.0, take_over=0.5)
    before = memory_init(sphere, START)
    state, _ = memory_step(sphere, parameters, KEY, before)
    share = 0.5 * (1 + np.tanh(2 * (np.asarray(before.memory_energy) - np.asarray(state.swarm.energy)))) / 2
    np.testing.assert_allclose(
        state.memory, START + share[None] * (np.asarray(state.swarm.position) - START), atol=1e-13
    )
    np.testing.assert_allclose(state.memory_energy, sphere(state.memory), atol=1e-12)


@pytest.mark.parametrize("optimise", [False, True])
def test_sampling_follows_its_gaussian_closure(optimise):
    curvature, minimiser = jnp.array([[2.0, 0.3], [0.3, 0.5]]), jnp.array([0.4, -1.0])

    def energy(x):
        off = x - minimiser[:, None]
        return jnp.sum(off * (curvature @ off), axis=0) / 2

    alpha, scale = 2.0, 1.0 if optimise else float(sampling_scale(2.0))
    particles, law = 60000, NormalLaw(jnp.array([1.0, 1.0]), jnp.eye(2))
    swarm = swarm_init(energy, jax.random.normal(KEY, (2, particles)) + 1)
    parameters = SamplingParameters(alpha, 0.2, scale)
    swarm, _ = jax.jit(lambda s: evolve(lambda s: sampling_step(energy, parameters, KEY, s), s, 25))(swarm)
    for _ in range(25):
        law = exact_sampling_step(law, curvature, minimiser, alpha, 0.2, scale)
    # errors of N^-1/2 that the interaction carries on: within some of the plain standard errors
    deviation = np.sqrt(np.diagonal(law.covariance) / particles)
    assert np.abs((np.asarray(swarm.position).mean(1) - law.mean) / deviation).max() < 8
    np.testing.assert_allclose(
        np.cov(np.asarray(swarm.position)), law.covariance, atol=0.03 * float(jnp.max(law.covariance))
    )


def test_polarised_consensus_tends_to_the_plain_one_like_one_over_reach_squared():
    swarm = swarm_init(rastrigin, START)
    plain = swarm_consensus(swarm, 0.3).point[:, None]
    gaps = [float(jnp.abs(polarised_points(swarm, 0.3, reach) - plain).max()) for reach in (1e2, 1e3)]
    assert gaps[0] / gaps[1] == pytest.approx(100, rel=0.01)
    naive = (
        jnp.exp(-0.5 * jnp.sum((START[:, :, None] - START[:, None, :]) ** 2, 0)) * jnp.exp(-0.3 * swarm.energy)[None]
    )
    exact = (START @ naive.T) / naive.sum(1)[None]
    np.testing.assert_allclose(polarised_points(swarm, 0.3, 1.0, block=7), exact, atol=1e-12)
    # far from everybody else and much worse: its own neighbourhood is all it hears
    lone = swarm_init(sphere, jnp.concatenate([START, jnp.full((2, 1), 500.0)], 1))
    np.testing.assert_allclose(polarised_points(lone, 1e5, 1e-3)[:, -1], [500.0, 500.0])


def test_polarised_swarms_find_both_of_two_minima():
    def wells(x):
        return jnp.minimum(sphere(x - 2), sphere(x + 2))

    swarm = swarm_init(wells, 2 * jax.random.normal(KEY, (2, 96)))
    parameters = PolarisedParameters(CboParameters(1.0, 1.0, 20.0, 0.05), 0.7)
    swarm, _ = jax.jit(lambda s: evolve(lambda s: polarised_step(wells, parameters, KEY, s), s, 150))(swarm)
    near = [float(jnp.mean(sphere(swarm.position - side) < 0.1)) for side in (2.0, -2.0)]
    assert min(near) > 0.25
    assert sum(near) > 0.9


def test_mirrors_keep_the_swarm_where_it_may_be_and_the_identity_is_plain():
    plain, _ = cbo_step(rastrigin, PARAMETERS, KEY, swarm_init(rastrigin, START))
    same, _ = mirror_step(rastrigin, identity_mirror, PARAMETERS, KEY, mirror_init(rastrigin, identity_mirror, START))
    np.testing.assert_allclose(same.swarm.position, plain.position, atol=1e-14)
    inside = {
        ball_mirror(1.0): lambda x: sphere(x) <= 1 + 1e-12,
        box_mirror(-0.5, 0.5): lambda x: (jnp.abs(x) <= 0.5).all(0),
        simplex_mirror: lambda x: (x >= 0).all(0) & (jnp.abs(x.sum(0) - 1) < 1e-12),
    }
    for mirror, allowed in inside.items():
        state = mirror_init(rastrigin, mirror, START)
        state, _ = evolve(lambda s, m=mirror: mirror_step(rastrigin, m, PARAMETERS, KEY, s), state, 5)
        assert allowed(state.swarm.position).all()


def test_a_swarm_on_the_sphere_stays_there_and_finds_the_minimum():
    target = jnp.array([0.6, 0.0, 0.8])

    def away(x):
        return -jnp.sum(x * target[:, None], axis=0)

    surface = sphere_surface()
    x = surface.retract(jax.random.normal(KEY, (3, 64)))
    normal, laplacian = surface.normal(x), surface.laplacian(x)
    gamma = lambda p: jnp.sqrt(p @ p) - 1  # noqa: E731
    np.testing.assert_allclose(normal, jax.vmap(jax.grad(gamma), 1, 1)(x), atol=1e-14)
    np.testing.assert_allclose(laplacian, jax.vmap(lambda p: jnp.trace(jax.hessian(gamma)(p)), 1)(x), atol=1e-13)
    one, agreed = surface_step(away, surface, CboParameters(1.0, 0.0, 50.0, 0.1), KEY, swarm_init(away, x))
    pull = 0.1 * (agreed.point[:, None] - x)
    tangent = x + pull - x * jnp.sum(x * pull, axis=0, keepdims=True)  # along the sphere, then back onto it
    np.testing.assert_allclose(one.position, tangent / jnp.sqrt(sphere(tangent))[None], atol=1e-14)
    parameters = CboParameters(1.0, 0.7, 50.0, 0.1)
    swarm, _ = jax.jit(lambda s: evolve(lambda s: surface_step(away, surface, parameters, KEY, s), s, 100))(
        swarm_init(away, x)
    )
    np.testing.assert_allclose(jnp.sqrt(sphere(swarm.position)), 1, atol=1e-14)
    assert float(swarm.best_energy) == pytest.approx(-1, abs=1e-3)


def test_a_stiff_drift_brings_the_swarm_to_the_constraint():
    def line(x):
        return x[:1] + x[1:] - 1.0

    parameters = CboParameters(1.0, 0.7, 1e3, 0.05)
    step = lambda s: drift_constrained_step(sphere, line, parameters, 1e-4, KEY, s)  # noqa: E731
    swarm, _ = jax.jit(lambda s: evolve(step, s, 200))(swarm_init(sphere, START))
    assert float(jnp.abs(line(swarm.position)).max()) < 0.05
    np.testing.assert_allclose(swarm_consensus(swarm, 1e3).point, 0.5, atol=0.05)


def test_without_inertia_a_particle_swarm_is_consensus_based():
    plain, _ = cbo_step(rastrigin, PARAMETERS, KEY, swarm_init(rastrigin, START))
    state, _ = inertia_step(rastrigin, PARAMETERS, 0.0, KEY, inertia_init(rastrigin, START))
    np.testing.assert_allclose(state.swarm.position, plain.position, atol=1e-13)
    heavy, _ = inertia_step(rastrigin, PARAMETERS, 1.0, KEY, inertia_init(rastrigin, START))
    np.testing.assert_allclose(heavy.swarm.position - START, 0.05 * (plain.position - START), atol=1e-13)


def test_the_first_adam_step_has_the_size_of_its_rate():
    parameters = AdamParameters(rate=0.1, sigma=0.0)
    state, agreed = adam_step(sphere, parameters, KEY, adam_init(sphere, START))
    offset = START - agreed.point[:, None]
    np.testing.assert_allclose(state.swarm.position - START, -0.1 * offset / (jnp.abs(offset) + 1e-8), atol=1e-12)
    state = adam_init(rastrigin, START)
    state, _ = jax.jit(lambda s: evolve(lambda s: adam_step(rastrigin, AdamParameters(), KEY, s), s, 300))(state)
    assert float(state.swarm.best_energy) < 0.1


def test_an_epoch_of_batches_visits_every_particle_once():
    visited = jnp.concatenate([batch_of(KEY, jnp.asarray(step), 48, 12) for step in range(4)])
    assert sorted(visited.tolist()) == list(range(48))
    swarm = swarm_init(rastrigin, START)
    moved, _ = batch_step(rastrigin, PARAMETERS, KEY, swarm, 12)
    assert int((moved.position != START).any(0).sum()) == 12
    np.testing.assert_allclose(moved.energy, rastrigin(moved.position), atol=1e-12)
    everybody, agreed = batch_step(rastrigin, PARAMETERS, KEY, swarm, 48, move="all")
    np.testing.assert_allclose(agreed.point, swarm_consensus(swarm, 5.0).point, atol=1e-14)
    assert (everybody.position != START).any(0).all()


def test_the_front_of_two_objectives_is_found_also_where_it_is_not_convex():
    def concave(x):  # the front is f_1² + f_2² = 1 for x_2 = 0
        angle, off = jnp.clip(x[0], 0, 1) * jnp.pi / 2, x[1] ** 2 + 10 * (x[0] - jnp.clip(x[0], 0, 1)) ** 2
        return jnp.stack([jnp.cos(angle), jnp.sin(angle)]) * (1 + off)[None]

    start = jax.random.uniform(KEY, (2, 48))
    ends = {}
    for rule in (chebyshev, weighted_sum):
        step = lambda s, r=rule: front_step(concave, CboParameters(1.0, 2.0, 1e4, 0.05), KEY, s, scalarisation=r)  # noqa: E731
        state, _ = jax.jit(lambda s, f=step: evolve(f, s, 150))(front_init(concave, start, spread_weights(48)))
        assert float(jnp.median(jnp.sum(state.values**2, 0))) < 1.02
        ends[rule] = jnp.min(state.values, axis=0)  # away from both ends of the front?
    assert float(jnp.mean(ends[chebyshev] > 0.1)) > 0.5
    assert float(jnp.mean(ends[weighted_sum] > 0.1)) < 0.1


def test_a_network_is_an_objective_and_batches_cover_the_data():
    data = (jnp.arange(12.0)[:, None], jnp.arange(12))
    seen = jnp.concatenate([data_batch(KEY, jnp.asarray(i), data, 4)[1] for i in range(3)])
    assert sorted(seen.tolist()) == list(range(12))
    flat, unravel = flat_parameters({"w": jnp.array([2.0]), "b": jnp.array(1.0)})
    objective = network_objective(lambda p, d: jnp.mean((d[0] @ p["w"] + p["b"]) ** 2), unravel, data)
    np.testing.assert_allclose(objective(flat[:, None]), np.mean((2 * np.arange(12) + 1) ** 2))
    swarm = swarm_init(objective, jnp.stack([flat, 2 * flat], axis=1))
    other = evaluated_anew(lambda x: objective(x) + 7, swarm)
    assert float(other.best_energy) == float(swarm.best_energy) + 7
    assert int(other.step) == int(swarm.step)


@pytest.mark.parametrize(
    ("bad", "names"),
    [
        (lambda: polarised_points(swarm_init(sphere, START), 1.0, 0.0), "reach"),
        (lambda: ball_mirror(-1.0), "radius"),
        (lambda: inertia_step(sphere, PARAMETERS, 2.0, KEY, inertia_init(sphere, START)), "inertia"),
        (lambda: batch_step(sphere, PARAMETERS, KEY, swarm_init(sphere, START), 0), "size"),
        (lambda: batch_step(sphere, PARAMETERS, KEY, swarm_init(sphere, START), 4, move="some"), "move"),
        (lambda: sampling_step(sphere, SamplingParameters(scale=0.0), KEY, swarm_init(sphere, START)), "scale"),
        (lambda: front_init(lambda x: x, START, jnp.ones((3, 48))), "weights"),
        (lambda: data_batch(KEY, jnp.asarray(0), jnp.ones((3, 1)), 4), "size"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(bad, names):
    with pytest.raises(ValueError, match=names):
        bad()
