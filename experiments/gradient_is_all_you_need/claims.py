"""Claims of arXiv 2306.09778 and of what it builds on; all in float64, Monte Carlo with fixed seeds."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import norm

from core.dealing import over_devices
from core.draws import normal
from core.particles.swarm import consensus_of
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine
from core.verify.falsify import falsify
from core.verify.identity import identity
from core.verify.law import law
from core.verify.order import order
from core.verify.trial import Trial
from experiments.gradient_is_all_you_need._landscapes import (
    HESSIAN_LIPSCHITZ,
    SMOOTHNESS,
    WEAK_CONVEXITY,
    skew,
    soft,
    wavy,
)
from theory.consensus import envelope, finite_swarm, laplace, quadratic, steps
from theory.consensus.gibbs import consensus_point, effective_sample_size, gibbs_weights
from theory.consensus.quadrature import law_mean, line_law, normal_log_density

_STEP = 0.4  # of proximal schemes on `wavy`: τ Λ = 0.4
_POINTS = np.linspace(-3.0, 3.0, 13)


def c01_consensus_point_is_exact() -> Evidence:
    """The consensus point Σ x exp(-α E) / Σ exp(-α E) is right in float32 at α = 0 to 10^15 and any height of E."""
    draw = np.random.default_rng(0)
    points = draw.normal(size=(3, 200)).astype(np.float32)
    energy = (np.round(draw.uniform(size=200) * 2**10) / 2**10).astype(np.float32)
    energy[7] = energy[11] = -1.0  # tied for the best
    alphas, exact = np.array([0.0, 1.0, 1e2, 1e5, 1e15]), []
    for alpha in alphas:
        weights = np.exp(-alpha * (energy.astype(np.longdouble) - energy.min()))
        exact.append((points * weights).sum(1) / weights.sum())
    at = lambda alpha: consensus_of(jnp.asarray(points), jnp.asarray(energy + np.float32(1024)), alpha).point  # noqa: E731
    return identity(np.stack(exact).astype(float), jax.jit(jax.vmap(at))(alphas), rtol=1e-6, atol=3e-7)


def _log_density(x):
    return normal_log_density(x, 1.0, 0.8)


def c02_laplace_rate_has_a_sharp_constant() -> Evidence:
    """α (x_α - x*) → H⁻¹[∇ log ρ - ½ D³E : H⁻¹], and the soft minimum is E* + (½ log det(αH/2π) - log ρ)/α."""

    def shifts(energy, alpha):  # of the mean and of the soft minimum, to first order and by quadrature
        scale = (alpha * jax.grad(jax.grad(energy))(0.0)) ** -0.5
        at_alpha = line_law(lambda x: _log_density(x) - alpha * energy(x), 0.0, scale)
        vector = (lambda x: energy(x[0])), (lambda x: _log_density(x[0])), jnp.zeros(1)
        mean = laplace.laplace_shift(*vector)[0], alpha * law_mean(at_alpha)
        return mean, (laplace.soft_minimum_shift(*vector, alpha), -at_alpha.log_mass / alpha)

    found = jax.jit(lambda alpha: [shifts(energy, alpha) for energy in (skew, soft)])(1e6)
    parts = [(identity(*mean, rtol=1e-3), identity(*soft_minimum, rtol=1e-4)) for mean, soft_minimum in found]
    return combine(*parts[0], *parts[1])


def c03_flat_minima_are_found_more_slowly() -> Evidence:
    """The Gibbs law exp(-α |x|^p) has spread α^(-1/p): 1, 1/2 and 1/4 are the orders at p = 1, 2 and 4."""
    alphas, powers = np.geomspace(1e2, 1e6, 5), np.array([1.0, 2.0, 4.0])

    def both(power, alpha):
        law = line_law(lambda x: -alpha * jnp.abs(x) ** power, 0.0, alpha ** (-1 / power), reach=40.0)
        return jnp.sqrt(law_mean(law, jnp.square)), laplace.flat_spread(alpha, power)

    spreads, exact = jax.jit(jax.vmap(jax.vmap(both, (None, 0)), (0, None)))(powers, alphas)
    orders = (
        order(alphas, each, expected=-1 / power, tolerance=1e-3)
        for power, each in zip(powers, np.asarray(spreads), strict=True)
    )
    return combine(*orders, identity(exact, spreads, rtol=1e-11))


def c04_quantitative_laplace_principle(trial: Trial) -> Evidence:
    """|x_α - x*| <= (q + E_r)^ν/η + exp(-α q)/ρ(B_r) ∫|x - x*| dρ for every gap q and radius r; also under attack."""
    cdf = jax.scipy.stats.norm.cdf
    mean_distance = 2 * math.exp(-0.5) / math.sqrt(2 * math.pi) + 1 - 2 * norm.cdf(-1.0)  # ρ = N(1, 1), x* = 0

    def slack(raw):
        alpha, gap, radius = jnp.exp(3 * raw[0]), jnp.exp(raw[1]), jnp.exp(raw[2])
        right = laplace.laplace_bound(
            alpha,
            gap=gap,
            ball_oscillation=radius**2,
            ball_mass=cdf(radius - 1) - cdf(-radius - 1),
            mean_distance=mean_distance,
            coercivity=1.0,
            exponent=0.5,
        )
        return right - 1 / (1 + 2 * alpha)  # E = x²: the consensus point, exactly

    found = falsify(slack, lambda key: jax.random.normal(key, (3,)), trial.key, starts=8 * trial.effort, steps=100)
    grid = jax.jit(lambda key: jax.vmap(slack)(normal(key, (1000, 3))))(jax.random.key(1))
    # two atoms, one of mass 1/5 at x*, one of energy 1 at distance 2: attained as α → ∞, q → 1 and η → ∞
    sides = {"gap": 1.0, "ball_oscillation": 0.0, "ball_mass": 0.2, "mean_distance": 1.6, "exponent": 0.5}
    attained = jax.jit(laplace.laplace_bound)(12.0, coercivity=1e12, **sides)
    at_alpha = 1.6 * math.exp(-12.0) / (0.2 + 0.8 * math.exp(-12.0))
    return combine(bound(grid, tolerance=1e-12, falsified=found), identity(attained, at_alpha, rtol=1e-4))


def c05_quadratic_closed_forms(trial: Trial) -> Evidence:
    """For a normal law and a quadratic energy N Cov(x_α^N) → (Z_2α/Z_α²)[C_2α + δδᵀ], δ = m_2α - m_α."""
    mean, minimiser, alpha, particles = np.array([1.5, -1.0]), np.zeros(2), 0.8, 2000
    covariance, curvature = np.array([[1.0, 0.3], [0.3, 0.6]]), np.array([[0.8, -0.2], [-0.2, 1.5]])
    root = np.linalg.cholesky(covariance)
    swarms = 600 * trial.effort

    def one(key):
        x = mean[:, None] + root @ normal(key, (2, particles))
        return consensus_point(x, jnp.sum(x * (curvature @ x), 0) / 2, alpha)

    @jax.jit
    def both(key):
        points = over_devices(trial.mesh, one, jax.random.split(key, swarms), together=100)
        return points, quadratic.consensus_covariance(mean, covariance, curvature, minimiser, alpha)

    points, exact = map(np.asarray, both(trial.key))
    white = np.linalg.solve(np.linalg.cholesky(exact), math.sqrt(particles) * (points - points.mean(0)).T)
    products = white @ white.T / (swarms - 1)
    errors = np.sqrt(1 + np.eye(2)) / math.sqrt(swarms)
    return law(products[[0, 1, 0], [0, 1, 1]], np.array([1.0, 1.0, 0.0]), errors[[0, 1, 0], [0, 1, 1]])


def c06_a_hop_is_gradient_descent_on_the_envelope() -> Evidence:
    """x_α(N(y, s² I)) = y - τ ∇E_{α,s}(y) with τ = α s², at every α and s, and = y - τ E_π[∇E] over the tilted law."""

    def routes(y, alpha, width):
        slope = jax.grad(lambda y: envelope.entropic_envelope(wavy, y, alpha, width))(y)
        mean_slope = law_mean(envelope.tilted_law(wavy, y, alpha, width), jax.vmap(jax.grad(wavy)))
        return envelope.hop(wavy, y, alpha, width), y - alpha * width**2 * jnp.stack([slope, mean_slope])

    over_points = jax.vmap(routes, (0, None, None))
    settings = np.array([0.1, 3.0, 30.0]), np.array([0.5, 0.5, 0.3])
    hops, descents = map(np.asarray, jax.jit(jax.vmap(over_points, (None, 0, 0)))(_POINTS, *settings))
    return identity(np.stack([hops, hops], axis=-1), descents, rtol=0.0, atol=1e-12)


def c07_for_quadratics_a_hop_is_a_proximal_step() -> Evidence:
    """For a quadratic energy x_α(N(y, s² I)) = prox_{τE}(y) at every α, not only for large ones."""
    proximal, alphas = _POINTS / (1 + 1.7 * _STEP), np.array([1e-3, 1.0, 1e4])

    def hop(alpha, y, near):
        return envelope.hop(lambda x: 1.7 * x**2 / 2, y, alpha, envelope.hopping_width(alpha, _STEP), near)

    hops = jax.jit(jax.vmap(jax.vmap(hop, (None, 0, 0)), (0, None, None)))(alphas, _POINTS, proximal)
    return identity(np.stack([proximal] * 3), hops, rtol=1e-12, atol=1e-12)


@jax.jit
@partial(jax.vmap, in_axes=(0, 0, None))
@partial(jax.vmap, in_axes=(None, None, 0))
def _hop_distances(alpha: jax.Array, step: jax.Array, y: jax.Array) -> jax.Array:
    """|hop - prox| on `wavy`."""
    near = steps.proximal_point(lambda x: wavy(x[0]), y[None], step)[0]
    return jnp.abs(envelope.hop(wavy, y, alpha, envelope.hopping_width(alpha, step), near) - near)


def c08_hop_against_proximal_step() -> Evidence:
    """|hop - prox| <= √(dτ/(α(1-τΛ))) and <= L₃dτ²/(2α(1-τΛ)²): for smooth E it is O(1/α), not O(√(τ/α))."""
    alphas = np.geomspace(1e2, 1e5, 5)
    distances = np.asarray(_hop_distances(alphas, np.full(5, _STEP), _POINTS))

    @jax.jit
    def limits(alphas):
        convex = steps.hop_bound_convex(alphas, _STEP, WEAK_CONVEXITY)
        return convex, steps.hop_bound_smooth(alphas, _STEP, WEAK_CONVEXITY, HESSIAN_LIPSCHITZ)

    return combine(
        order(alphas, distances[:, 3], expected=-1, tolerance=0.02),
        *(bound(1 - distances / np.asarray(limit)[:, None], tolerance=0.0) for limit in limits(alphas)),
    )


def c09_hop_against_proximal_step_is_quadratic_in_the_step() -> Evidence:
    """At a fixed α, |hop - prox| ~ τ² for smooth E as τ → 0."""
    taus = np.geomspace(1e-4, 8e-4, 5)
    distances = np.asarray(_hop_distances(np.full(5, 10.0), taus, _POINTS))
    return order(taus, distances[:, 3], expected=2, tolerance=0.06)


def c10_at_a_kink_the_square_root_rate_is_attained() -> Evidence:
    """For E = |x| and y = τ, hop - prox = √(2τ/(πα)) to leading order: without smoothness √(τ/α) can't be improved."""
    alphas = np.geomspace(1e4, 1e6, 5)

    def gap(alpha):
        width = math.sqrt(_STEP / alpha)
        reach = 2 * _STEP / width + 20
        return law_mean(envelope.tilted_law(jnp.abs, _STEP, alpha, width, 0.0, reach=reach, panels=300))

    both = jax.jit(lambda: (jnp.stack([gap(a) for a in alphas]), finite_swarm.kink_distance(alphas[-1], _STEP)))
    gaps, exact = map(np.asarray, both())
    return combine(order(alphas, gaps, expected=-0.5, tolerance=0.01), identity(exact, gaps[-1], rtol=5e-3))


def c11_ends_of_the_envelope_family() -> Evidence:
    """Fixed s, α → 0: Gaussian smoothing, error ~ α. Fixed τ, α → ∞: α (envelope - Moreau) → ½ log(1 + τE''(prox))."""
    alphas = np.geomspace(1e-3, 1e-1, 5)

    @jax.jit
    def ends(y, alphas, width):
        smooth = envelope.gaussian_smoothing(wavy, y, width)
        gaps = smooth - jax.vmap(lambda alpha: envelope.entropic_envelope(wavy, y, alpha, width))(alphas)
        vector = lambda x: wavy(x[0])  # noqa: E731
        near = steps.proximal_point(vector, y[None], _STEP)[0]
        value = envelope.entropic_envelope(wavy, y, 1e5, envelope.hopping_width(1e5, _STEP), near)
        scaled = 1e5 * (value - steps.moreau_envelope(vector, y[None], _STEP))
        return gaps, envelope.moreau_correction(wavy, near, _STEP), scaled

    gaps, exact, scaled = map(np.asarray, ends(np.array(0.7), alphas, 0.4))
    return combine(order(alphas, gaps, expected=1, tolerance=0.02), identity(exact, scaled, rtol=1e-4))


def _hop_near_prox(y: jax.Array, step: float) -> jax.Array:
    """A hop on `wavy` at α = 10^4, whose tilted law lies many widths away from y, around the proximal point."""
    near = steps.proximal_point(lambda x: wavy(x[0]), y[None], step, iterations=8)[0]
    return envelope.hop(wavy, y, 1e4, envelope.hopping_width(1e4, step), near)


def c12_proximal_explicit_and_continuous_descent() -> Evidence:
    """|prox - explicit step| <= Lτ²|∇E|/(1-τΛ) ~ τ²; both proximal steps and hops follow the flow with order 1."""
    counts = np.array([160, 80, 40, 20])
    taus = 1 / counts

    @jax.jit
    @jax.vmap
    def schemes(tau, count):
        vector, start = (lambda x: wavy(x[0])), jnp.array([3.0])
        bent = jnp.array([math.pi / 2])  # E'' = L here, and the bound is nearly attained
        slope = jax.grad(vector)(bent)
        one_step = jnp.abs(steps.proximal_point(vector, bent, tau) - (bent - tau * slope))[0]
        limit = steps.explicit_bound(tau, WEAK_CONVEXITY, SMOOTHNESS, jnp.abs(slope[0]))
        flow = steps.gradient_flow(vector, start, 1.0, 400)[-1, 0]
        implicit = steps.minimising_movement(vector, start, tau, 160)[count, 0]
        hopped = jax.lax.fori_loop(0, count, lambda _, y: _hop_near_prox(y, tau), start[0])
        return one_step, limit, implicit - flow, hopped - flow

    one_step, limit, implicit, hopped = map(np.asarray, schemes(taus, counts))
    return combine(
        bound(1 - one_step / limit, tolerance=0.0),
        order(taus, one_step, expected=2, tolerance=0.12),
        order(taus, np.abs(implicit), expected=1, tolerance=0.12),
        order(taus, np.abs(hopped), expected=1, tolerance=0.12),
    )


def c13_linear_energies_lose_particles_exponentially(trial: Trial) -> Evidence:
    """With z = α s|∇E|, N exp(-z²) particles count; N Var of a hop is s²e^{z²}(1 + z²) along ∇E, s²e^{z²} across."""
    particles, swarms, width, slopes = 1000, 800 * trial.effort, 0.5, np.array([0.3, 0.6, 1.0])

    def hops(key):  # on each of the slopes, from the same draws
        x = width * normal(key, (2, particles))
        energies = x[0] / width * slopes[:, None]
        points = jax.vmap(lambda energy: consensus_point(x, energy, 1.0))(energies)
        return points, jax.vmap(lambda energy: effective_sample_size(gibbs_weights(energy, 1.0)))(energies) / particles

    @jax.jit
    def both(key):
        found = over_devices(trial.mesh, hops, jax.random.split(key, swarms), together=400)
        return *found, *finite_swarm.hop_covariance_linear(slopes, width), finite_swarm.effective_share_linear(slopes)

    points, share, *exact = map(np.asarray, both(trial.key))
    exact, bias = np.stack(exact, axis=1), np.exp(4 * slopes**2) / particles
    found = np.column_stack([points.var(axis=0, ddof=1) * particles, share.mean(0)])
    # the O(1/N) bias of the share is allowed for: some e^{4z²}/N of it
    error = exact * (math.sqrt(2 / swarms) + 2 * bias / 3)[:, None]
    error[:, 2] = share.std(0) / math.sqrt(swarms) + exact[:, 2] * bias
    return law(found.ravel(), exact.ravel(), error.ravel())


def c14_best_of_n(trial: Trial) -> Evidence:
    """At α = ∞ a hop on a linear energy goes down by s E max(Z_1..Z_N), about s √(2 log N): hill climbing."""
    runs, sizes = 500 * trial.effort, (20, 200, 1000)

    def hops(key, particles):
        draws = normal(jax.random.fold_in(key, particles), (runs, 1, particles))
        return jax.vmap(lambda x: consensus_point(x, -x[0], jnp.inf)[0])(draws)

    @jax.jit
    def both(key):
        return jnp.stack([hops(key, n) for n in sizes]), jax.vmap(finite_swarm.best_of_n)(np.array(sizes, float))

    moved, exact = map(np.asarray, both(trial.key))
    return law(moved.mean(1), exact, moved.std(1, ddof=1) / math.sqrt(runs))
