"""Rewards weighted by their rank in the lower tail, and the advantage that is equivalent to it.

With the quantile function q_u of the reward, RVaR_{a:b} = (b - a)^{-1} ∫_a^b q_u du and

    MVaR = a (1 + w) RVaR_{0:a} + (b - a) RVaR_{a:b} = w ∫_0^a q_u du + ∫_0^b q_u du.

Since ∫_0^a q_u du = max_t {a t + E[min(R - t, 0)]}, reached at t = q_a, its gradient is that of E[A] with
A = w min(R - q_a, 0) + min(R - q_b, 0) at fixed quantiles.

Source: arXiv 2510.00911 (MVaR); the equivalent advantage is derived here.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from theory.door import within


def lower_tail(
    prob: Float[ArrayLike, " outcomes"], rewards: Float[ArrayLike, " outcomes"], level: Float[ArrayLike, ""]
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """∫_0^a q_u du of a discrete reward, and its quantile q_a.

    >>> from jax import jit
    >>> [float(x) for x in jit(lower_tail)(jnp.array([0.5, 0.5]), jnp.array([0.0, 1.0]), 0.75)]
    [0.25, 1.0]
    """
    level = within("level", level, 0, 1)
    ranking = jnp.argsort(jnp.asarray(rewards))
    p, r = jnp.asarray(prob)[ranking], jnp.asarray(rewards)[ranking]
    below = jnp.cumsum(p) - p
    used = jnp.clip(level - below, 0, p)
    at = jnp.minimum(jnp.sum(below + p < level), len(r) - 1)
    return jnp.sum(used * r), r[at]


def mixed_tail_value(
    prob: Float[ArrayLike, " outcomes"],
    rewards: Float[ArrayLike, " outcomes"],
    low: Float[ArrayLike, ""] = 0.2,
    high: Float[ArrayLike, ""] = 0.8,
    weight: Float[ArrayLike, ""] = 0.5,
) -> Float[Array, ""]:
    """MVaR = a (1 + w) RVaR_{0:a} + (b - a) RVaR_{a:b}.

    >>> from jax import jit
    >>> float(jit(mixed_tail_value)(jnp.array([0.5, 0.5]), jnp.array([-1.0, 1.0]), 0.5, 1.0))  # w (-1/2) + mean
    -0.25
    """
    to_low, to_high = lower_tail(prob, rewards, low)[0], lower_tail(prob, rewards, high)[0]
    return (1 + jnp.asarray(weight)) * to_low + (to_high - to_low)


def tail_advantage(
    rewards: Float[ArrayLike, "*n"],
    low_quantile: Float[ArrayLike, ""],
    high_quantile: Float[ArrayLike, ""],
    weight: Float[ArrayLike, ""] = 0.5,
) -> Float[Array, "*n"]:
    """A = w min(R - q_a, 0) + min(R - q_b, 0): never positive, and 0 for rewards above both quantiles.

    >>> tail_advantage(jnp.array([-1.0, 0.0, 1.0]), 0.0, 1.0).tolist()
    [-2.5, -1.0, 0.0]
    """
    r = jnp.asarray(rewards)
    return jnp.asarray(weight) * jnp.minimum(r - low_quantile, 0) + jnp.minimum(r - high_quantile, 0)
