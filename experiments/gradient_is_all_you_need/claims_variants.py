"""Variants of the swarm: sampling, polarised, truncated, inertial, in batches, and with a network as objective."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from core.dealing import over_devices
from core.particles import batches, cbo, inertia, polarised, sampling
from core.particles.loops import evolve
from core.particles.networks import data_batch, evaluated_anew, flat_parameters, network_objective
from core.particles.objectives import rastrigin_soft, sphere
from core.particles.schedules import cooled_sigma, growing_alpha
from core.particles.swarm import swarm_consensus, swarm_init
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine
from core.verify.identity import identity
from core.verify.law import law
from core.verify.order import order
from core.verify.trial import Trial
from experiments.gradient_is_all_you_need._swarms import consensus_run
from theory.consensus.finite_swarm import batch_square_error
from theory.consensus.sampling import NormalLaw, sampling_scale
from theory.consensus.sampling import sampling_step as exact_sampling_step


def c23_sampling_closure(trial: Trial) -> Evidence:
    """Consensus-based sampling of a quadratic keeps laws normal: m' = bm + (1-b)m_α, C' = b²C + (1-b²)C_α/λ."""
    alpha, particles = 2.0, 2000 * trial.effort

    def exact_step(_, law):
        return exact_sampling_step(law, 2 * jnp.eye(1), jnp.zeros(1), alpha, 0.2, sampling_scale(alpha))

    def run(key):
        energy = lambda x: jnp.sum(x * x, axis=0)  # noqa: E731
        parameters = sampling.SamplingParameters(alpha, 0.2, sampling_scale(alpha))
        swarm = swarm_init(energy, jax.random.normal(key, (1, particles)) + 1)
        end = evolve(lambda s: sampling.sampling_step(energy, parameters, key, s), swarm, 15)[0].position
        return jnp.stack([end.mean(), end.var()])

    @jax.jit
    def both(key):
        exact = jax.lax.fori_loop(0, 15, exact_step, NormalLaw(jnp.ones(1), jnp.eye(1)))
        return jax.vmap(run)(jax.random.split(key, 24)), jnp.stack([exact.mean[0], exact.covariance[0, 0]])

    runs, target = map(np.asarray, both(trial.key))
    error = runs.std(0, ddof=1) / math.sqrt(24) + 2 * target[1] / particles  # bias O(1/N)
    return law(runs.mean(0), target, error, degrees_of_freedom=23)


def c24_polarised_consensus_contains_the_plain_one() -> Evidence:
    """As the reach κ grows, the polarised consensus of every particle tends to the plain one with an error ~ κ⁻²."""
    reaches = np.geomspace(20.0, 2000.0, 5)

    @jax.jit
    def gaps(key, reaches):
        swarm = swarm_init(rastrigin_soft, jax.random.normal(key, (2, 50)))
        plain = swarm_consensus(swarm, 1.0).point[:, None]
        apart = lambda reach: jnp.abs(polarised.polarised_points(swarm, 1.0, reach) - plain).max()  # noqa: E731
        return jax.vmap(apart)(reaches)

    return order(reaches, np.asarray(gaps(jax.random.key(0), reaches)), expected=-2, tolerance=0.02)


def c25_truncated_noise_bounds_the_moments(trial: Trial) -> Evidence:
    """Where the fourth moment is unstable, truncating the noise at M = 1 keeps E r⁴/(E r²)² small, r = |X - x*|."""

    def squares(truncation, steps, key, x):
        parameters = cbo.CboParameters(1.0, 0.75, jnp.inf, 0.02, truncation)
        return sphere(consensus_run(sphere, parameters, key, x, steps, cbo.isotropic)[0].position)

    @jax.jit
    def both(key):
        start = jnp.zeros((4, 2000 * trial.effort))
        x = start.at[:, 1:].set(jax.random.normal(key, (4, 2000 * trial.effort - 1)))
        end = jax.vmap(lambda truncation: squares(truncation, 150, key, x))(np.array([jnp.inf, 1.0]))
        # far out every amplitude is M: one step adds d σ² dt M² to the mean square
        return jnp.mean(end**2, axis=1) / jnp.mean(end, axis=1) ** 2, squares(1.0, 1, key, start.at[:, 1:].set(2.0))

    (free, truncated), square = map(np.asarray, both(trial.key))
    grown = square[1:] - 0.98**2 * 16
    return combine(
        bound((20 - truncated) / 20, tolerance=0.0),
        bound(free / truncated - 3, tolerance=0.0),
        law(grown.mean(), 4 * 0.75**2 * 0.02, grown.std(ddof=1) / math.sqrt(grown.size)),
    )


def c26_zero_inertia_limit(trial: Trial) -> Evidence:
    """Under the same noise a particle swarm with inertia m → 0 tends to consensus-based optimisation; m = 0 is it.

    The mean under a frozen consensus is a power of the matrix of V' = (m V - λ dt X)/(m + (1 - m) dt), X' = X + dt V'.
    """
    mass, dt = 0.3, 0.1

    def inert(mass, parameters, key, x, steps):
        step = lambda state: inertia.inertia_step(sphere, parameters, mass, key, state)  # noqa: E731
        return evolve(step, inertia.inertia_init(sphere, x), steps)[0].swarm.position

    @jax.jit
    def both(key):
        x = jax.random.normal(key, (2, 200)) + 0.5
        parameters = cbo.CboParameters(1.0, 0.5, 5.0, 0.01)
        plain = consensus_run(sphere, parameters, key, x, 100)[0].position
        ends = jax.vmap(lambda mass: inert(mass, parameters, key, x, 100))(np.array([0.0, 0.005, 0.02, 0.08]))
        start = jnp.ones((1, 1000 * trial.effort)).at[:, 0].set(0.0)  # the first is the consensus
        frozen = inert(mass, cbo.CboParameters(1.0, 0.5, jnp.inf, dt), key, start, 8)
        return jnp.sqrt(jnp.mean((ends - plain) ** 2, axis=(1, 2))), frozen[0, 1:]

    gaps, ends = map(np.asarray, both(trial.key))
    friction = mass + (1 - mass) * dt
    matrix = np.array([[1 - dt * dt / friction, dt * mass / friction], [-dt / friction, mass / friction]])
    return combine(
        identity(0.0, gaps[0], rtol=0.0, atol=1e-12),
        bound(np.diff(gaps) / gaps[1:], tolerance=0.0),
        law(ends.mean(), np.linalg.matrix_power(matrix, 8)[0, 0], ends.std(ddof=1) / math.sqrt(ends.size)),
    )


def c30_a_random_batch_agrees_to_a_known_error(trial: Trial) -> Evidence:
    """The consensus of a random batch of B of N is off by (1/B - 1/N)^(1/2) S in rms, S of the weighted offsets."""
    particles, runs, sizes = 256, 300 * trial.effort, np.array([48, 192] if trial.effort == 1 else [48, 96, 192])
    parameters = cbo.CboParameters(alpha=0.1)

    @jax.jit
    def squares(key):
        swarm = swarm_init(rastrigin_soft, jax.random.normal(key, (2, particles)) + 1)
        whole = swarm_consensus(swarm, parameters.alpha).point
        weights = jnp.exp(-parameters.alpha * swarm.energy)

        def square(size, key):
            point = batches.batch_step(rastrigin_soft, parameters, key, swarm, size)[1].point
            return jnp.sum((point - whole) ** 2)

        seeds = lambda size: jax.random.split(jax.random.fold_in(key, size), runs)  # noqa: E731
        found = jnp.stack([jax.vmap(partial(square, size))(seeds(size)) for size in sizes.tolist()])
        return found, jnp.stack([batch_square_error(swarm.position, weights, size) for size in sizes.tolist()])

    found, exact = map(np.asarray, squares(trial.key))
    error = found.std(1, ddof=1) / math.sqrt(runs) + exact / sizes / 2  # bias of a ratio, O(1/B)
    return law(found.mean(1), exact, error)


def _moons(key: jax.Array, points: int) -> tuple[jax.Array, jax.Array]:
    """Two half circles that interlock, and which of them a point is of."""
    angle_key, noise_key = jax.random.split(key)
    angle, side = jnp.pi * jax.random.uniform(angle_key, (points,)), jnp.arange(points) % 2
    first, second = (jnp.cos(angle), jnp.sin(angle)), (1 - jnp.cos(angle), 0.5 - jnp.sin(angle))
    clean = jnp.stack([jnp.where(side == 0, a, b) for a, b in zip(first, second, strict=True)], axis=1)
    return clean + 0.1 * jax.random.normal(noise_key, clean.shape), side


def _network(parameters, x):
    return jnp.tanh(x @ parameters["in"] + parameters["bias"]) @ parameters["out"] + parameters["shift"]


def _network_loss(parameters, data):
    return jnp.mean(jnp.logaddexp(0.0, (1 - 2 * data[1]) * _network(parameters, data[0])))


def c31_a_swarm_trains_a_network_without_gradients(trial: Trial) -> Evidence:
    """The mean of a swarm of small networks tells unseen points of two moons apart, better than a straight line."""
    shapes = {"in": (2, 8), "bias": (8,), "out": (8,), "shift": ()}
    flat, unravel = flat_parameters({name: np.zeros(shape) for name, shape in shapes.items()})
    epoch, steps = 16, 160 if trial.effort == 1 else 500

    def accuracy(key):
        train, test = (_moons(jax.random.fold_in(key, k), 512) for k in (0, 1))

        def step(swarm):
            objective = network_objective(_network_loss, unravel, data_batch(key, swarm.step, train, 32))
            alpha = growing_alpha(50.0, 2.0, 1e15, swarm.step // epoch)
            parameters = cbo.CboParameters(1.0, cooled_sigma(3.0, swarm.step // epoch), alpha, 0.1)
            return cbo.cbo_step(objective, parameters, key, evaluated_anew(objective, swarm))

        start = jax.random.normal(jax.random.fold_in(key, 2), (flat.size, 100))
        swarm = swarm_init(network_objective(_network_loss, unravel, train), start)
        end = evolve(step, swarm, steps)[0].position.mean(1)
        sides = jnp.linalg.lstsq(jnp.pad(train[0], ((0, 0), (0, 1)), constant_values=1), 2.0 * train[1] - 1)[0]
        scores = jnp.stack([_network(unravel(end), test[0]), test[0] @ sides[:2] + sides[2]])
        return jnp.mean((scores > 0) == test[1], axis=1)

    runs = 10 if trial.effort == 1 else 15 + trial.effort
    found = jax.jit(lambda key: over_devices(trial.mesh, accuracy, jax.random.split(key, runs)))(trial.key)
    right = np.asarray(found)
    gain = right[:, 0] - right[:, 1]
    return bound(np.array([gain.mean() - 3 * gain.std(ddof=1) / math.sqrt(runs)]), tolerance=0.0)
