"""Averaging real-valued estimates: the variance that a star, a chain and a tree reach from correlated noisy agents.

Each agent estimates one number with error variance v_0 and pairwise error correlation ρ; each message adds noise of
variance σ² to what it carries.

Source: arXiv 2601.17311.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import count, odd, within

Number = Real[ArrayLike, "*#batch"]


def _noise(leaf: ArrayLike, correlation: ArrayLike, noise: ArrayLike) -> tuple[Array, Array, Array]:
    """v_0, ρ and σ² as arrays; a ValueError where one of them is impossible."""
    rho = within("correlation", correlation, 0, 1)
    return within("leaf_variance", leaf, 0), rho, within("noise_variance", noise, 0)


def star(leaf_variance: Number, correlation: Number, noise_variance: Number, agents: Number) -> Float[Array, "*#batch"]:
    """Variance v_0 [ρ + (1 - ρ)/N] + σ²/N of the plain mean of N messages; its floor is ρ v_0.

    >>> float(star(1.0, 0.5, 1.0, agents=4))  # 1/2 + 1/8 + 1/4
    0.875
    """
    v, rho, sigma2 = _noise(leaf_variance, correlation, noise_variance)
    n = within("agents", agents, 1)
    return v * (rho + (1 - rho) / n) + sigma2 / n


def chain_running(
    leaf_variance: Number, correlation: Number, noise_variance: Number, agents: Number
) -> Float[Array, "*#batch"]:
    """Variance v_0 [ρ + (1 - ρ)/N] + σ² (N - 1)(2N - 1)/(6N): each agent passes on the mean of all so far.

    The noise of message k is weighted by k/N in the end, so long chains are ruined by it.

    >>> float(chain_running(1.0, 0.0, 1.0, agents=2))  # two estimates and one noise, each with weight 1/2
    0.75
    """
    v, rho, sigma2 = _noise(leaf_variance, correlation, noise_variance)
    n = within("agents", agents, 1)
    return v * (rho + (1 - rho) / n) + sigma2 * (n - 1) * (2 * n - 1) / (6 * n)


def best_chain_length(leaf_variance: Number, correlation: Number, noise_variance: Number) -> Float[Array, "*#batch"]:
    """N* = √(3(1 - ρ) v_0/σ² + 1/2), real, where the running chain has its least variance; inf without noise.

    >>> float(best_chain_length(62.0, 0.5, 6.0))
    4.0
    """
    v, rho, sigma2 = _noise(leaf_variance, correlation, noise_variance)
    return jnp.sqrt(3 * (1 - rho) * v / sigma2 + 0.5)


def chain_fixed_weight(
    leaf_variance: Number, correlation: Number, noise_variance: Number, weight: Number, agents: int
) -> Float[Array, "agents *batch"]:
    """v_1..v_N of a chain in which each agent mixes its own estimate in with weight w.

    v' = (1 - w)² (v + σ²) + w² v_0 + 2w(1 - w) ρ v_0: the estimate that arrives is a mean of earlier ones, each with
    covariance ρ v_0 with the next.

    >>> chain_fixed_weight(1.0, 0.0, 0.0, weight=0.5, agents=3).tolist()
    [1.0, 0.5, 0.375]
    """
    v, rho, sigma2 = jnp.broadcast_arrays(*_noise(leaf_variance, correlation, noise_variance))
    v, w = jnp.broadcast_arrays(v * 1.0, within("weight", weight, 0, 1))

    def mix(value, _):
        return (1 - w) ** 2 * (value + sigma2) + w**2 * v + 2 * w * (1 - w) * rho * v, value

    return jax.lax.scan(mix, v, length=count("agents", agents, 1))[1]


def chain_fixed_weight_floor(
    leaf_variance: Number, correlation: Number, noise_variance: Number, weight: Number
) -> Float[Array, "*#batch"]:
    """The limit of the fixed-weight chain: [(1 - w)² σ² + w² v_0 + 2w(1 - w) ρ v_0] / (w(2 - w)), w > 0.

    >>> print(f"{chain_fixed_weight_floor(1.0, 0.0, 0.0, weight=0.5):.4f}")
    0.3333
    """
    v, rho, sigma2 = _noise(leaf_variance, correlation, noise_variance)
    w = within("weight", weight, 0, 1, strict=True)
    return ((1 - w) ** 2 * sigma2 + w**2 * v + 2 * w * (1 - w) * rho * v) / (w * (2 - w))


def chain_kalman(leaf_variance: Number, noise_variance: Number, agents: int) -> Float[Array, "agents *batch"]:
    """v_1..v_N of the best chain of independent agents: 1/v' = 1/(v + σ²) + 1/v_0.

    >>> print(chain_kalman(1.0, 0.0, agents=3).round(4))  # without noise the plain mean: v_0/N
    [1.     0.5    0.3333]
    """
    v, _, sigma2 = _noise(leaf_variance, 0, noise_variance)
    v, sigma2 = jnp.broadcast_arrays(v * 1.0, sigma2)

    def weigh(value, _):
        return (value + sigma2) * v / (value + sigma2 + v), value

    return jax.lax.scan(weigh, v, length=count("agents", agents, 1))[1]


def chain_kalman_floor(leaf_variance: Number, noise_variance: Number) -> Float[Array, "*#batch"]:
    """[√(σ⁴ + 4σ² v_0) - σ²]/2, below which no chain of independent agents comes.

    >>> float(chain_kalman_floor(2.0, 1.0))  # 1/(1 + 1) + 1/2 = 1/1
    1.0
    """
    v, _, sigma2 = _noise(leaf_variance, 0, noise_variance)
    return (jnp.sqrt(sigma2**2 + 4 * sigma2 * v) - sigma2) / 2


def contraction(fan_in: Number, correlation: Number) -> Float[Array, "*#batch"]:
    """κ = ρ + (1 - ρ)/b, the share of the variance that one level leaves; its exponent is s_c = -log_b κ <= 1.

    >>> print(f"{contraction(3, 0.25):.4f}")
    0.5000
    """
    rho = within("correlation", correlation, 0, 1)
    return rho + (1 - rho) / odd("fan_in", fan_in)


def tree_floor(correlation: Number, noise_variance: Number, fan_in: Number) -> Float[Array, "*#batch"]:
    """v* = σ²/[(b - 1)(1 - ρ)], the paper's Eq. 13: the fixed point of v' = κv + σ²/b; b >= 3, ρ < 1.

    >>> print(f"{tree_floor(0.2, 0.05, 3):.5f}")
    0.03125
    """
    _, rho, sigma2 = _noise(0, correlation, noise_variance)
    return sigma2 / ((within("fan_in", odd("fan_in", fan_in), 3) - 1) * (1 - rho))


def tree_per_level(
    leaf_variance: Number, correlation: Number, noise_variance: Number, fan_in: Number, depth: Number
) -> Float[Array, "*#batch"]:
    """v_L = v* + κ^L (v_0 - v*): at every level the b estimates that meet have correlation ρ afresh.

    >>> print(f"{tree_per_level(5.0, 0.25, 1.5, fan_in=3, depth=2):.4f}")  # v* = 1, κ = 1/2
    2.0000
    """
    v, rho, sigma2 = _noise(leaf_variance, correlation, noise_variance)
    floor = tree_floor(rho, sigma2, fan_in)
    return floor + contraction(fan_in, rho) ** within("depth", depth, 0) * (v - floor)


def tree_global(
    leaf_variance: Number, correlation: Number, noise_variance: Number, fan_in: Number, depth: Number
) -> Float[Array, "*#batch"]:
    """Variance ρ v_0 + (1 - ρ) v_0/N + σ² (1 - b^{-L})/(b - 1): any two leaves, near or far, have correlation ρ.

    The shared part ρ v_0 stays, where the tree with ρ afresh at each level loses it.

    >>> print(f"{tree_global(9.0, 0.5, 0.0, fan_in=3, depth=2):.4f}")  # 9/2 + (9/2)/9
    5.0000
    """
    v, rho, sigma2 = _noise(leaf_variance, correlation, noise_variance)
    b = within("fan_in", odd("fan_in", fan_in), 3)
    share = jnp.asarray(b * 1.0) ** -within("depth", depth, 0)
    return v * (rho + (1 - rho) * share) + sigma2 * (1 - share) / (b - 1)


def mixing_depth(
    leaf_variance: Number, correlation: Number, noise_variance: Number, fan_in: Number, gap: Number
) -> Float[Array, "*#batch"]:
    """ln((v_0 - v*)/(ε v*)) / ln(1/κ), the depth at which v_L = (1 + ε) v*; 0 where the leaves are there already.

    >>> print(f"{mixing_depth(5.0, 0.25, 1.5, fan_in=3, gap=1.0):.4f}")  # v* = 1, κ = 1/2, v_2 = 2
    2.0000
    """
    v, rho, sigma2 = _noise(leaf_variance, correlation, noise_variance)
    floor = tree_floor(rho, sigma2, fan_in)
    excess = jnp.maximum((v - floor) / (within("gap", gap, 0, strict=True) * floor), 1)
    return -jnp.log(excess) / jnp.log(contraction(fan_in, rho))
