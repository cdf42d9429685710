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
    energy, parameters = (
        (lambda x: jnp.sum(x * x, axis=0)),
        sampling.SamplingParameters(alpha, 0.2, float(sampling_scale(alpha))),
    )
    exact = NormalLaw(jnp.array([1.0]), jnp.eye(1))
    for _ in range(15):
        exact = exact_sampling_step(exact, 2 * jnp.eye(1), jnp.zeros(1), alpha, 0.2, sampling_scale(alpha))

    def run(key):
        swarm = swarm_init(energy, jax.random.normal(key, (1, particles)) + 1)
        end = evolve(lambda s: sampling.sampling_step(energy, parameters, key, s), swarm, 15)[0].position
        return jnp.stack([end.mean(), end.var()])

    runs = np.asarray(jax.jit(jax.vmap(run))(jax.random.split(trial.key, 24)))
    target = np.array([exact.mean[0], exact.covariance[0, 0]])
    error = runs.std(0, ddof=1) / math.sqrt(24) + 2 * target[1] / particles  # bias O(1/N)
    return law(runs.mean(0), target, error, degrees_of_freedom=23)


def c24_polarised_consensus_contains_the_plain_one() -> Evidence:
    """As the reach κ grows, the polarised consensus of every particle tends to the plain one with an error ~ κ⁻²."""
    swarm = swarm_init(rastrigin_soft, jax.random.normal(jax.random.key(0), (2, 50)))
    plain, reaches = swarm_consensus(swarm, 1.0).point[:, None], np.geomspace(20.0, 2000.0, 5)
    gaps = [float(jnp.abs(polarised.polarised_points(swarm, 1.0, reach) - plain).max()) for reach in reaches]
    return order(reaches, np.array(gaps), expected=-2, tolerance=0.02)


def c25_truncated_noise_bounds_the_moments(trial: Trial) -> Evidence:
    """Where the fourth moment is unstable, truncating the noise at M = 1 keeps E r⁴/(E r²)² small, r = |X - x*|."""
    x = jnp.concatenate([jnp.zeros((4, 1)), jax.random.normal(trial.key, (4, 2000 * trial.effort - 1))], axis=1)

    def kurtosis(truncation):
        parameters = cbo.CboParameters(1.0, 0.75, jnp.inf, 0.02, truncation)
        square = sphere(consensus_run(sphere, parameters, trial.key, x, 150, cbo.isotropic)[0].position)
        return jnp.mean(square**2) / jnp.mean(square) ** 2

    free, truncated = jax.jit(jax.vmap(kurtosis))(jnp.array([jnp.inf, 1.0]))
    # far out every amplitude is M: one step adds d σ² dt M² to the mean square
    far = x.at[:, 1:].set(2.0)
    parameters = cbo.CboParameters(1.0, 0.75, jnp.inf, 0.02, 1.0)
    square = np.asarray(sphere(consensus_run(sphere, parameters, trial.key, far, 1, cbo.isotropic)[0].position))[1:]
    grown, error = square - 0.98**2 * 16, square.std(ddof=1) / math.sqrt(square.size)
    return combine(
        bound((20 - truncated) / 20, tolerance=0.0),
        bound(free / truncated - 3, tolerance=0.0),
        law(grown.mean(), 4 * 0.75**2 * 0.02, error),
    )


def c26_zero_inertia_limit(trial: Trial) -> Evidence:
    """Under the same noise a particle swarm with inertia m → 0 tends to consensus-based optimisation; m = 0 is it.

    The mean under a frozen consensus is a power of the matrix of V' = (m V - λ dt X)/(m + (1 - m) dt), X' = X + dt V'.
    """
    x = jax.random.normal(trial.key, (2, 200)) + 0.5
    parameters = cbo.CboParameters(1.0, 0.5, 5.0, 0.01)
    plain = consensus_run(sphere, parameters, trial.key, x, 100)[0].position

    def gap(mass):
        def step(state):
            return inertia.inertia_step(sphere, parameters, mass, trial.key, state)

        end = evolve(step, inertia.inertia_init(sphere, x), 100)[0].swarm.position
        return jnp.sqrt(jnp.mean((end - plain) ** 2))

    gaps = np.asarray(jax.jit(jax.vmap(gap))(jnp.array([0.0, 0.005, 0.02, 0.08])))
    mass, dt, start = 0.3, 0.1, jnp.ones((1, 1000 * trial.effort)).at[:, 0].set(0.0)  # the first is the consensus
    frozen = cbo.CboParameters(1.0, 0.5, jnp.inf, dt)
    state, _ = evolve(
        lambda s: inertia.inertia_step(sphere, frozen, mass, trial.key, s), inertia.inertia_init(sphere, start), 8
    )
    ends, friction = np.asarray(state.swarm.position)[0, 1:], mass + (1 - mass) * dt
    matrix = np.array([[1 - dt * dt / friction, dt * mass / friction], [-dt / friction, mass / friction]])
    return combine(
        identity(0.0, gaps[0], rtol=0.0, atol=1e-12),
        bound(np.diff(gaps) / gaps[1:], tolerance=0.0),
        law(ends.mean(), np.linalg.matrix_power(matrix, 8)[0, 0], ends.std(ddof=1) / math.sqrt(ends.size)),
    )


def c30_a_random_batch_agrees_to_a_known_error(trial: Trial) -> Evidence:
    """The consensus of a random batch of B of N is off by (1/B - 1/N)^(1/2) S in rms, S of the weighted offsets."""
    particles, runs, sizes = 256, 300 * trial.effort, (48, 96, 192)
    swarm = swarm_init(rastrigin_soft, jax.random.normal(trial.key, (2, particles)) + 1)
    parameters = cbo.CboParameters(alpha=0.1)
    whole = swarm_consensus(swarm, parameters.alpha).point

    def square(key, size):
        point = batches.batch_step(rastrigin_soft, parameters, key, swarm, size)[1].point
        return jnp.sum((point - whole) ** 2)

    found, exact, error = [], [], []
    weights = jnp.exp(-parameters.alpha * swarm.energy)
    for size in sizes:
        keys = jax.random.split(jax.random.fold_in(trial.key, size), runs)
        squares = np.asarray(jax.jit(jax.vmap(lambda key, size=size: square(key, size)))(keys))
        found.append(squares.mean())
        exact.append(float(batch_square_error(swarm.position, weights, size)))
        error.append(squares.std(ddof=1) / math.sqrt(runs) + exact[-1] / size / 2)  # bias of a ratio, O(1/B)
    return law(np.array(found), np.array(exact), np.array(error))


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
    flat, unravel = flat_parameters({name: jnp.zeros(shape) for name, shape in shapes.items()})
    epoch, steps = 16, 500

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

    runs = 15 + trial.effort
    right = np.asarray(jax.jit(partial(over_devices, trial.mesh, accuracy))(jax.random.split(trial.key, runs)))
    gain = right[:, 0] - right[:, 1]
    return bound(np.array([gain.mean() - 3 * gain.std(ddof=1) / math.sqrt(runs)]), tolerance=0.0)
