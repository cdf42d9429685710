"""What swarms do: temperature, decay, mean-field law, noise and the canyon, against the theory of their limits."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from core.dealing import over_devices
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
from experiments.gradient_is_all_you_need._swarms import consensus_run, hopping_run
from theory.consensus import decay, envelope, finite_swarm, quadratic
from theory.consensus.fokker_planck import mean_field_consensus, mean_field_init, mean_field_step
from theory.consensus.gibbs import consensus_point, effective_sample_size, gibbs_weights
from theory.consensus.quadrature import law_mean, line_law, normal_log_density, normal_mean


def c13_linear_energies_lose_particles_exponentially(trial: Trial) -> Evidence:
    """With z = α s|∇E|, N exp(-z²) particles count; N Var of a hop is s²e^{z²}(1 + z²) along ∇E, s²e^{z²} across."""
    particles, swarms, width = 1000, 800 * trial.effort, 0.5
    found, exact, error = [], [], []
    for z in (0.3, 0.6, 1.0):

        def one(key, z=z):
            x = width * jax.random.normal(key, (2, particles))
            energy = x[0] / width * z
            return consensus_point(x, energy, 1.0), effective_sample_size(gibbs_weights(energy, 1.0)) / particles

        each = jax.jit(partial(over_devices, trial.mesh, one, together=400))
        points, share = each(jax.random.split(trial.key, swarms))
        along, across = finite_swarm.hop_covariance_linear(z, width)
        found += [*(np.var(points, axis=0, ddof=1) * particles), share.mean()]
        exact += [along, across, finite_swarm.effective_share_linear(z)]
        spread = float(share.std()) / math.sqrt(swarms)
        # the O(1/N) bias of the share is allowed for: some e^{4z²}/N of it
        error += [
            float(v) * math.sqrt(2 / swarms) + 2 * float(v) * math.exp(4 * z**2) / particles / 3
            for v in (along, across)
        ]
        error += [spread + float(exact[-1]) * math.exp(4 * z**2) / particles]
    return law(np.array(found), np.array(exact, float), np.array(error))


def c14_best_of_n(trial: Trial) -> Evidence:
    """At α = ∞ a hop on a linear energy goes down by s E max(Z_1..Z_N), about s √(2 log N): hill climbing."""
    found, exact, error = [], [], []
    for particles in (20, 200, 1000):
        draws = jax.random.normal(jax.random.fold_in(trial.key, particles), (500 * trial.effort, 1, particles))
        moved = np.asarray(jax.vmap(lambda x: consensus_point(x, -x[0], jnp.inf))(draws))
        found.append(moved.mean())
        error.append(moved.std(ddof=1) / math.sqrt(len(moved)))
        exact.append(finite_swarm.best_of_n(float(particles)))
    return law(np.array(found), np.array(exact, float), np.array(error))


def _half_square(x):
    return jnp.sum(x * x, axis=0) / 2


def c15_finite_swarms_have_a_temperature(trial: Trial) -> Evidence:
    """Hopping with N particles on ½hx² has variance V/N/(1-(1+τh)⁻²): Langevin at T = 1/(2αN) as τ → 0."""
    found, exact, error = [], [], []
    for alpha, step in ((20.0, 0.1), (100.0, 0.1), (50.0, 0.5)):
        width, particles = float(envelope.hopping_width(alpha, step)), 200
        parameters = hopping.HoppingParameters(alpha, width)

        def run(key, parameters=parameters, particles=particles):
            steps, start = 200 * trial.effort, jnp.zeros((1, particles))
            return hopping_run(_half_square, parameters, key, start, steps, record=lambda s, a: a.point[0])[1]

        path = np.asarray(jax.jit(jax.vmap(run))(jax.random.split(trial.key, 16)))[:, 60:]
        by_run = (path**2).mean(1)
        found.append(by_run.mean())
        exact.append(quadratic.hopping_variance(step, width, particles))
        error.append(by_run.std(ddof=1) / math.sqrt(len(by_run)) + 2 * float(exact[-1]) / particles)  # bias O(1/N)
    return law(np.array(found), np.array(exact, float), np.array(error))


def c16_consensus_based_optimisation_is_a_hop_of_variable_width() -> Evidence:
    """With λ dt = 1 and all particles at one distance r of the consensus, a step is a hop of width σ √dt r exactly."""
    angle = jnp.arange(64) * 2 * jnp.pi / 64
    swarm = swarm_init(lambda x: jnp.zeros(x.shape[1]), 0.8 * jnp.stack([jnp.cos(angle), jnp.sin(angle)]))
    key = jax.random.key(0)
    moved = cbo.cbo_step(sphere, cbo.CboParameters(2.0, 1.5, 1.0, 0.5), key, swarm, noise=cbo.isotropic)[0]
    hopped = hopping.hopping_step(sphere, hopping.HoppingParameters(1.0, 1.5 * math.sqrt(0.5) * 0.8), key, swarm)[0]
    return identity(hopped.position, moved.position, rtol=0.0, atol=1e-12)


def c17_deviation_is_linear_in_the_drift_defect(trial: Trial) -> Evidence:
    """With η = 1 - λdt → 0 the consensus moves by η(E_w[v] - α Cov_w(x, v·∇E)) + O(η²), v = X - c: the |λ - 1/dt|."""
    alpha, defects = 1.0, np.geomspace(1e-5, 1e-3, 5)
    swarm = swarm_init(rastrigin_soft, jax.random.normal(trial.key, (2, 400 * trial.effort)) + 1)

    def stepped(defect):
        parameters = cbo.CboParameters(1.0 - defect, 0.4, alpha, 1.0)
        return cbo.cbo_step(rastrigin_soft, parameters, trial.key, swarm, noise=cbo.isotropic)[0]

    there = stepped(0.0)
    moved = jax.jit(jax.vmap(lambda defect: swarm_consensus(stepped(defect), alpha).point))(jnp.asarray(defects))
    gaps = np.asarray(moved - swarm_consensus(there, alpha).point[None])
    before = swarm.position - swarm_consensus(swarm, alpha).point[:, None]
    uphill = jax.jvp(rastrigin_soft, (there.position,), (before,))[1]
    share = np.exp(-alpha * np.asarray(there.energy))
    share /= share.sum()
    centred = np.asarray(there.position) - (np.asarray(there.position) @ share)[:, None]
    slope = np.asarray(before) @ share - alpha * centred @ (share * np.asarray(uphill))
    return combine(
        order(defects, np.linalg.norm(gaps, axis=1), expected=1, tolerance=0.1),
        identity(slope, gaps[0] / defects[0], rtol=1e-3),
    )


def c18_moment_rates_of_the_scheme() -> Evidence:
    """The explicit scheme approaches d/dt log E|X-c|^p = -pλ + σ²p(p-1)/2 with weak order 1, for p = 2, 4 and 6."""
    sizes = 0.02 * 0.5 ** np.arange(5)
    parts = []
    for power in (2, 4, 6):
        exact = float(decay.moment_rate(power, 1.0, 0.5))
        found = [math.log(float(decay.euler_moment_factor(power, h, 0.5 * math.sqrt(h)))) / h for h in sizes]
        parts.append(order(sizes, np.abs(np.array(found) - exact), expected=1, tolerance=0.1))
    return combine(*parts)


def c19_variance_decays_at_the_rate_of_the_theory(trial: Trial) -> Evidence:
    """The mean square distance to x* falls by the factor (1-λdt)² + dσ²dt a step, not by exp(-2λdt)."""
    h, sigma = 0.05, 0.6
    estimates = []
    for key in jax.random.split(trial.key, 6):
        x = jnp.concatenate([jnp.zeros((2, 1)), jax.random.normal(key, (2, 4000 * trial.effort - 1))], axis=1)
        parameters = cbo.CboParameters(1.0, sigma, jnp.inf, h)
        path = consensus_run(sphere, parameters, key, x, 12, cbo.isotropic, lambda s, a: a.spread**2)[1]
        estimates.append(math.log(float(path[-1] / path[0])) / 11)
    exact = math.log(float(decay.euler_square_factor(h, sigma * math.sqrt(h), 2)))
    return rate(np.array(estimates), expected=exact, rival=-2 * h, confidence=0.999)


def c20_almost_every_path_contracts_beyond_the_mean_square_threshold(trial: Trial) -> Evidence:
    """Anisotropic noise with σ√dt = 0.9 is unstable in mean square, yet log|X-c| falls by E log|1-λdt+σ√dtξ| a step."""
    start = jnp.concatenate([jnp.zeros((4, 1)), jnp.ones((4, 2000 * trial.effort - 1))], axis=1)
    end = consensus_run(sphere, cbo.CboParameters(1.0, 9.0, jnp.inf, 0.01), trial.key, start, 20)[0]
    logs = np.log(np.abs(np.asarray(end.position)[:, 1:])).ravel() / 20
    square = float(decay.euler_square_factor(0.01, 0.9))
    return combine(
        law(logs.mean(), decay.euler_path_exponent(0.01, 0.9), logs.std(ddof=1) / math.sqrt(logs.size)),
        bound(square - 1, tolerance=0.0),
    )


def c21_mean_field_law_against_particles(trial: Trial) -> Evidence:
    """Consensus point and mean square of N particles are those of the Fokker-Planck equation, to standard errors."""
    alpha, dt, time_steps = 5.0, 0.005, 100
    law_now = mean_field_init(lambda x: normal_log_density(x, 1.0, 0.8), -6.0, 6.0, 1200)

    def advance(law_now, _):
        return mean_field_step(law_now, soft, alpha, 1.0, 0.5, dt)

    law_end = jax.jit(lambda start: jax.lax.scan(advance, start, None, length=time_steps)[0])(law_now)
    exact = jnp.stack([mean_field_consensus(law_end, soft, alpha), jnp.sum(law_end.mass * law_end.cells**2)])

    def run(key):
        start = 1 + 0.8 * jax.random.normal(key, (1, 2000 * trial.effort))
        end = consensus_run(rastrigin_soft, cbo.CboParameters(1.0, 0.5, alpha, dt), key, start, time_steps)[0]
        return jnp.stack([swarm_consensus(end, alpha).point[0], jnp.mean(end.position**2)])

    found = np.asarray(jax.jit(partial(over_devices, trial.mesh, run, together=24))(jax.random.split(trial.key, 24)))
    # both schemes are of first order in dt, with opposite signs: some 2 dt of each number
    error = found.std(0, ddof=1) / math.sqrt(len(found)) + 2 * dt * np.abs(exact) / 3
    return law(found.mean(0), exact, error, degrees_of_freedom=23)


def c22_propagation_of_chaos(trial: Trial) -> Evidence:
    """Driven by the same noise, N interacting particles stay within C/N in mean square of the mean-field ones."""
    counts, many = np.array([64, 256, 1024]), 2**12  # fewer show the next order: the slope is -1.05 at 32

    def gap(key):
        # particles are numbered: the first of the large swarm see the same noise as the small swarm; starts match too
        x = jax.random.normal(key, (1, many)) + 0.5
        parameters = cbo.CboParameters(1.0, 0.5, 2.0, 0.05)
        ends = [consensus_run(sphere, parameters, key, x[:, :n], 20)[0].position[0] for n in (*counts, many)]
        return jnp.stack([jnp.mean((end - ends[-1][: len(end)]) ** 2) for end in ends[:-1]])

    seeds = jax.random.split(trial.key, 200 * trial.effort)
    gaps = np.asarray(jax.jit(partial(over_devices, trial.mesh, gap, together=25))(seeds))
    gaps = gaps.reshape(20, -1, len(counts)).mean(1)
    gaps = gaps / (1 - counts / many)  # the limit is itself a swarm, and shares these particles
    return rate(log_slopes(np.log(counts), gaps), expected=-1, rival=-0.5, confidence=0.999)


def c27_consensus_crosses_the_canyon_and_gradient_descent_does_not(trial: Trial) -> Evidence:
    """From (8, 8) in the canyon gradient descent stops at E = 3.86; the swarm (N = 200, σ = 1.6, α = 100) ends at 0."""
    path = jax.jit(lambda x: jax.lax.fori_loop(0, 10000, lambda _, x: x - 0.001 * jax.grad(canyon)(x), x))(
        jnp.array([8.0, 8.0])
    )
    runs = 20 * trial.effort

    def run(key):
        x = 8 + 0.5 * jax.random.normal(key, (2, 200))
        parameters = cbo.CboParameters(1.0, 1.6, 100.0, 0.01)
        return swarm_consensus(consensus_run(canyon, parameters, key, x, 250, cbo.isotropic)[0], 100.0).point

    ends = jax.jit(partial(over_devices, trial.mesh, run, together=20))(jax.random.split(trial.key, runs))
    hits = float(jnp.sum(jnp.linalg.norm(ends, axis=1) < 0.25))
    return combine(
        identity(3.86, canyon(path), rtol=0.0, atol=0.02),
        bound(hits / runs - 0.9, tolerance=0.0),
    )


def c28_the_isotropic_default_of_a_peer_diverges_above_two_dimensions(trial: Trial) -> Evidence:
    """Isotropic noise contracts almost surely iff σ² < 2λ/(d-2): not σ = 5.1 at d = 20, but half of the threshold."""
    start = jnp.concatenate([jnp.zeros((20, 1)), jnp.ones((20, 99 * trial.effort))], axis=1)

    def closer(sigma):
        parameters = cbo.CboParameters(1.0, sigma, jnp.inf, 0.01)
        end = consensus_run(sphere, parameters, trial.key, start, 60, cbo.isotropic)[0].position[:, 1:]
        return jnp.sum(sphere(end) < 20.0)

    count = np.asarray(jax.jit(jax.vmap(closer))(jnp.array([5.1, 0.5 * math.sqrt(2 / 18)])))
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
    sizes = np.geomspace(1e-6, 1e-4, 4)
    swarm = swarm_init(rastrigin_soft, jax.random.normal(trial.key, (2, particles)) + 1)
    centre = swarm_consensus(swarm, alpha)

    def square(key, size):
        parameters = cbo.CboParameters(1.0, size, alpha, 1.0)
        moved = cbo.cbo_step(rastrigin_soft, parameters, key, swarm, noise=cbo.isotropic)[0]
        return jnp.sum((swarm_consensus(moved, alpha).point - centre.point) ** 2)

    keys = jax.random.split(trial.key, runs)
    found = np.asarray(jax.jit(jax.vmap(jax.vmap(square, (0, None)), (None, 0)))(keys, jnp.asarray(sizes)))
    exact = finite_swarm.noise_deviation(sizes[0], centre.spread**2, particles, 2) ** 2
    large = np.geomspace(1e-3, 1e-2, 4)
    moved, first_order = (np.asarray(x) for x in jax.vmap(lambda r: _infinite_swarm_shift(2.0, r))(jnp.asarray(large)))
    return combine(
        order(sizes, np.sqrt(found.mean(1)), expected=1, tolerance=0.05),
        law(found[0].mean() / exact, 1.0, found[0].std(ddof=1) / exact / math.sqrt(runs)),
        order(large, np.abs(moved), expected=2, tolerance=0.05),
        identity(first_order[0], moved[0], rtol=1e-3),
    )
