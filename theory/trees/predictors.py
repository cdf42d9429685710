"""What can be said of μ_t without running the recursion: an upper bound, a lower bound, and a law that fits.

All three depend on the tree through the amplification α, the ceiling μ* and, below the transition, the cubic
coefficient c. Depth may be real.

Source: arXiv 2406.07155, 2601.17311.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import within
from theory.trees.recursion import Tree, amplification, cubic_coefficient, fixed_point, organisation_exponent, tree_step

_HALVINGS = 60


class LogisticLaw(NamedTuple):
    """μ² = plateau / (1 + exp(-rate (ln N - midpoint))).

    Attributes:
        plateau: μ*².
        rate: 2s.
        midpoint: ln((μ*/μ_0)² - 1)/(2s), the ln N at which μ² has half its plateau.
    """

    plateau: Float[Array, "..."]
    rate: Float[Array, "..."]
    midpoint: Float[Array, "..."]


def clip_bound(
    leaf_bias: Real[ArrayLike, "*#batch"], tree: Tree, depth: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """min(α^t μ_0, max(μ_0, μ*)) >= μ_t: growth at the full rate until it hits the ceiling.

    >>> print(clip_bound(0.1, Tree(3, 1.0, 0.0), jnp.array([2, 9])).round(4))  # 0.1 · 1.5²; the ceiling
    [0.225 1.   ]
    """
    leaf_bias, depth = within("leaf_bias", leaf_bias, 0, 1), within("depth", depth, 0)
    ceiling = jnp.maximum(leaf_bias, fixed_point(tree).bias)
    return jnp.where(leaf_bias > 0, jnp.minimum(amplification(tree) ** depth * leaf_bias, ceiling), 0)


def chord_bound(
    leaf_bias: Real[ArrayLike, "*#batch"],
    tree: Tree,
    depth: Real[ArrayLike, "*#batch"],
    target: Real[ArrayLike, "*#batch"],
) -> Float[Array, "*#batch"]:
    """min((g(δ)/δ)^t μ_0, δ) <= μ_t for a target 0 < δ <= μ*: growth at the rate of the chord from 0 to δ.

    Concavity puts g above its chord, and a bias above δ <= μ* stays above δ.

    >>> print(f"{chord_bound(0.1, Tree(3, 1.0, 0.0), depth=2, target=0.5):.4f}")  # 0.1 · 1.375²
    0.1891
    """
    leaf_bias, depth = within("leaf_bias", leaf_bias, 0, 1), within("depth", depth, 0)
    target = within("target", target, 0, 1, strict=True)
    return jnp.minimum((tree_step(target, tree) / target) ** depth * leaf_bias, target)


def best_chord_bound(
    leaf_bias: Real[ArrayLike, "*#batch"], tree: Tree, depth: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """The chord bound at its best target; from above the ceiling, max(μ*, (g(μ_0)/μ_0)^t μ_0).

    In δ one side of the minimum falls and the other rises, so the best δ is where they cross; bisection of ln δ
    between μ_0 and μ* finds it, and what is returned is a bound wherever the bisection stops.

    >>> print(f"{best_chord_bound(4 / 11, Tree(3, 1.0, 0.0), depth=1):.4f}")  # δ = 1/2: 1.375 · 4/11
    0.5000
    """
    leaf_bias, depth = within("leaf_bias", leaf_bias, 0, 1), within("depth", depth, 0)
    ceiling = fixed_point(tree).bias
    tiny = jnp.finfo(ceiling.dtype).tiny
    start = jnp.maximum(leaf_bias, tiny)
    rising = ceiling > start

    def halve(_, interval):
        low, high = interval
        middle = jnp.sqrt(low) * jnp.sqrt(high)
        still = (tree_step(middle, tree) / middle) ** depth * start > middle
        return jnp.where(still, middle, low), jnp.where(still, high, middle)

    shape = jnp.broadcast_shapes(jnp.shape(start), jnp.shape(ceiling), jnp.shape(depth))
    ends = (jnp.broadcast_to(start, shape), jnp.broadcast_to(jnp.where(rising, ceiling, start), shape))
    target, _ = jax.lax.fori_loop(0, _HALVINGS, halve, ends)
    from_below = chord_bound(leaf_bias, tree, depth, target)
    from_above = jnp.maximum(ceiling, (tree_step(start, tree) / start) ** depth * leaf_bias)
    return jnp.where(rising, from_below, jnp.where(leaf_bias > 0, from_above, 0))


def logistic_law(
    leaf_bias: Real[ArrayLike, "*#batch"], tree: Tree, depth: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """μ_t^{-2} = α^{-2t} μ_0^{-2} + (1 - α^{-2t}) μ*^{-2}: μ² is logistic in t, at rate 2 ln α (2s in ln N).

    It solves μ ↦ αμ/√(1 + kμ²) exactly, a map with g's slope at 0 and, through k = (α² - 1)/μ*², with g's ceiling.
    Where α <= 1 there is no ceiling and k = 2c/α takes g's cubic, which at α = 1 is the critical decay. A fit, not a
    bound.

    >>> print(f"{logistic_law(0.5, Tree(3, 1.0, 0.0), depth=1) ** 2:.4f}")  # 1/(4/2.25 + 1 - 1/2.25) = 3/7
    0.4286
    """
    leaf_bias, depth = within("leaf_bias", leaf_bias, 0, 1), within("depth", depth, 0)
    alpha, ceiling = amplification(tree), fixed_point(tree).bias
    above, divisor = alpha > 1, jnp.maximum(alpha, 1e-30)
    bend = jnp.where(above, (alpha**2 - 1) / jnp.where(above, ceiling, 1) ** 2, 2 * cubic_coefficient(tree) / divisor)
    fade = jnp.maximum(jnp.where(above, 1 / divisor, alpha), 1e-30)  # α or 1/α, whichever is below 1
    rate = 2 * jnp.log(fade)
    # 1 + fade² + ... + fade^{2(t-1)}
    levels = jnp.where(rate < 0, jnp.expm1(rate * depth) / jnp.expm1(jnp.where(rate < 0, rate, -1)), depth)
    grown = leaf_bias / jnp.sqrt(fade ** (2 * depth) + bend * leaf_bias**2 * fade**2 * levels)
    decayed = fade**depth * leaf_bias / jnp.sqrt(1 + bend * leaf_bias**2 * levels)
    return jnp.where(above, grown, decayed)


def logistic_in_log_agents(leaf_bias: Real[ArrayLike, "*#batch"], tree: Tree) -> LogisticLaw:
    """The logistic law read in the number of agents N = b^t: rate 2s in ln N, s the organisation exponent.

    This derives a logistic growth of quality in the log of the number of agents, where others fit one. Supercritical
    trees with leaves below the ceiling only; NaN elsewhere.

    >>> law = logistic_in_log_agents(3.25**-0.5, Tree(3, 1.0, 0.0))
    >>> print(f"{law.plateau:.4f}, half of it at N = {jnp.exp(law.midpoint):.4f}")  # 1/(1 + 1.5²) to start with
    1.0000, half of it at N = 3.0000
    """
    leaf_bias, ceiling = within("leaf_bias", leaf_bias, 0, 1), fixed_point(tree).bias
    rate = 2 * organisation_exponent(tree)
    climbs = (ceiling > leaf_bias) & (amplification(tree) > 1)
    odds = jnp.where(climbs, (ceiling / leaf_bias) ** 2 - 1, jnp.nan)
    return LogisticLaw(ceiling**2, rate, jnp.log(odds) / rate)


def mixing_depth(leaf_bias: Real[ArrayLike, "*#batch"], tree: Tree) -> Float[Array, "*#batch"]:
    """L_mix = ln(μ*/μ_0) / ln α, the depth at which growth at the full rate meets the ceiling.

    0 where the leaves are at or above the ceiling, inf where there is none.

    >>> print(f"{mixing_depth(1.5**-4, Tree(3, 1.0, 0.0)):.4f}")
    4.0000
    """
    leaf_bias = within("leaf_bias", leaf_bias, 0, 1)
    alpha, ceiling = amplification(tree), fixed_point(tree).bias
    above = alpha > 1
    depth = jnp.log(jnp.where(above, ceiling, 1) / leaf_bias) / jnp.log(jnp.where(above, alpha, 2))
    return jnp.where(above, jnp.maximum(depth, 0), jnp.inf)


def settling_depth(
    leaf_bias: Real[ArrayLike, "*#batch"], tree: Tree, gap: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """The depth at which the logistic law stands at (1 - gap) μ*; 0 where the leaves do, inf where α <= 1.

    >>> print(f"{settling_depth(3.25**-0.5, Tree(3, 1.0, 0.0), gap=1 - 0.5**0.5):.4f}")  # half of μ*² at N = 3
    1.0000
    """
    leaf_bias, gap = within("leaf_bias", leaf_bias, 0, 1), within("gap", gap, 0, 1, strict=True)
    alpha, ceiling = amplification(tree), fixed_point(tree).bias
    above = alpha > 1
    odds = (jnp.maximum(jnp.where(above, ceiling, 1) / leaf_bias, 1) ** 2 - 1) / ((1 - gap) ** -2.0 - 1)
    depth = jnp.log(odds) / (2 * jnp.log(jnp.where(above, alpha, 2)))
    return jnp.where(above, jnp.maximum(depth, 0), jnp.inf)
