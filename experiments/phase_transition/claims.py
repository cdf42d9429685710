"""What "Phase Transition for Budgeted Multi-Agent Synergy" claims about trees of voters, checked.

The paper's text was not available beyond its abstract and outline; statements and constants were re-derived, with the
common-cause law of correlation. Theorem numbers are those of the first version.
"""

import math
import operator
from fractions import Fraction
from itertools import accumulate, repeat

import jax
import jax.numpy as jnp
import numpy as np
from scipy import optimize

from core.trees.bits import Dyadic
from core.trees.law import Law, Shape
from core.trees.simulate import simulate_sharded
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine
from core.verify.falsify import falsify
from core.verify.fit import fit, r_squared
from core.verify.identity import identity
from core.verify.law import law_counts
from core.verify.order import order
from core.verify.trial import Trial
from theory.trees import budget as budgets
from theory.trees.majority import majority_derivative, majority_map, majority_slope
from theory.trees.predictors import best_chord_bound, clip_bound, logistic_law, mixing_depth
from theory.trees.recursion import (
    Tree,
    amplification,
    critical_amplitude,
    critical_decay,
    critical_fidelity,
    fixed_point,
    fixed_point_of_three,
    organisation_exponent,
    tree_trajectory,
)

FAN_INS = (3, 5, 11, 101, 1001)
BIASES = (2.0**-40, 2.0**-20, 2.0**-10, 0.125, 0.5, 1 - 2.0**-6)  # short in binary, so that exact routes are quick


def c01_slope_closed_form() -> Evidence:
    """A weak signal gains s_b = b C(b-1, (b-1)/2) / 2^(b-1) = 2Γ(b/2+1) / (√π Γ((b+1)/2)) in one vote of b."""
    exact = [float(Fraction(b * math.comb(b - 1, b // 2), 2 ** (b - 1))) for b in FAN_INS]
    return identity(np.array(exact), majority_slope(jnp.array(FAN_INS)), rtol=1e-12)


def c02_majority_map() -> Evidence:
    """The majority of b independent votes of bias μ has the bias f_b(μ) = s_b ∫₀^μ (1-u²)^((b-1)/2) du."""
    exact = np.array([[_exact_majority(b, mu)[0] for mu in BIASES] for b in FAN_INS])
    return identity(exact, majority_map(jnp.array(FAN_INS)[:, None], jnp.array(BIASES)), rtol=1e-11)


def c03_majority_derivative() -> Evidence:
    """f_b'(μ) = s_b (1-μ²)^((b-1)/2)."""
    exact = np.array([[_exact_majority(b, mu)[1] for mu in BIASES[:-1]] for b in FAN_INS])
    return identity(exact, majority_derivative(jnp.array(FAN_INS)[:, None], jnp.array(BIASES[:-1])), rtol=1e-10)


def c04_dichotomy(trial: Trial) -> Evidence:
    """Theorem 4: the bias of a deep tree tends to 0 if α_ρ = γ[ρ + (1-ρ) s_b] <= 1, else to one fixed point μ* > 0."""
    tree = _random_trees(trial, 40 * trial.effort)
    alpha = amplification(tree)
    tree = Tree(*(part[jnp.abs(alpha - 1) > 0.02] for part in tree))  # nearer to 1 the limit takes too long
    grows = amplification(tree) > 1
    run = jax.jit(lambda start: tree_trajectory(start, tree, 3000)[-1])
    weak, strong = run(0.01), run(1.0)
    return combine(
        identity(grows, weak > 1e-6, rtol=0),
        identity(fixed_point(tree).bias, weak, rtol=1e-9, atol=1e-20),
        identity(weak, strong, rtol=1e-9, atol=1e-20),
    )


def c05_fixed_point_of_three() -> Evidence:
    """At b = 3 the fixed point is μ* = min(1, √(2(α-1) / ((1-ρ)γ³))) with α = γ(3-ρ)/2."""
    gamma, rho = jnp.meshgrid(jnp.linspace(0.3, 1.0, 24), jnp.linspace(0.0, 0.9, 10))
    away = jnp.abs(gamma * (3 - rho) / 2 - 1) > 1e-3  # the root is ill-conditioned at the transition itself
    return identity(fixed_point_of_three(gamma, rho)[away], fixed_point(Tree(3.0, gamma, rho)).bias[away], rtol=1e-11)


def c06_critical_exponent() -> Evidence:
    """Near the transition μ* ~ √((α-1)/c), c = (1-ρ)γ³ s_b (b-1)/6: the exponent is 1/2 and the amplitude is known."""
    excess, checks = 10.0 ** -np.arange(2, 7), []
    for fan_in in (3.0, 11.0, 101.0):
        tree = Tree(fan_in, (1 + excess) * critical_fidelity(fan_in, 0.1), 0.1)
        ceiling = fixed_point(tree).bias
        checks += [
            order(excess, ceiling, expected=0.5, tolerance=0.01),
            identity(critical_amplitude(tree)[2:], ceiling[2:], rtol=1e-3),
        ]
    return combine(*checks)


def c07_critical_decay() -> Evidence:
    """At α = 1 the bias decays like μ_t ~ 1/√(2ct), whatever the leaves."""
    fan_in, levels = jnp.array([3.0, 5.0, 11.0, 101.0]), 100_000
    tree = Tree(fan_in, critical_fidelity(fan_in, 0.1), 0.1)
    last = jax.jit(lambda start: tree_trajectory(start, tree, levels)[-1])(1.0)
    return identity(critical_decay(tree, float(levels)), last, rtol=5e-4)


def c08_predictors_are_bounds(trial: Trial) -> Evidence:
    """For all t: min((g(δ)/δ)^t μ_0, δ) <= μ_t <= min(α^t μ_0, max(μ_0, μ*)), the first for every δ in (0, μ*]."""
    depth = 10
    levels = jnp.arange(1.0, depth + 1.0)

    def slacks(tree: Tree, leaf: jax.Array) -> jax.Array:
        path = tree_trajectory(leaf, tree, depth)[1:]
        upper, lower = clip_bound(leaf, tree, levels), best_chord_bound(leaf, tree, levels)
        return jnp.stack([(upper - path) / upper, (path - lower) / path])

    def attacked(point: jax.Array) -> jax.Array:
        gamma, rho, leaf = jax.nn.sigmoid(point)
        return slacks(Tree(5.0, gamma, rho), leaf).min()

    tree = _random_trees(trial, 20 * trial.effort)
    leaves = 10.0 ** -jax.random.uniform(trial.key, tree.fan_in.shape, minval=0.0, maxval=6.0)
    found = falsify(attacked, lambda key: jax.random.normal(key, (3,)), trial.key, starts=8 * trial.effort, steps=60)
    return bound(jax.jit(jax.vmap(slacks))(tree, leaves), tolerance=1e-11, falsified=found)


def c09_predictor_quality(trial: Trial) -> Evidence:
    """How far the logistic law μ_t⁻² = α⁻²ᵗ μ_0⁻² + (1-α⁻²ᵗ) μ*⁻² is from the recursion: reported, no bound."""
    tree = _random_trees(trial, 20 * trial.effort)
    above = amplification(tree) > 1.05
    tree = Tree(*(part[above] for part in tree))
    truth = jax.jit(lambda: tree_trajectory(1e-3, tree, 60))()
    law = jax.jit(logistic_law)(1e-3, tree, jnp.arange(61.0)[:, None])
    off = np.abs(np.asarray(law / truth - 1))
    quality = {"median": float(np.median(off)), "largest": float(off.max()), "at_no_correlation": _logistic_deficit()}
    return fit(
        quality, r2=r_squared(truth, law), holdout_error=float(off.max()), note=f"{off.size} points, none fitted"
    )


def c10_mixing_depth() -> Evidence:
    """A signal reaches 90 % of its ceiling within 3 levels of the mixing depth L_mix = ln(μ*/μ_0)/ln α."""
    tree = Tree(jnp.array([3.0, 3.0, 5.0, 11.0]), jnp.array([0.9, 1.0, 0.8, 0.7]), jnp.array([0.05, 0.2, 0.1, 0.1]))
    path = tree_trajectory(1e-3, tree, 200)
    arrived = jnp.argmax(path >= 0.9 * fixed_point(tree).bias, axis=0)
    return identity(mixing_depth(1e-3, tree), arrived.astype(float), rtol=0, atol=3)


def c11_noise_threshold() -> Evidence:
    """Without correlation the critical noise is 1/2 - 2^(b-2)/(b C(b-1,(b-1)/2)), the limit for any noisy b-gate."""
    exact = [float(Fraction(1, 2) - Fraction(2 ** (b - 2), b * math.comb(b - 1, b // 2))) for b in FAN_INS[:-1]]
    return identity(np.array(exact), (1 - critical_fidelity(jnp.array(FAN_INS[:-1]), 0.0)) / 2, rtol=1e-9)


def c12_synergy_iff_s_exceeds_beta(trial: Trial) -> Evidence:
    """Theorem 5: for a weak leaf some budget makes some tree beat one agent iff s = log_b α exceeds β."""
    tree = _random_trees(trial, 60 * trial.effort, most=5)
    beta = jax.random.uniform(jax.random.fold_in(trial.key, 1), tree.fan_in.shape, minval=0.03, maxval=0.5)
    gap = organisation_exponent(tree) - beta
    tree, beta, gap = jax.tree.map(lambda part: part[jnp.abs(gap) >= 0.03], (tree, beta, gap))
    budget = jnp.logspace(1, 40, 80)

    def wins(tree: Tree, beta: jax.Array) -> jax.Array:
        options = budgets.tree_options(
            budget, tree, budgets.Leaf(1e-12, beta), budgets.message_cost(1.0, tree.fan_in), 40
        )
        weak = options.bias[0] < 1e-3  # one agent is still far from its own ceiling
        return jnp.any(weak & (options.bias[1:] > options.bias[0] * (1 + 1e-9)))

    return identity(gap > 0, jax.jit(jax.vmap(wins))(tree, beta), rtol=0)


def c13_best_allocation() -> Evidence:
    """Theorem 9: the best leaf compute is x* = βc_0/(t-β); many beat one from c_0/(t-β) (t^t/β^β)^(1/(t-β)) on."""
    cases, cost = [(0.3, 0.1), (0.5, 0.2), (0.45, 0.4), (0.344, 0.15)], 25.0
    compute, threshold = [], []
    for t, beta in cases:

        def log_gain(log_x: float, t: float = t, beta: float = beta) -> float:
            return beta * log_x - t * math.log(math.exp(log_x) + cost)

        best = optimize.minimize_scalar(
            lambda x: -log_gain(x), bounds=(-10, 15), method="bounded", options={"xatol": 1e-9}
        )
        compute.append(math.exp(best.x))
        threshold.append(math.exp(log_gain(best.x) / (beta - t)))  # where log_gain + t ln B = β ln B
    t, beta = jnp.array(cases).T
    return combine(
        identity(budgets.best_leaf_compute(t, beta, cost), np.array(compute), rtol=1e-5),
        identity(budgets.continuous_threshold(t, beta, cost), np.array(threshold), rtol=1e-8),
    )


def c14_first_threshold() -> Evidence:
    """The shallowest tree of a weak signal wins from B_1 = c_0 (b-1) / (1 - b^(1-s/β)) on."""
    predicted, measured = [], []
    for b, gamma, rho, beta in [(3, 0.95, 0.05, 0.15), (5, 0.9, 0.1, 0.2), (5, 0.95, 0.05, 0.3), (11, 0.8, 0.2, 0.1)]:
        cost = 2 * 10.0 * b / (b - 1)
        gain = gamma * (rho + (1 - rho) * b * math.comb(b - 1, b // 2) / 2 ** (b - 1))

        def lead(budget: float, b: int = b, beta: float = beta, cost: float = cost, gain: float = gain) -> float:
            return gain * ((budget - cost * (b - 1)) / b) ** beta - budget**beta

        measured.append(optimize.brentq(lead, cost * (b - 1) * (1 + 1e-12), 1e12, rtol=1e-13))
        tree, leaf = Tree(b, gamma, rho), budgets.Leaf(1e-12, beta)
        predicted.append(float(budgets.growth_threshold(tree, leaf, cost, depth=1)))
    return identity(np.array(predicted), np.array(measured), rtol=1e-9)


def c15_growth_exponent() -> Evidence:
    """Until it saturates, the best tree's bias grows with the budget like B^s, in steps of whole levels."""
    tree, leaf, cost = _example()
    budget = np.logspace(3, 8.5, 400)
    bias = budgets.best_tree(jnp.asarray(budget), tree, leaf, cost, 24).bias
    slope = np.polyfit(np.log(budget), np.log(bias), 1)[0]
    return identity(float(organisation_exponent(tree)), float(slope), rtol=0, atol=0.005)


def c16_window_of_synergy() -> Evidence:
    """Trees beat one agent from about B_1 to (μ*/c)^(1/β), where one agent passes the ceiling of every tree."""
    tree, leaf, cost = _example()
    budget = np.logspace(1.5, 21, 8000)
    options = jax.jit(lambda b: budgets.tree_options(b, tree, leaf, cost, 32))(budget)
    wins = np.asarray(options.bias[1:].max(axis=0) > options.bias[0])
    opens, closes = budget[wins][0], budget[wins][-1]
    step = budget[1] / budget[0] - 1
    return combine(
        identity(float(budgets.growth_threshold(tree, leaf, cost, depth=1)), opens, rtol=step + 0.01),
        identity(float(budgets.compute_for(fixed_point(tree).bias, leaf)), closes, rtol=step + 0.01),
    )


def c17_strong_baseline_veto(trial: Trial) -> Evidence:
    """If one agent already stands at the ceiling μ* of a tree, no depth of that tree beats it at equal budget."""

    def slacks(point: jax.Array) -> jax.Array:
        gamma, rho, single, share = jax.nn.sigmoid(point)
        tree = Tree(5.0, gamma, rho)
        single = fixed_point(tree).bias + single * (1 - fixed_point(tree).bias)  # at the ceiling or above it
        return single - tree_trajectory(share * single, tree, 12)[1:]  # leaves have a share of the compute

    points = 2 * jax.random.normal(trial.key, (100 * trial.effort, 4))
    starts = 8 * trial.effort
    found = falsify(
        lambda p: slacks(p).min(), lambda key: jax.random.normal(key, (4,)), trial.key, starts=starts, steps=80
    )
    return bound(jax.jit(jax.vmap(slacks))(points), tolerance=1e-12, falsified=found)


def c18_simulation_matches_recursion(trial: Trial) -> Evidence:
    """Simulated trees with noisy messages and common causes decide correctly as often as the recursion says."""
    settings, words = 6 * trial.effort, 512
    counts, exact = [], []
    for place, shape in enumerate((Shape(3, 5), Shape(5, 3), Shape(11, 2))):
        key = jax.random.fold_in(trial.key, place)
        leaf, flip, same = jax.random.randint(
            key, (3, settings), jnp.array([[17], [0], [0]]), jnp.array([[32], [9], [13]])
        )

        def count(key, leaf, flip, same, shape=shape):
            law = Law(Dyadic(leaf, 5), Dyadic(flip, 5), Dyadic(same, 4))
            return simulate_sharded(trial.mesh, key, law, shape, words, axis="devices")

        compiled = jax.jit(count)
        keys = jax.random.split(key, settings)
        counts += [compiled(*point).block_until_ready() for point in zip(keys, leaf, flip, same, strict=True)]
        bias = tree_trajectory(leaf / 16 - 1, Tree(shape.fan_in, 1 - flip / 16, same / 16), shape.depth)[-1]
        exact.append((1 + bias) / 2)
    return law_counts(np.array(counts), 32 * words, jnp.concatenate(exact))


def c20_star_against_tree() -> Evidence:
    """At equal N a tree keeps the share (s_b/√b)^L √(π/2) of a star's gain: depth costs a constant factor a level."""
    shapes = [(3, 4), (3, 8), (5, 4), (9, 3)]
    exact = [float(majority_slope(b) ** depth / majority_slope(b**depth)) for b, depth in shapes]
    share = [(float(majority_slope(b)) / math.sqrt(b)) ** depth * math.sqrt(math.pi / 2) for b, depth in shapes]
    return identity(np.array(share), np.array(exact), rtol=0.01)


def c23_no_tree_beats_the_square_root() -> Evidence:
    """No odd fan-in, fidelity and correlation reach s = 1/2, so that synergy needs β < 1/2."""
    fan_in = jnp.arange(3.0, 100_001.0, 2.0)
    return bound(0.5 - organisation_exponent(Tree(fan_in, 1.0, 0.0)), tolerance=0.0)


def _exact_majority(b: int, bias: float) -> tuple[float, float]:
    """The bias of a majority and its derivative, by whole numbers over all outcomes, rounded once at the end."""
    mu = Fraction(bias)
    right, wrong, whole = mu.denominator + mu.numerator, mu.denominator - mu.numerator, (2 * mu.denominator) ** b
    rights, wrongs = (list(accumulate(repeat(x, b), operator.mul, initial=1)) for x in (right, wrong))
    outcomes = range(b // 2 + 1, b + 1)
    powers = [(math.comb(b, j), rights[j], wrongs[b - j]) for j in outcomes]
    value = (2 * sum(c * p * q for c, p, q in powers) - whole) / whole
    slopes = [
        c * (j * rights[j - 1] * q - ((b - j) * p * wrongs[b - j - 1] if j < b else 0))
        for j, (c, p, q) in zip(outcomes, powers, strict=True)
    ]
    return value, sum(slopes) * 2 * mu.denominator / whole


def _random_trees(trial: Trial, count: int, most: int = 25) -> Tree:
    odd, gamma, rho = jax.random.split(trial.key, 3)
    return Tree(
        2.0 * jax.random.randint(odd, (count,), 1, most) + 1,
        jax.random.uniform(gamma, (count,), minval=0.1, maxval=1.0),
        jax.random.uniform(rho, (count,), maxval=0.9),
    )


def _logistic_deficit() -> float:
    """The largest relative error of the logistic law without correlation, where it was always below the truth."""
    tree = Tree(jnp.array([3.0, 11.0, 101.0, 1001.0]), jnp.array([0.9, 0.7, 0.4, 0.2]), 0.0)
    truth, law = tree_trajectory(1e-3, tree, 40), logistic_law(1e-3, tree, jnp.arange(41.0)[:, None])
    return float(jnp.abs(law / truth - 1).max())


def _example() -> tuple[Tree, budgets.Leaf, float]:
    """The setting of the figure `budget_crossover`."""
    return Tree(5, 0.95, 0.05), budgets.Leaf(1e-3, 0.15), float(budgets.message_cost(10.0, 5.0))
