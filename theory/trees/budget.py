"""What a budget buys: compute in leaves against messages between them, one strong agent against a tree of weak ones.

A leaf given compute x votes with bias μ_0(x) = min(1, c x^β). A tree of N = b^L leaves has b (N - 1)/(b - 1) edges;
a message of m tokens is written once and read once, so the tree costs

    B = N x + c_0 (N - 1),    c_0 = 2 m b / (b - 1).

While the signal is weak a tree multiplies it by N^s at most, s = log_b α the organisation exponent, and the same
compute in one agent by N^β: trees pay iff s > β.

Source: arXiv 2601.17311.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int, Real

from theory.door import count, odd, within
from theory.trees.recursion import Tree, amplification, fixed_point, organisation_exponent, tree_step

_RISES = 400


class Leaf(NamedTuple):
    """How a single agent turns compute into bias.

    Attributes:
        scale: c > 0, the bias that a unit of compute buys.
        exponent: β > 0.
    """

    scale: ArrayLike
    exponent: ArrayLike


class Options(NamedTuple):
    """What each depth from 0 (the single agent) to the deepest makes of one budget.

    Attributes:
        bias: root bias; 0 where the messages alone cost more than the budget.
        compute: x, compute of each leaf; 0 there.
    """

    bias: Float[Array, "depths *batch"]
    compute: Float[Array, "depths *batch"]


class BestTree(NamedTuple):
    """The best depth for a budget.

    Attributes:
        bias: of the root.
        depth: L, 0 for the single agent.
        compute: x, compute of each leaf.
    """

    bias: Float[Array, "*batch"]
    depth: Int[Array, "*batch"]
    compute: Float[Array, "*batch"]


def leaf_bias(compute: Real[ArrayLike, "*#batch"], leaf: Leaf) -> Float[Array, "*#batch"]:
    """μ_0(x) = min(1, c x^β).

    >>> leaf_bias(jnp.array([4.0, 400.0]), Leaf(scale=0.25, exponent=0.5)).tolist()
    [0.5, 1.0]
    """
    c, beta = within("scale", leaf.scale, 0, strict=True), within("exponent", leaf.exponent, 0, strict=True)
    return jnp.minimum(c * within("compute", compute, 0) ** beta, 1)


def compute_for(bias: Real[ArrayLike, "*#batch"], leaf: Leaf) -> Float[Array, "*#batch"]:
    """(μ/c)^{1/β}, the compute with which a single agent reaches bias μ.

    At μ = μ* it closes the window of synergy: a tree never exceeds max(μ_0, μ*), so once the single agent stands at
    μ* no tree of that fan-in, fidelity and correlation beats it.

    >>> float(compute_for(0.5, Leaf(0.25, 0.5)))
    4.0
    """
    return (within("bias", bias, 0, 1) / jnp.asarray(leaf.scale)) ** (1 / jnp.asarray(leaf.exponent))


def message_cost(
    message_length: Real[ArrayLike, "*#batch"], fan_in: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """c_0 = 2 m b / (b - 1), the cost of communication for every leaf but the first; fan-in >= 3.

    >>> float(message_cost(100.0, 3))
    300.0
    """
    m, b = within("message_length", message_length, 0), within("fan_in", odd("fan_in", fan_in), 3)
    return 2 * m * b / (b - 1)


def best_leaf_compute(
    growth: Real[ArrayLike, "*#batch"], exponent: Real[ArrayLike, "*#batch"], cost: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """x* = β c_0 / (t - β), which maximises c x^β (B/(x + c_0))^t; inf, all in one agent, where t <= β.

    Args:
        growth: t, the exponent with which the organisation gains from its leaves: s for trees, 1/2 for stars.
        exponent: β of the leaf.
        cost: c_0, communication per leaf.

    >>> [float(best_leaf_compute(0.5, beta, cost=300.0)) for beta in (0.25, 0.5)]
    [300.0, inf]
    """
    t, beta = jnp.asarray(growth), within("exponent", exponent, 0, strict=True)
    return jnp.where(t > beta, beta * within("cost", cost, 0) / jnp.where(t > beta, t - beta, 1), jnp.inf)


def continuous_threshold(
    growth: Real[ArrayLike, "*#batch"], exponent: Real[ArrayLike, "*#batch"], cost: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """B_min = c_0/(t - β) (t^t/β^β)^{1/(t-β)}, above which N = B/(x* + c_0) weak leaves beat one agent.

    N is taken as real there: N_min = (t/β)^{β/(t-β)}, between 1 and e, which no tree has. inf where t <= β.

    >>> print(f"{continuous_threshold(0.5, 0.25, cost=2.0):.4f}")  # N_min = 2 leaves of x* = c_0
    8.0000
    """
    t, beta = jnp.asarray(growth), within("exponent", exponent, 0, strict=True)
    gap = jnp.where(t > beta, t - beta, 1)
    value = within("cost", cost, 0) / gap * jnp.exp((t * jnp.log(jnp.maximum(t, beta)) - beta * jnp.log(beta)) / gap)
    return jnp.where(t > beta, value, jnp.inf)


def growth_threshold(tree: Tree, leaf: Leaf, cost: Real[ArrayLike, "*#batch"], depth: int) -> Float[Array, "*#batch"]:
    """B_L = c_0 (N - 1)/(1 - N^{1-s/β}): an L-level tree of growing signal beats one agent iff B > B_L.

    Growth at the full rate α is an upper bound, so no budget below B_L makes such a tree win whatever the scale c;
    B_1 is the smallest. inf where s <= β.

    >>> tree = Tree(3, 1.0, 0.0)
    >>> leaf = Leaf(0.01, organisation_exponent(tree) / 2)
    >>> print(f"{growth_threshold(tree, leaf, cost=2.0, depth=1):.4f}")  # at β = s/2 it is N c_0
    6.0000
    """
    s, beta = organisation_exponent(tree), within("exponent", leaf.exponent, 0, strict=True)
    log_leaves = count("depth", depth, 1) * jnp.log(jnp.asarray(tree.fan_in))
    share = -jnp.expm1(jnp.minimum(1 - s / beta, 0) * log_leaves)
    value = within("cost", cost, 0) * jnp.expm1(log_leaves) / jnp.where(s > beta, share, 1)
    return jnp.where(s > beta, value, jnp.inf)


def winning_budget(tree: Tree, leaf: Leaf, cost: Real[ArrayLike, "*#batch"], depth: int) -> Float[Array, "*#batch"]:
    """The smallest budget at which an L-level tree draws level with one agent, saturation included; inf if none.

    With A(x) = μ_L/μ_0 the tree wins iff x > R(x) = c_0 (N - 1)/(A(x)^{1/β} - N). A falls as x grows, so R increases,
    and iterating R from the solution under full growth, which lies below every solution, rises to the smallest. (Where
    the two curves all but touch 400 steps may stop short of it: what is given is then below it.)

    >>> tree = Tree(3, 1.0, 0.0)
    >>> weak = Leaf(1e-3, organisation_exponent(tree) / 2)
    >>> print(f"{winning_budget(tree, weak, cost=2.0, depth=1):.3f}")  # the growth threshold, as c → 0
    6.000
    """
    depth, beta = count("depth", depth, 1), within("exponent", leaf.exponent, 0, strict=True)
    leaves = jnp.asarray(tree.fan_in) ** depth * 1.0
    messages = within("cost", cost, 0) * (leaves - 1)

    def needed(log_gain):
        surplus = jnp.exp(log_gain / beta) - leaves
        return jnp.where(surplus > 0, messages / jnp.where(surplus > 0, surplus, 1), jnp.inf)

    def rise(compute, _):
        start = leaf_bias(jnp.where(jnp.isfinite(compute), compute, 1), leaf)
        root = jax.lax.fori_loop(0, depth, lambda _, bias: tree_step(bias, tree), start)
        return jnp.where(start < 1, needed(jnp.log(root / start)), jnp.inf), None

    first = needed(depth * jnp.log(amplification(tree)))
    shape = jax.eval_shape(lambda x: rise(x, None)[0], first).shape
    compute, _ = jax.lax.scan(rise, jnp.broadcast_to(first, shape), length=_RISES)
    budget = leaves * compute + messages
    return jnp.where(leaf_bias(jnp.where(jnp.isfinite(budget), budget, 1), leaf) < 1, budget, jnp.inf)


def saturation_budget(tree: Tree, leaf: Leaf, cost: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """B_sat = (μ*/(c x*^β))^{1/s} (x* + c_0), at which growth with the best leaves meets the ceiling; inf if s <= β.

    >>> tree = Tree(3, 1.0, 0.0)
    >>> leaf = Leaf(2 / 3, organisation_exponent(tree) / 2)  # x* = c_0
    >>> print(f"{jax.jit(saturation_budget)(tree, leaf, cost=1.0):.4f}")  # three leaves of x* + c_0
    6.0000
    """
    s, ceiling = organisation_exponent(tree), fixed_point(tree).bias
    compute = best_leaf_compute(s, leaf.exponent, cost)
    pays = jnp.isfinite(compute)
    x = jnp.where(pays, compute, 1)
    missing = ceiling / (jnp.asarray(leaf.scale) * x ** jnp.asarray(leaf.exponent))
    return jnp.where(pays, missing ** (1 / jnp.where(pays, s, 1)) * (x + jnp.asarray(cost)), jnp.inf)


def tree_options(
    budget: Real[ArrayLike, "*batch"], tree: Tree, leaf: Leaf, cost: Real[ArrayLike, ""], max_depth: int
) -> Options:
    """Root bias and leaf compute of every depth 0..max_depth at one budget, by the exact recursion.

    Tree, leaf and cost are scalars; budgets may come in any shape.

    >>> options = tree_options(14.0, Tree(3, 1.0, 0.0), Leaf(0.25, 0.5), cost=1.0, max_depth=1)
    >>> options.compute.tolist(), round(float(options.bias[1]), 4)  # (14 - 2)/3 each, f_3(1/2) = 11/16
    ([14.0, 4.0], 0.6875)
    """
    max_depth, budget = count("max_depth", max_depth), within("budget", budget, 0)

    def at_depth(depth):
        leaves = jnp.asarray(tree.fan_in * 1.0) ** depth
        compute = jnp.maximum((budget - within("cost", cost, 0) * (leaves - 1)) / leaves, 0)

        def climb(level, bias):
            return jnp.where(level < depth, tree_step(bias, tree), bias)

        return jax.lax.fori_loop(0, max_depth, climb, leaf_bias(compute, leaf)), compute

    return Options(*jax.vmap(at_depth)(jnp.arange(max_depth + 1)))


def best_tree(
    budget: Real[ArrayLike, "*batch"], tree: Tree, leaf: Leaf, cost: Real[ArrayLike, ""], max_depth: int
) -> BestTree:
    """The depth 0..max_depth with the largest root bias at a budget; the shallowest of equals.

    >>> best = jax.jit(best_tree, static_argnums=4)(1e4, Tree(5, 0.95, 0.0), Leaf(0.01, 0.2), 1.0, 8)
    >>> print(f"{best.bias:.3f} at depth {best.depth}")
    0.207 at depth 5
    """
    bias, compute = tree_options(budget, tree, leaf, cost, max_depth)
    depth = jnp.argmax(bias, axis=0)
    chosen = jnp.take_along_axis(compute, depth[None], axis=0)[0]
    return BestTree(jnp.max(bias, axis=0), depth, chosen)
