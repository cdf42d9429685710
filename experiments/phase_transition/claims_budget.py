"""What a budget buys: claims about one strong agent, trees, stars and messages."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from scipy import optimize

from core.verify.bound import bound
from core.verify.evidence import Evidence, combine
from core.verify.falsify import falsify
from core.verify.identity import identity
from core.verify.trial import Trial
from experiments.phase_transition._trees import random_trees
from theory.trees import budget as budgets
from theory.trees.design import Design, designs, saturating_fidelity
from theory.trees.majority import majority_slope
from theory.trees.recursion import (
    Tree,
    critical_fidelity,
    fixed_point,
    organisation_exponent,
    tree_trajectory,
)


def c12_synergy_iff_s_exceeds_beta(trial: Trial) -> Evidence:
    """Theorem 5: for a weak leaf some budget makes some tree beat one agent iff s = log_b α exceeds β."""
    tree = random_trees(trial, 60 * trial.effort, most=5)
    draw = partial(jax.random.uniform, shape=tree.fan_in.shape, minval=0.03, maxval=0.5)
    beta = np.asarray(jax.jit(lambda key: draw(jax.random.fold_in(key, 1)))(trial.key))
    gap = np.asarray(jax.jit(organisation_exponent)(tree)) - beta
    tree, beta, gap = jax.tree.map(lambda part: part[np.abs(gap) >= 0.03], (tree, beta, gap))
    budget = np.logspace(1, 40, 80)

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
    t, beta = np.array(cases).T
    return combine(
        identity(jax.jit(budgets.best_leaf_compute)(t, beta, cost), np.array(compute), rtol=1e-5),
        identity(jax.jit(budgets.continuous_threshold)(t, beta, cost), np.array(threshold), rtol=1e-8),
    )


def c14_first_threshold() -> Evidence:
    """The shallowest tree of a weak signal wins from B_1 = c_0 (b-1) / (1 - b^(1-s/β)) on."""
    cases = [(3, 0.95, 0.05, 0.15), (5, 0.9, 0.1, 0.2), (5, 0.95, 0.05, 0.3), (11, 0.8, 0.2, 0.1)]
    measured = []
    for b, gamma, rho, beta in cases:
        cost = 2 * 10.0 * b / (b - 1)
        gain = gamma * (rho + (1 - rho) * b * math.comb(b - 1, b // 2) / 2 ** (b - 1))

        def lead(budget: float, b: int = b, beta: float = beta, cost: float = cost, gain: float = gain) -> float:
            return gain * ((budget - cost * (b - 1)) / b) ** beta - budget**beta

        measured.append(optimize.brentq(lead, cost * (b - 1) * (1 + 1e-12), 1e12, rtol=1e-13))
    b, gamma, rho, beta = np.array(cases).T
    first = partial(budgets.growth_threshold, Tree(b, gamma, rho), budgets.Leaf(1e-12, beta), 20 * b / (b - 1), depth=1)
    return identity(jax.jit(first)(), np.array(measured), rtol=1e-9)


def c15_growth_exponent() -> Evidence:
    """Until it saturates, the best tree's bias grows with the budget like B^s, in steps of whole levels."""
    tree, leaf, cost = _example()
    budget = np.logspace(3, 8.5, 400)
    bias = jax.jit(lambda: budgets.best_tree(budget, tree, leaf, cost, 24).bias)()
    slope = np.polyfit(np.log(budget), np.log(bias), 1)[0]
    return identity(float(jax.jit(organisation_exponent)(tree)), float(slope), rtol=0, atol=0.005)


def c16_window_of_synergy() -> Evidence:
    """Trees beat one agent from about B_1 to (μ*/c)^(1/β), where one agent passes the ceiling of every tree."""
    tree, leaf, cost = _example()
    budget = np.logspace(1.5, 21, 8000)

    @jax.jit
    def window() -> tuple[jax.Array, ...]:
        bias = budgets.tree_options(budget, tree, leaf, cost, 32).bias
        first = budgets.growth_threshold(tree, leaf, cost, depth=1)
        return bias[1:].max(axis=0) > bias[0], first, budgets.compute_for(fixed_point(tree).bias, leaf)

    wins, first, last = map(np.asarray, window())
    opens, closes = budget[wins][0], budget[wins][-1]
    step = budget[1] / budget[0] - 1
    return combine(
        identity(first, opens, rtol=step + 0.01),
        identity(last, closes, rtol=step + 0.01),
    )


def c17_strong_baseline_veto(trial: Trial) -> Evidence:
    """If one agent already stands at the ceiling μ* of a tree, no depth of that tree beats it at equal budget."""

    def slacks(point: jax.Array) -> jax.Array:
        gamma, rho, single, share = jax.nn.sigmoid(point)
        tree = Tree(5.0, gamma, rho)
        ceiling = fixed_point(tree).bias
        single = ceiling + single * (1 - ceiling)  # at the ceiling or above it
        return single - tree_trajectory(share * single, tree, 12)[1:]  # leaves have a share of the compute

    points = partial(jax.random.normal, shape=(100 * trial.effort, 4))
    starts = 8 * trial.effort
    found = falsify(
        lambda p: slacks(p).min(), lambda key: jax.random.normal(key, (4,)), trial.key, starts=starts, steps=80
    )
    return bound(jax.jit(lambda key: jax.vmap(slacks)(2 * points(key)))(trial.key), tolerance=1e-12, falsified=found)


def c20_star_against_tree() -> Evidence:
    """At equal N a tree keeps the share (s_b/√b)^L √(π/2) of a star's gain: depth costs a constant factor a level."""
    shapes = [(3, 4), (3, 8), (5, 4), (9, 3)]
    b, depth = np.array(shapes).T
    slope, slope_of_all = np.asarray(jax.jit(majority_slope)(np.stack([b, b**depth])))
    share = (slope / np.sqrt(b)) ** depth * math.sqrt(math.pi / 2)
    return identity(share, slope**depth / slope_of_all, rtol=0.01)


def c23_no_tree_beats_the_square_root() -> Evidence:
    """No odd fan-in, fidelity and correlation reach s = 1/2, so that synergy needs β < 1/2."""
    exponent = jax.jit(organisation_exponent)(Tree(np.arange(3.0, 100_001.0, 2.0), 1.0, 0.0))
    return bound(0.5 - np.asarray(exponent), tolerance=0.0)


def c26_allocation_law_bounds_whole_levels(trial: Trial) -> Evidence:
    """At every budget and every whole depth, μ_L <= c x*^β ((B + c_0)/(x* + c_0))^s, with x* = βc_0/(s-β), s > β."""
    fan_in, cost, scale = 5.0, 25.0, 1e-3

    def slacks(point: jax.Array) -> jax.Array:
        above, rho, share, decades = jax.nn.sigmoid(point)
        least = critical_fidelity(fan_in, rho)
        tree = Tree(fan_in, least + (0.05 + 0.95 * above) * (1 - least), rho)
        s = organisation_exponent(tree)
        beta, budget = (0.02 + 0.96 * share) * s, 10 ** (12 * decades)
        x = budgets.best_leaf_compute(s, beta, cost)
        law_bias = scale * x**beta * ((budget + cost) / (x + cost)) ** s
        return 1 - budgets.best_tree(budget, tree, budgets.Leaf(scale, beta), cost, 16).bias / law_bias

    points = partial(jax.random.normal, shape=(100 * trial.effort, 4))
    found = falsify(
        lambda p: slacks(p).min(),
        lambda key: jax.random.normal(key, (4,)),
        trial.key,
        starts=4 * trial.effort,
        steps=60,
    )
    return bound(jax.jit(lambda key: jax.vmap(slacks)(2 * points(key)))(trial.key), tolerance=1e-11, falsified=found)


def c27_best_depth() -> Evidence:
    """While it grows, the best tree has log_b((B + c_0)/(x* + c_0)) levels, to the next whole number on either side."""
    tree, leaf, cost = _example()
    budget, weak = np.logspace(3, 12, 400), budgets.Leaf(1e-12, leaf.exponent)

    @jax.jit
    def depths() -> tuple[jax.Array, jax.Array]:
        x = budgets.best_leaf_compute(organisation_exponent(tree), leaf.exponent, cost)
        levels = jnp.log((budget + cost) / (x + cost)) / math.log(5)
        return levels, budgets.best_tree(budget, tree, weak, cost, 24).depth * 1.0

    return identity(*depths(), rtol=0, atol=1)


def c28_longer_messages_for_budgets(trial: Trial) -> Evidence:
    """In any window, the message length with the largest exponent s is not below that with the largest α (if α > 1)."""
    window, settings = 600, 40 * trial.effort
    length = np.arange(1.0, window / 3)

    @jax.jit
    def drawn(key: jax.Array) -> tuple[Design, jax.Array, jax.Array]:
        scale, rho = jax.random.uniform(key, (2, settings, 1))
        fidelity = saturating_fidelity(length, 300 * scale + 1)
        return designs(window, length, fidelity, 0.8 * rho), fidelity, 0.8 * rho

    design, fidelity, rho = jax.tree.map(np.asarray, drawn(trial.key))
    fan_in = [next(b for b in range(window, 0, -1) if b % 2 and b * m <= window) for m in range(1, window // 3)]
    log_slope = [math.log(b) + math.lgamma(b) - 2 * math.lgamma((b + 1) / 2) - (b - 1) * math.log(2) for b in fan_in]
    alpha = fidelity * (rho * (1 - np.exp(log_slope)) + np.exp(log_slope))
    grows = design.amplification.max(axis=1) > 1
    later = length[design.exponent.argmax(axis=1)] - length[design.amplification.argmax(axis=1)]
    return combine(identity(alpha, design.amplification, rtol=1e-11), bound(later[grows], tolerance=0.0))


def _example() -> tuple[Tree, budgets.Leaf, float]:
    """The setting of the figure `budget_crossover`."""
    return Tree(5, 0.95, 0.05), budgets.Leaf(1e-3, 0.15), 25.0
