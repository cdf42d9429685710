"""Claims of arXiv 2306.09778 and of what it builds on; all in float64, Monte Carlo with fixed seeds."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from core.dealing import over_devices
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
from theory.consensus.gibbs import consensus_point
from theory.consensus.quadrature import law_mean, line_law, normal_log_density

_STEP = 0.4  # of proximal schemes on `wavy`: τ Λ = 0.4
_POINTS = np.linspace(-3.0, 3.0, 13)


def c01_consensus_point_is_exact() -> Evidence:
    """The consensus point Σ x exp(-α E) / Σ exp(-α E) is right in float32 at α = 0 to 10^15 and any height of E."""
    draw = np.random.default_rng(0)
    points = draw.normal(size=(3, 200)).astype(np.float32)
    energy = (np.round(draw.uniform(size=200) * 2**10) / 2**10).astype(np.float32)
    energy[7] = energy[11] = -1.0  # tied for the best
    found, exact = [], []
    for alpha in (0.0, 1.0, 1e2, 1e5, 1e15):
        weights = np.exp(-alpha * (energy.astype(np.longdouble) - energy.min()))
        exact.append((points * weights).sum(1) / weights.sum())
        found.append(consensus_of(jnp.asarray(points), jnp.asarray(energy + np.float32(1024)), alpha).point)
    return identity(np.stack(exact).astype(float), np.stack(found), rtol=1e-6, atol=3e-7)


def _log_density(x):
    return normal_log_density(x, 1.0, 0.8)


def c02_laplace_rate_has_a_sharp_constant() -> Evidence:
    """α (x_α - x*) → H⁻¹[∇ log ρ - ½ D³E : H⁻¹], and the soft minimum is E* + (½ log det(αH/2π) - log ρ)/α."""
    parts = []
    for energy in (skew, soft):
        curvature, alpha = float(jax.grad(jax.grad(energy))(0.0)), 1e6
        at_alpha = line_law(lambda x, e=energy: _log_density(x) - 1e6 * e(x), 0.0, (alpha * curvature) ** -0.5)
        vector = (lambda x, e=energy: e(x[0])), (lambda x: _log_density(x[0]))
        parts.append(identity(laplace.laplace_shift(*vector, jnp.zeros(1))[0], alpha * law_mean(at_alpha), rtol=1e-3))
        shift = laplace.soft_minimum_shift(*vector, jnp.zeros(1), alpha)
        parts.append(identity(shift, -at_alpha.log_mass / alpha, rtol=1e-4))
    return combine(*parts)


def c03_flat_minima_are_found_more_slowly() -> Evidence:
    """The Gibbs law exp(-α |x|^p) has spread α^(-1/p): 1, 1/2 and 1/4 are the orders at p = 1, 2 and 4."""
    alphas, parts = np.geomspace(1e2, 1e6, 5), []
    for power in (1.0, 2.0, 4.0):
        laws = [
            line_law(lambda x, a=a, p=power: -a * jnp.abs(x) ** p, 0.0, a ** (-1 / power), reach=40.0) for a in alphas
        ]
        spreads = np.sqrt([law_mean(each, jnp.square) for each in laws])
        parts += [
            order(alphas, spreads, expected=-1 / power, tolerance=1e-3),
            identity(laplace.flat_spread(alphas, power), spreads, rtol=1e-11),
        ]
    return combine(*parts)


def c04_quantitative_laplace_principle(trial: Trial) -> Evidence:
    """|x_α - x*| <= (q + E_r)^ν/η + exp(-α q)/ρ(B_r) ∫|x - x*| dρ for every gap q and radius r; also under attack."""
    cdf = jax.scipy.stats.norm.cdf
    mean_distance = 2 * math.exp(-0.5) / math.sqrt(2 * math.pi) + 1 - 2 * cdf(-1.0)  # ρ = N(1, 1), x* = 0

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
    grid = jax.vmap(slack)(jax.random.normal(jax.random.key(1), (1000, 3)))
    # two atoms, one of mass 1/5 at x*, one of energy 1 at distance 2: attained as α → ∞, q → 1 and η → ∞
    sides = {"gap": 1.0, "ball_oscillation": 0.0, "ball_mass": 0.2, "mean_distance": 1.6, "exponent": 0.5}
    attained = laplace.laplace_bound(12.0, coercivity=1e12, **sides)
    at_alpha = 1.6 * math.exp(-12.0) / (0.2 + 0.8 * math.exp(-12.0))
    return combine(bound(grid, tolerance=1e-12, falsified=found), identity(attained, at_alpha, rtol=1e-4))


def c05_quadratic_closed_forms(trial: Trial) -> Evidence:
    """For a normal law and a quadratic energy N Cov(x_α^N) → (Z_2α/Z_α²)[C_2α + δδᵀ], δ = m_2α - m_α."""
    mean, minimiser, alpha, particles = jnp.array([1.5, -1.0]), jnp.zeros(2), 0.8, 2000
    covariance, curvature = jnp.array([[1.0, 0.3], [0.3, 0.6]]), jnp.array([[0.8, -0.2], [-0.2, 1.5]])
    root = jnp.linalg.cholesky(covariance)
    swarms = 600 * trial.effort

    def one(key):
        x = mean[:, None] + root @ jax.random.normal(key, (2, particles))
        return consensus_point(x, jnp.sum(x * (curvature @ x), 0) / 2, alpha)

    points = np.asarray(
        jax.jit(partial(over_devices, trial.mesh, one, together=100))(jax.random.split(trial.key, swarms))
    )
    exact = np.asarray(quadratic.consensus_covariance(mean, covariance, curvature, minimiser, alpha))
    white = np.linalg.solve(np.linalg.cholesky(exact), math.sqrt(particles) * (points - points.mean(0)).T)
    products = white @ white.T / (swarms - 1)
    errors = np.sqrt(1 + np.eye(2)) / math.sqrt(swarms)
    return law(products[[0, 1, 0], [0, 1, 1]], np.array([1.0, 1.0, 0.0]), errors[[0, 1, 0], [0, 1, 1]])


def c06_a_hop_is_gradient_descent_on_the_envelope() -> Evidence:
    """x_α(N(y, s² I)) = y - τ ∇E_{α,s}(y) with τ = α s², at every α and s, and = y - τ E_π[∇E] over the tilted law."""
    routes = []
    for alpha, width in ((0.1, 0.5), (3.0, 0.5), (30.0, 0.3)):

        def both(y, alpha=alpha, width=width):
            slope = jax.grad(lambda y: envelope.entropic_envelope(wavy, y, alpha, width))(y)
            mean_slope = law_mean(envelope.tilted_law(wavy, y, alpha, width), jax.vmap(jax.grad(wavy)))
            step = alpha * width**2
            return jnp.stack([envelope.hop(wavy, y, alpha, width)] * 2), jnp.stack(
                [y - step * slope, y - step * mean_slope]
            )

        routes.append(jax.jit(jax.vmap(both))(jnp.asarray(_POINTS)))
    return combine(*(identity(hop, descent, rtol=0.0, atol=1e-12) for hop, descent in routes))


def c07_for_quadratics_a_hop_is_a_proximal_step() -> Evidence:
    """For a quadratic energy x_α(N(y, s² I)) = prox_{τE}(y) at every α, not only for large ones."""
    hops, proximal = [], []
    for alpha in (1e-3, 1.0, 1e4):
        exact = jnp.asarray(_POINTS) / (1 + 1.7 * _STEP)
        width = envelope.hopping_width(alpha, _STEP)
        hops.append(
            jax.vmap(lambda y, p, w=width, a=alpha: envelope.hop(lambda x: 1.7 * x**2 / 2, y, a, w, p))(
                jnp.asarray(_POINTS), exact
            )
        )
        proximal.append(exact)
    return identity(jnp.stack(proximal), jnp.stack(hops), rtol=1e-12, atol=1e-12)


def _hop_distance(alpha: float, step: float, points: np.ndarray = _POINTS) -> tuple[np.ndarray, np.ndarray]:
    """|hop - prox| on `wavy`, and the proximal points."""
    y = jnp.asarray(points)
    near = jax.vmap(lambda y: steps.proximal_point(lambda x: wavy(x[0]), y[None], step)[0])(y)
    width = envelope.hopping_width(alpha, step)
    return np.abs(jax.vmap(lambda y, p: envelope.hop(wavy, y, alpha, width, p))(y, near) - near), np.asarray(near)


def c08_hop_against_proximal_step() -> Evidence:
    """|hop - prox| <= √(dτ/(α(1-τΛ))) and <= L₃dτ²/(2α(1-τΛ)²): for smooth E it is O(1/α), not O(√(τ/α))."""
    alphas = np.geomspace(1e2, 1e5, 5)
    distances = np.stack([_hop_distance(alpha, _STEP)[0] for alpha in alphas])
    convex = np.asarray(steps.hop_bound_convex(alphas, _STEP, WEAK_CONVEXITY))[:, None]
    smooth = np.asarray(steps.hop_bound_smooth(alphas, _STEP, WEAK_CONVEXITY, HESSIAN_LIPSCHITZ))[:, None]
    return combine(
        order(alphas, distances[:, 3], expected=-1, tolerance=0.02),
        bound(1 - distances / convex, tolerance=0.0),
        bound(1 - distances / smooth, tolerance=0.0),
    )


def c09_hop_against_proximal_step_is_quadratic_in_the_step() -> Evidence:
    """At a fixed α, |hop - prox| ~ τ² for smooth E as τ → 0."""
    taus = np.geomspace(1e-4, 8e-4, 4)
    return order(taus, np.array([_hop_distance(10.0, t)[0][3] for t in taus]), expected=2, tolerance=0.06)


def c10_at_a_kink_the_square_root_rate_is_attained() -> Evidence:
    """For E = |x| and y = τ, hop - prox = √(2τ/(πα)) to leading order: without smoothness √(τ/α) can't be improved."""
    alphas = np.geomspace(1e4, 1e6, 5)
    gaps = []
    for alpha in alphas:
        width = float(envelope.hopping_width(alpha, _STEP))
        tilted = envelope.tilted_law(jnp.abs, _STEP, alpha, width, 0.0, reach=2 * _STEP / width + 20, panels=300)
        gaps.append(law_mean(tilted))
    return combine(
        order(alphas, np.array(gaps), expected=-0.5, tolerance=0.01),
        identity(finite_swarm.kink_distance(alphas[-1], _STEP), gaps[-1], rtol=5e-3),
    )


def c11_ends_of_the_envelope_family() -> Evidence:
    """Fixed s, α → 0: Gaussian smoothing, error ~ α. Fixed τ, α → ∞: α (envelope - Moreau) → ½ log(1 + τE''(prox))."""
    y, width, alphas = 0.7, 0.4, np.geomspace(1e-3, 1e-1, 5)
    smooth = float(envelope.gaussian_smoothing(wavy, y, width))
    gaps = [smooth - float(envelope.entropic_envelope(wavy, y, alpha, width)) for alpha in alphas]
    vector, at = lambda x: wavy(x[0]), jnp.array([y])
    near = steps.proximal_point(vector, at, _STEP)[0]
    value = envelope.entropic_envelope(wavy, y, 1e5, envelope.hopping_width(1e5, _STEP), near)
    scaled = 1e5 * (value - steps.moreau_envelope(vector, at, _STEP))
    return combine(
        order(alphas, np.array(gaps), expected=1, tolerance=0.02),
        identity(envelope.moreau_correction(wavy, near, _STEP), scaled, rtol=1e-4),
    )


def _hop_near_prox(y: jax.Array, step: float) -> jax.Array:
    """A hop on `wavy` at α = 10^4, whose tilted law lies many widths away from y, around the proximal point."""
    near = steps.proximal_point(lambda x: wavy(x[0]), y[None], step, iterations=8)[0]
    return envelope.hop(wavy, y, 1e4, envelope.hopping_width(1e4, step), near)


def c12_proximal_explicit_and_continuous_descent() -> Evidence:
    """|prox - explicit step| <= Lτ²|∇E|/(1-τΛ) ~ τ²; both proximal steps and hops follow the flow with order 1."""
    vector, start = (lambda x: wavy(x[0])), jnp.array([3.0])
    taus = np.array([1 / 160, 1 / 80, 1 / 40, 1 / 20])
    bent = jnp.array([math.pi / 2])  # E'' = L here, and the bound is nearly attained
    slope = jax.grad(vector)(bent)
    one_step = np.array([float(jnp.abs(steps.proximal_point(vector, bent, t) - (bent - t * slope))[0]) for t in taus])
    limit = np.asarray(steps.explicit_bound(taus, WEAK_CONVEXITY, SMOOTHNESS, jnp.abs(slope[0])))
    flow = steps.gradient_flow(vector, start, 1.0, 400)[-1, 0]
    implicit, hopped = [], []
    for tau in taus:
        implicit.append(steps.minimising_movement(vector, start, tau, round(1 / tau))[-1, 0] - flow)
        hopped.append(jax.lax.fori_loop(0, round(1 / tau), lambda _, y, t=tau: _hop_near_prox(y, t), start[0]) - flow)
    return combine(
        bound(1 - one_step / limit, tolerance=0.0),
        order(taus, one_step, expected=2, tolerance=0.12),
        order(taus, np.abs(implicit), expected=1, tolerance=0.12),
        order(taus, np.abs(hopped), expected=1, tolerance=0.12),
    )
