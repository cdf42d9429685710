"""One mode of a deep linear unconstrained-feature model: its minima, and the two loads at which it dies.

Squared error, a product A = W_M ... W_1 of M layers on free features: the problem falls apart into scalar ones,

    f_k(x) = ν_k/(2N) · [1/(1 + x^M) + c_k x],    x >= 0,    c_k = b / ν_k,

where the squared singular value of A is N λ_H x^M and ν_k is an eigenvalue of the labels' Gram matrix, n_k when there
is no bias. The first term is the squared error left by the best features, the second what the M layers pay. The
load c is what a class has to pay for its mode relative to what it gains from it.

Source: arXiv 2301.00437; the metastable branch is derived here.
"""

import jax
import jax.numpy as jnp
from jax.scipy.special import xlogy
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import within

_HALVINGS = 62  # a float64 bracket is then down to its last bits


def death_threshold(depth: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """T1 = (M - 1)^((M-1)/M) / M: the mode is part of the global minimum iff its load is below it.

    Both branches cost the same where 1 + x^M = M. For M >= 2 the mode then jumps from (M - 1)^(1/M) to zero.

    >>> [round(float(death_threshold(m)), 6) for m in (1, 2, 3, 6)]
    [1.0, 0.5, 0.529134, 0.63727]
    """
    depth = within("depth", depth, 1) * 1.0
    return jnp.exp(xlogy(depth - 1, depth - 1) / depth) / depth


def spinodal_threshold(depth: Real[ArrayLike, "*#batch"]) -> Float[Array, "*#batch"]:
    """T2 = (M+1)² / (4M) · ((M-1)/(M+1))^((M-1)/M) >= T1: below it a local minimum with a living mode exists.

    It is the maximum of M x^(M-1) / (1 + x^M)², reached at x^M = (M - 1)/(M + 1).

    >>> [round(float(spinodal_threshold(m)), 5) for m in (1, 2, 3, 6)]
    [1.0, 0.64952, 0.83995, 1.54245]
    """
    depth = within("depth", depth, 1) * 1.0
    return (depth + 1) ** 2 / (4 * depth) * jnp.exp(xlogy(depth - 1, (depth - 1) / (depth + 1)) / depth)


def mode_cost(
    x: Real[ArrayLike, "*#batch"], load: Real[ArrayLike, "*#batch"], depth: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """1 / (1 + x^M) + c x, the cost of a mode in units of ν / (2N); 1 for a dead one.

    >>> float(mode_cost(1.0, 0.25, 1))  # at its least, 2√c - c
    0.75
    """
    return 1 / (1 + jnp.power(x, depth)) + jnp.asarray(load) * x


def mode_root(
    load: Real[ArrayLike, "*#batch"], depth: Real[ArrayLike, "*#batch"], branch: str = "global"
) -> Float[Array, "*#batch"]:
    """The x of a mode: the largest root of M x^(M-1) / (1 + x^M)² = c while the branch lives, and 0 after.

    Solved in ln x: there the left side is concave and falls beyond the spinodal point. Bisection, then one Newton
    step, which also makes the derivative in the load that of the root.

    Args:
        load: c = b / ν, may be infinite (ν = 0).
        depth: M >= 1.
        branch: "global" lives up to T1, "metastable" up to T2.

    >>> round(float(mode_root(0.25, 1)), 6)  # M = 1: 1/√c - 1
    1.0
    """
    if branch not in ("global", "metastable"):
        raise ValueError(f"branch must be 'global' or 'metastable', but came as {branch!r}")
    load, depth = within("load", load, 0, strict=True), within("depth", depth, 1) * 1.0
    limit = death_threshold(depth) if branch == "global" else spinodal_threshold(depth)
    alive = load < limit
    load = jnp.where(alive, load, limit / 2)
    deep = jnp.maximum(depth, 1.5)  # the formulas below are for M > 1; M = 1 has its own
    root = _root_beyond_spinodal(jnp.log(load), deep)
    return jnp.where(alive, jnp.where(depth > 1, root, jnp.expm1(-jnp.log(load) / 2)), 0.0)


def _root_beyond_spinodal(log_load: Float[Array, "*batch"], depth: Float[Array, "*#batch"]) -> Float[Array, "*batch"]:
    def excess(t):  # ln of the left side over the load
        return jnp.log(depth) + (depth - 1) * t - 2 * jax.nn.softplus(depth * t) - log_load

    def halve(bracket, _):
        low, high = bracket
        middle = (low + high) / 2
        above = excess(middle) > 0
        return (jnp.where(above, middle, low), jnp.where(above, high, middle)), None

    low = jnp.log((depth - 1) / (depth + 1)) / depth + 0 * log_load
    high = (jnp.log(depth) - log_load) / (depth + 1)
    (low, high), _ = jax.lax.scan(halve, (low, jnp.maximum(low, high)), None, length=_HALVINGS)
    t = jax.lax.stop_gradient((low + high) / 2)
    slope = depth - 1 - 2 * depth * jax.nn.sigmoid(depth * t)
    # at the spinodal itself the slope is zero and the bracket is all there is
    return jnp.exp(t - jnp.where(slope < -1e-6, excess(t) / slope, 0.0))
