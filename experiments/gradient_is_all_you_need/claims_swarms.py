"""What swarms do: temperature, decay, mean-field law, noise and the canyon, against the theory of their limits."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from core.dealing import over_devices
from core.draws import normal
from core.particles import cbo, hopping
from core.particles.objectives import canyon, rastrigin_soft, sphere
from core.particles.swarm import swarm_consensus, swarm_init
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine
from core.verify.identity import identity
from core.verify.law import law, law_counts
from core.verify.order import order
from core.verify.rate import log_slopes, rate
from core.verify.trial import Trial
from experiments.gradient_is_all_you_need._landscapes import soft, wavy
from experiments.gradient_is_all_you_need._swarms import consensus_run, hopping_run, of_the_first
from theory.consensus import decay, envelope, finite_swarm, quadratic
from theory.consensus.fokker_planck import mean_field_consensus, mean_field_init, mean_field_step
from theory.consensus.quadrature import law_mean, line_law, normal_log_density, normal_mean


def _half_square(x):
    return jnp.sum(x * x, axis=0) / 2


def c15_finite_swarms_have_a_temperature(trial: Trial) -> Evidence:
    """Hopping with N particles on ½hx² has variance V/N/(1-(1+τh)⁻²): Langevin at T = 1/(2αN) as τ → 0."""
    alphas, taus, particles, runs = np.array([20.0, 100.0, 50.0]), np.array([0.1, 0.1, 0.5]), 200, 16

    def path(alpha, tau, key):
        parameters = hopping.HoppingParameters(alpha, envelope.hopping_width(alpha, tau))
        steps, start = 200 * trial.effort, jnp.zeros((1, particles))
        return hopping_run(_half_square, parameters, key, start, steps, record=lambda s, a: a.point[0])[1]

    @jax.jit
    def both(key):
        paths = jax.vmap(jax.vmap(path, (0, 0, None)), (None, None, 0))(alphas, taus, jax.random.split(key, runs))
        return paths, quadratic.hopping_variance(taus, envelope.hopping_width(alphas, taus), particles)

    paths, exact = map(np.asarray, both(trial.key))
    by_run = (paths[:, :, 60:] ** 2).mean(2)
    error = by_run.std(0, ddof=1) / math.sqrt(runs) + 2 * exact / particles  # bias O(1/N)
    return law(by_run.mean(0), exact, error)


def c16_consensus_based_optimisation_is_a_hop_of_variable_width() -> Evidence:
    """With λ dt = 1 and all particles at one distance r of the consensus, a step is a hop of width σ √dt r exactly."""
    angle = np.arange(64) * 2 * np.pi / 64

    @jax.jit
    def both(key, circle):
        swarm = swarm_init(lambda x: jnp.zeros(x.shape[1]), circle)
        moved = cbo.cbo_step(sphere, cbo.CboParameters(2.0, 1.5, 1.0, 0.5), key, swarm, noise=cbo.isotropic)[0]
        hopped = hopping.hopping_step(sphere, hopping.HoppingParameters(1.0, 1.5 * math.sqrt(0.5) * 0.8), key, swarm)[0]
        return hopped.position, moved.position

    circle = 0.8 * np.stack([np.cos(angle), np.sin(angle)])
    return identity(*both(jax.random.key(0), circle), rtol=0.0, atol=1e-12)


def c17_deviation_is_linear_in_the_drift_defect(trial: Trial) -> Evidence:
    """With η = 1 - λdt → 0 the consensus moves by η(E_w[v] - α Cov_w(x, v·∇E)) + O(η²), v = X - c: the |λ - 1/dt|."""
    alpha, defects = 1.0, np.geomspace(1e-5, 1e-3, 5)

    @jax.jit
    def steps(key, defects):  # the first of them is 0
        swarm = swarm_init(rastrigin_soft, jax.random.normal(key, (2, 400 * trial.effort)) + 1)

        def stepped(defect):
            parameters = cbo.CboParameters(1.0 - defect, 0.4, alpha, 1.0)
            moved = cbo.cbo_step(rastrigin_soft, parameters, key, swarm, noise=cbo.isotropic)[0]
            return moved.position, moved.energy, swarm_consensus(moved, alpha).point

        positions, energies, points = jax.vmap(stepped)(defects)
        before = swarm.position - swarm_consensus(swarm, alpha).point[:, None]
        uphill = jax.jvp(rastrigin_soft, (positions[0],), (before,))[1]
        return positions[0], energies[0], points[1:] - points[:1], before, uphill

    there, energy, gaps, before, uphill = map(np.asarray, steps(trial.key, np.array([0.0, *defects])))
    share = np.exp(-alpha * energy)
    share /= share.sum()
    centred = there - (there @ share)[:, None]
    slope = before @ share - alpha * centred @ (share * uphill)
    return combine(
        order(defects, np.linalg.norm(gaps, axis=1), expected=1, tolerance=0.1),
        identity(slope, gaps[0] / defects[0], rtol=1e-3),
    )


def c18_moment_rates_of_the_scheme() -> Evidence:
    """The explicit scheme approaches d/dt log E|X-c|^p = -pλ + σ²p(p-1)/2 with weak order 1, for p = 2, 4 and 6."""
    sizes = 0.02 * 0.5 ** np.arange(5)

    def error(power, h):
        rate = jnp.log(decay.euler_moment_factor(power, h, 0.5 * jnp.sqrt(h))) / h
        return jnp.abs(rate - decay.moment_rate(power, 1.0, 0.5))

    errors = jax.jit(lambda sizes: [jax.vmap(partial(error, power))(sizes) for power in (2, 4, 6)])(sizes)
    return combine(*(order(sizes, np.asarray(each), expected=1, tolerance=0.1) for each in errors))


def c19_variance_decays_at_the_rate_of_the_theory(trial: Trial) -> Evidence:
    """The mean square distance to x* falls by the factor (1-λdt)² + dσ²dt a step, not by exp(-2λdt)."""
    h, sigma = 0.05, 0.6

    def estimate(key):
        x = jnp.concatenate([jnp.zeros((2, 1)), jax.random.normal(key, (2, 4000 * trial.effort - 1))], axis=1)
        parameters = cbo.CboParameters(1.0, sigma, jnp.inf, h)
        path = consensus_run(sphere, parameters, key, x, 12, cbo.isotropic, lambda s, a: a.spread**2)[1]
        return jnp.log(path[-1] / path[0]) / 11

    @jax.jit
    def both(key):
        exact = jnp.log(decay.euler_square_factor(h, sigma * math.sqrt(h), 2))
        return jax.lax.map(estimate, jax.random.split(key, 6)), exact

    estimates, exact = both(trial.key)
    return rate(np.asarray(estimates), expected=float(exact), rival=-2 * h, confidence=0.999)


def c20_almost_every_path_contracts_beyond_the_mean_square_threshold(trial: Trial) -> Evidence:
    """Anisotropic noise with σ√dt = 0.9 is unstable in mean square, yet log|X-c| falls by E log|1-λdt+σ√dtξ| a step."""

    @jax.jit
    def both(key):
        start = jnp.concatenate([jnp.zeros((4, 1)), jnp.ones((4, 2000 * trial.effort - 1))], axis=1)
        end = consensus_run(sphere, cbo.CboParameters(1.0, 9.0, jnp.inf, 0.01), key, start, 20)[0]
        return end.position[:, 1:], decay.euler_path_exponent(0.01, 0.9), decay.euler_square_factor(0.01, 0.9)

    ends, exponent, square = map(np.asarray, both(trial.key))
    logs = np.log(np.abs(ends)).ravel() / 20
    return combine(
        law(logs.mean(), exponent, logs.std(ddof=1) / math.sqrt(logs.size)),
        bound(square - 1, tolerance=0.0),
    )


def c21_mean_field_law_against_particles(trial: Trial) -> Evidence:
    """Consensus point and mean square of N particles are those of the Fokker-Planck equation, to standard errors."""
    alpha, dt, time_steps = 5.0, 0.005, 100

    def advance(law_now, _):
        return mean_field_step(law_now, soft, alpha, 1.0, 0.5, dt)

    def run(key):
        start = 1 + 0.8 * jax.random.normal(key, (1, 2000 * trial.effort))
        end = consensus_run(rastrigin_soft, cbo.CboParameters(1.0, 0.5, alpha, dt), key, start, time_steps)[0]
        return jnp.stack([swarm_consensus(end, alpha).point[0], jnp.mean(end.position**2)])

    @jax.jit
    def both(key):
        start = mean_field_init(lambda x: normal_log_density(x, 1.0, 0.8), -6.0, 6.0, 1200)
        end = jax.lax.scan(advance, start, None, length=time_steps)[0]
        exact = jnp.stack([mean_field_consensus(end, soft, alpha), jnp.sum(end.mass * end.cells**2)])
        return over_devices(trial.mesh, run, jax.random.split(key, 24), together=24), exact

    found, exact = map(np.asarray, both(trial.key))
    # both schemes are of first order in dt, with opposite signs: some 2 dt of each number
    error = found.std(0, ddof=1) / math.sqrt(len(found)) + 2 * dt * np.abs(exact) / 3
    return law(found.mean(0), exact, error, degrees_of_freedom=23)


def c22_propagation_of_chaos(trial: Trial) -> Evidence:
    """Driven by the same noise, N interacting particles stay within C/N in mean square of the mean-field ones."""
    counts, many = np.array([64, 256, 1024]), 2**12  # fewer show the next order: the slope is -1.05 at 32

    def gaps(key):
        # particles are numbered: the first of the large swarm see the same noise as the small swarm; starts match too
        x, most = normal(key, (1, many)) + 0.5, counts[-1]
        parameters = cbo.CboParameters(1.0, 0.5, 2.0, 0.05)
        end = lambda energy, x: consensus_run(energy, parameters, key, x, 20)[0].position[0]  # noqa: E731
        limit = end(sphere, x)[:most]

        def gap(count):
            apart = (end(of_the_first(count, sphere), x[:, :most]) - limit) ** 2
            return jnp.sum(jnp.where(jnp.arange(most) < count, apart, 0)) / count

        return jax.vmap(gap)(counts)

    runs = 100 if trial.effort == 1 else 200 * trial.effort
    found = jax.jit(lambda key: over_devices(trial.mesh, gaps, jax.random.split(key, runs), together=25))(trial.key)
    # the limit is itself a swarm, and shares these particles
    means = np.asarray(found).reshape(20, -1, len(counts)).mean(1) / (1 - counts / many)
    return rate(log_slopes(np.log(counts), means), expected=-1, rival=-0.5, confidence=0.999)


def c27_consensus_crosses_the_canyon_and_gradient_descent_does_not(trial: Trial) -> Evidence:
    """From (8, 8) in the canyon gradient descent stops at E = 3.86; the swarm (N = 200, σ = 1.6, α = 100) ends at 0."""
    runs = 20 * trial.effort

    def run(key):
        x = 8 + 0.5 * jax.random.normal(key, (2, 200))
        parameters = cbo.CboParameters(1.0, 1.6, 100.0, 0.01)
        return swarm_consensus(consensus_run(canyon, parameters, key, x, 250, cbo.isotropic)[0], 100.0).point

    @jax.jit
    def both(key, corner):
        low = jax.lax.fori_loop(0, 10000, lambda _, x: x - 0.001 * jax.grad(canyon)(x), corner)
        return canyon(low), over_devices(trial.mesh, run, jax.random.split(key, runs), together=20)

    energy, ends = map(np.asarray, both(trial.key, np.array([8.0, 8.0])))
    hits = np.mean(np.linalg.norm(ends, axis=1) < 0.25)
    return combine(identity(3.86, energy, rtol=0.0, atol=0.02), bound(hits - 0.9, tolerance=0.0))


def c28_the_isotropic_default_of_a_peer_diverges_above_two_dimensions(trial: Trial) -> Evidence:
    """Isotropic noise contracts almost surely iff σ² < 2λ/(d-2): not σ = 5.1 at d = 20, but half of the threshold."""

    def closer(sigma):
        start = jnp.concatenate([jnp.zeros((20, 1)), jnp.ones((20, 99 * trial.effort))], axis=1)
        parameters = cbo.CboParameters(1.0, sigma, jnp.inf, 0.01)
        end = consensus_run(sphere, parameters, trial.key, start, 60, cbo.isotropic)[0].position[:, 1:]
        return jnp.sum(sphere(end) < 20.0)

    count = np.asarray(jax.jit(jax.vmap(closer))(np.array([5.1, 0.5 * math.sqrt(2 / 18)])))
    return law_counts(count, 99.0 * trial.effort, np.array([0.0, 1.0]))


def _infinite_swarm_shift(alpha: float, noise: float) -> tuple[jax.Array, jax.Array]:
    """How far one step with λ dt = 1 moves the consensus of N(1, 0.8²) on `wavy`, by quadrature and to first order."""
    law_now = line_law(lambda x: normal_log_density(x, 1.0, 0.8) - alpha * wavy(x), 1.0, 0.8)
    plain = line_law(lambda x: normal_log_density(x, 1.0, 0.8), 1.0, 0.8)
    centre = law_mean(law_now)

    def moments(normal):  # of all that draw this normal
        moved = centre + noise * jnp.abs(plain.nodes - centre) * normal
        weight = plain.weights * jnp.exp(-alpha * (wavy(moved) - wavy(centre)))
        return jnp.sum(weight), jnp.sum(weight * (moved - centre))

    mass = normal_mean(lambda normals: jax.vmap(lambda z: moments(z)[0])(normals))
    first = normal_mean(lambda normals: jax.vmap(lambda z: moments(z)[1])(normals))
    square = law_mean(plain, lambda x: (x - centre) ** 2)
    return first / mass, finite_swarm.noise_shift(alpha, noise, square, jax.grad(wavy)(centre))


def c29_the_noise_term_is_of_first_order_only_for_finite_swarms(trial: Trial) -> Evidence:
    """With λdt = 1 noise r = σ√dt moves the consensus by r√(dE|X-c|²/N) in rms; if N = ∞, by α r²E|X-c|²|∇E| only."""
    alpha, particles, runs = 5.0, 64, 300 * trial.effort
    sizes, large = np.geomspace(1e-6, 1e-4, 4), np.geomspace(1e-3, 1e-2, 4)

    @jax.jit
    def shifts(key):
        swarm = swarm_init(rastrigin_soft, jax.random.normal(key, (2, particles)) + 1)
        centre = swarm_consensus(swarm, alpha)

        def square(key, size):
            parameters = cbo.CboParameters(1.0, size, alpha, 1.0)
            moved = cbo.cbo_step(rastrigin_soft, parameters, key, swarm, noise=cbo.isotropic)[0]
            return jnp.sum((swarm_consensus(moved, alpha).point - centre.point) ** 2)

        found = jax.vmap(jax.vmap(square, (0, None)), (None, 0))(jax.random.split(key, runs), sizes)
        exact = finite_swarm.noise_deviation(sizes[0], centre.spread**2, particles, 2) ** 2
        return found, exact, *jax.vmap(lambda r: _infinite_swarm_shift(2.0, r))(large)

    found, exact, moved, first_order = map(np.asarray, shifts(trial.key))
    return combine(
        order(sizes, np.sqrt(found.mean(1)), expected=1, tolerance=0.05),
        law(found[0].mean() / exact, 1.0, found[0].std(ddof=1) / exact / math.sqrt(runs)),
        order(large, np.abs(moved), expected=2, tolerance=0.05),
        identity(first_order[0], moved[0], rtol=1e-3),
    )
