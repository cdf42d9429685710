"""The recursion of a voting tree: relay through a noisy channel, share a cause with some chance, take the majority.

    g(μ) = ρ γμ + (1 - ρ) f_b(γμ)

g is increasing and concave on [0, 1] with g(0) = 0 and g(1) <= 1, so its slope at 0, the amplification α, decides:
α <= 1 sends every bias to chance, α > 1 sends every positive bias to the one positive fixed point. The exception is
the identity, g(μ) = μ, at γ = 1 with ρ = 1 or b = 1: there α = 1 and every bias is fixed.

Source: arXiv 2601.17311.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import count, odd, within
from theory.trees.majority import log_majority_error, majority_derivative, majority_map, majority_slope

# Newton's step from the right shrinks μ - μ* by 2/3 at worst (α = 1): 64 steps reach 5e-12, and square from there.
_NEWTON_STEPS = 64


class Tree(NamedTuple):
    """One level of a regular voting tree, the same at every level; leaves broadcast against each other.

    Attributes:
        fan_in: b, the number of children that an aggregator hears; odd, 1 being the chain that only relays.
        fidelity: γ in [0, 1], E[X̃X] of a relayed vote: it flips with probability (1 - γ)/2.
        correlation: ρ in [0, 1], the chance that all children of a node cast one and the same vote.
    """

    fan_in: ArrayLike
    fidelity: ArrayLike
    correlation: ArrayLike


class FixedPoint(NamedTuple):
    """Where a tree of unlimited depth ends.

    Attributes:
        bias: μ*, the largest fixed point; 0 where α <= 1.
        multiplier: λ = g'(μ*), the factor by which a level shrinks the distance to μ*; α where μ* = 0.
    """

    bias: Float[Array, "..."]
    multiplier: Float[Array, "..."]


def parts(tree: Tree) -> tuple[Array, Array, Array]:
    """b, γ and ρ of a tree as arrays; a ValueError where the fan-in is even, or γ or ρ lies outside [0, 1].

    >>> [part.item() for part in parts(Tree(3, 1.0, 0.5))]
    [3, 1.0, 0.5]
    """
    fidelity, correlation = within("fidelity", tree.fidelity, 0, 1), within("correlation", tree.correlation, 0, 1)
    return odd("fan_in", tree.fan_in), fidelity, correlation


def amplification(tree: Tree) -> Float[Array, "..."]:
    """α_ρ = g'(0) = γ [ρ + (1 - ρ) s_b], the gain of a weak signal in one level.

    >>> print(f"{amplification(Tree(fan_in=3, fidelity=1.0, correlation=0.0)):.6f}")
    1.500000
    """
    b, gamma, rho = parts(tree)
    return gamma * (rho + (1 - rho) * majority_slope(b))


def organisation_exponent(tree: Tree) -> Float[Array, "..."]:
    """Exponent s = log_b α_ρ: a weak signal in N leaves grows as N^s. s < 1/2; undefined at b = 1.

    >>> print(f"{organisation_exponent(Tree(5, 0.9, 0.1)):.4f}")
    0.2954
    """
    return jnp.log(amplification(tree)) / jnp.log(jnp.asarray(tree.fan_in))


def critical_fidelity(
    fan_in: Real[ArrayLike, "*#batch"], correlation: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """γ_c = 1 / (ρ + (1 - ρ) s_b), the fidelity at which α = 1.

    At ρ = 0 the flip probability (1 - γ_c)/2 = 1/2 - 2^{b-2} / (b C(b-1, (b-1)/2)) is the largest noise under which
    formulas of noisy b-input gates compute at all (Evans and Schulman, 2003): no gate does better than the majority.

    >>> print(f"{critical_fidelity(3, 0.0):.4f}")
    0.6667
    """
    rho = within("correlation", correlation, 0, 1)
    return 1 / (rho + (1 - rho) * majority_slope(fan_in))


def tree_step(bias: Real[ArrayLike, "*#batch"], tree: Tree) -> Float[Array, "*#batch"]:
    """g(μ) = ρ γμ + (1 - ρ) f_b(γμ), one level up.

    >>> print(f"{tree_step(0.5, Tree(fan_in=3, fidelity=1.0, correlation=0.0)):.6f}")
    0.687500
    """
    b, gamma, rho = parts(tree)
    heard = gamma * within("bias", bias, -1, 1)
    return rho * heard + (1 - rho) * majority_map(b, heard)


def tree_step_derivative(bias: Real[ArrayLike, "*#batch"], tree: Tree) -> Float[Array, "*#batch"]:
    """g'(μ) = γ [ρ + (1 - ρ) f_b'(γμ)].

    >>> print(f"{tree_step_derivative(1.0, Tree(3, 0.5, 0.5)):.5f}")  # half of 1/2 and half of 1.5 · 0.75, halved
    0.53125
    """
    b, gamma, rho = parts(tree)
    return gamma * (rho + (1 - rho) * majority_derivative(b, gamma * bias))


def _climb(step: Callable[[Array, Tree], Array], leaf: Array, tree: Tree, depth: int) -> Array:
    level = jax.eval_shape(step, leaf, tree)
    start = jnp.broadcast_to(leaf.astype(level.dtype), level.shape)

    def up(value, _):
        value = step(value, tree)
        return value, value

    _, above = jax.lax.scan(up, start, length=depth)
    return jnp.concatenate([start[None], above])


def tree_trajectory(leaf_bias: Real[ArrayLike, "*#batch"], tree: Tree, depth: int) -> Float[Array, "levels *#batch"]:
    """μ_0, ..., μ_L with μ_{t+1} = g(μ_t): the bias at every level, from the leaves (row 0) to the root (row L).

    >>> [round(bias, 3) for bias in tree_trajectory(0.1, Tree(5, 0.9, 0.0), 3).tolist()]
    [0.1, 0.168, 0.279, 0.451]
    """
    return _climb(tree_step, within("leaf_bias", leaf_bias, -1, 1), tree, count("depth", depth))


def log_error_step(log_error: Float[ArrayLike, "*#batch"], tree: Tree) -> Float[Array, "*#batch"]:
    """One level up in ln q, q = (1 - μ)/2 <= 1/2: it sees errors far below the smallest float.

    q̃ = γq + (1 - γ)/2 leaves the channel; ρ q̃ + (1 - ρ) P(Bin(b, q̃) > b/2) leaves the node.

    >>> print(f"{log_error_step(-1000.0, Tree(3, 1.0, 0.0)):.2f}")  # ln(3q²)
    -1998.90
    """
    b, gamma, rho = parts(tree)
    heard = jnp.logaddexp(jnp.log(gamma) + jnp.asarray(log_error), jnp.log((1 - gamma) / 2))
    heard = jnp.minimum(heard, math.log(0.5))
    return jnp.logaddexp(jnp.log(rho) + heard, jnp.log1p(-rho) + log_majority_error(b, heard))


def log_error_trajectory(
    leaf_log_error: Float[ArrayLike, "*#batch"], tree: Tree, depth: int
) -> Float[Array, "levels *#batch"]:
    """Levels ln q_0, ..., ln q_L: the log error probability at every level, leaves first.

    >>> print(jnp.exp(log_error_trajectory(math.log(0.25), Tree(3, 1.0, 0.0), 1)).round(5))  # 3q² - 2q³
    [0.25    0.15625]
    """
    return _climb(log_error_step, jnp.asarray(leaf_log_error), tree, count("depth", depth))


def fixed_point(tree: Tree) -> FixedPoint:
    """μ* and λ = g'(μ*), by Newton's method on the convex μ - g(μ) from μ = 1.

    On a convex function Newton's steps from the right never overshoot, so the root reached is μ*. The last step is
    taken outside the loop and carries the implicit derivative of μ* in γ and ρ. Near α = 1 the relative error is
    that of the problem, ε/(α - 1). Where g is the identity every bias is fixed, and 0 is given.

    >>> end = fixed_point(Tree(fan_in=3, fidelity=0.9, correlation=0.0))
    >>> print(f"{end.bias:.4f} {end.multiplier:.4f}")
    0.9799 0.3000
    """
    alpha = amplification(tree)
    fixed = Tree(*(jax.lax.stop_gradient(part) for part in parts(tree)))

    def newton(bias, tree):
        slope = jnp.maximum(1 - tree_step_derivative(jax.lax.stop_gradient(bias), fixed), jnp.finfo(alpha.dtype).tiny)
        return bias - (bias - tree_step(bias, tree)) / slope

    def descend(bias, _):
        return jnp.clip(newton(bias, fixed), 0, bias), None

    top, _ = jax.lax.scan(descend, jnp.ones_like(alpha), length=_NEWTON_STEPS)
    bias = jnp.where(alpha > 1, jnp.clip(newton(jax.lax.stop_gradient(top), tree), 0, 1), 0)
    return FixedPoint(bias, tree_step_derivative(bias, tree))


def fixed_point_of_three(
    fidelity: Real[ArrayLike, "*#batch"], correlation: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """μ* = √(2(α - 1) / ((1 - ρ) γ³)) at b = 3, where g is a cubic; 0 where α = γ(3 - ρ)/2 <= 1.

    >>> print(f"{fixed_point_of_three(0.9, 0.0):.4f}")
    0.9799
    """
    _, gamma, rho = parts(Tree(3, fidelity, correlation))
    excess = jnp.maximum(gamma * (3 - rho) / 2 - 1, 0)
    square = 2 * excess / jnp.where(excess > 0, (1 - rho) * gamma**3, 1)
    return jnp.sqrt(jnp.minimum(square, 1))


def cubic_coefficient(tree: Tree) -> Float[Array, "..."]:
    """Coefficient c = (1 - ρ) γ³ s_b (b - 1)/6 in g(μ) = αμ - cμ³ + O(μ⁵).

    >>> print(f"{cubic_coefficient(Tree(3, 0.5, 0.5)):.5f}")  # f_3(μ) = 3μ/2 - μ³/2
    0.03125
    """
    b, gamma, rho = parts(tree)
    return (1 - rho) * gamma**3 * majority_slope(b) * (b - 1) / 6


def critical_amplitude(tree: Tree) -> Float[Array, "..."]:
    """√((α - 1)/c), to which μ* tends as α falls to 1: the exponent 1/2 of a mean-field transition. 0 where α <= 1.

    >>> exact = fixed_point_of_three(0.8, 0.2)  # at b = 3 there is no more than the cubic
    >>> print(f"{critical_amplitude(Tree(3, 0.8, 0.2)) / exact:.4f}")
    1.0000
    """
    return jnp.sqrt(jnp.maximum(amplification(tree) - 1, 0) / cubic_coefficient(tree))


def critical_decay(tree: Tree, level: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """1/√(2ct), to which μ_t tends at α = 1, whatever the leaves.

    >>> print(f"{critical_decay(Tree(3, 2 / 3, 0.0), level=54):.4f}")  # c = 4/27
    0.2500
    """
    return 1 / jnp.sqrt(2 * cubic_coefficient(tree) * within("level", level, 0, strict=True))
