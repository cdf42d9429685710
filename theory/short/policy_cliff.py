"""From rewards to policies: a map with cliffs, and what an entropy term makes of them.

The greedy policy jumps where two actions tie. The soft one, π = softmax(Q/α), does not: for rewards that differ by at
most d, |r - r'| <= d, the soft values differ by at most d/(1 - γ) (shifting r by d shifts Q by d/(1 - γ), and Q is
monotone in r), so the log-odds of any set of actions move by at most 2d/(α(1 - γ)), and

    TV(π_r, π_r') <= tanh(d / (2α(1 - γ))),

since σ(x + c) - σ(x - c) is largest at x = 0. It is reached by two actions of which one leads to a state where the
reward is d too low for ever, the other to one where it is d too high.

The price: in a bandit of K actions the soft policy loses at most αW((K-1)/e), W Lambert's function, against the best
action; that is when all others are worse by α(1 + W).

Source: arXiv 2507.20150.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from theory.door import count, within

_NEWTON_STEPS = 30


def greedy_policy(values: Float[ArrayLike, "*states actions"]) -> Float[Array, "*states actions"]:
    """All probability on the best actions, equal shares where they tie.

    >>> greedy_policy(jnp.array([1.0, 1.0, 0.3])).tolist()
    [0.5, 0.5, 0.0]
    """
    q = jnp.asarray(values)
    best = q == jnp.max(q, axis=-1, keepdims=True)
    return best / jnp.sum(best, axis=-1, keepdims=True)


def soft_policy(
    values: Float[ArrayLike, "*states actions"], temperature: Float[ArrayLike, ""]
) -> Float[Array, "*states actions"]:
    """softmax(Q/α).

    >>> print(soft_policy(jnp.array([0.0, jnp.log(3.0)]), 1.0).round(4))  # 1 : 3
    [0.25 0.75]
    """
    return jax.nn.softmax(jnp.asarray(values) / within("temperature", temperature, 0, strict=True))


def optimal_values(
    rewards: Float[ArrayLike, "states actions"],
    transitions: Float[ArrayLike, "states actions next"],
    discount: Float[ArrayLike, ""],
    temperature: Float[ArrayLike, ""] = 0.0,
    sweeps: int = 500,
) -> Float[Array, "states actions"]:
    """Q of the fixed point Q = r + γ P α log Σ e^{Q/α}, and Q = r + γ P max Q where α = 0, by value iteration.

    Args:
        rewards: r.
        transitions: P, each row a law of the next state.
        discount: γ in [0, 1).
        temperature: α >= 0.
        sweeps: of the iteration; the error is below γ^sweeps times the first one.

    >>> print(f"{optimal_values(jnp.ones((1, 1)), jnp.ones((1, 1, 1)), 0.5)[0, 0]:.4f}")  # 1/(1 - γ)
    2.0000
    """
    r, p = jnp.asarray(rewards), jnp.asarray(transitions)
    gamma, alpha = within("discount", discount, 0, 1), within("temperature", temperature, 0)

    def sweep(_, q):
        top = jnp.max(q, axis=-1, keepdims=True)
        share = jnp.where(q == top, 0.0, (q - top) / jnp.where(alpha > 0, alpha, 1.0))
        soft = alpha * jnp.log(jnp.sum(jnp.exp(share), axis=-1))
        return r + gamma * p @ (top[:, 0] + soft)

    return jax.lax.fori_loop(0, count("sweeps", sweeps, 1), sweep, jnp.zeros_like(r))


def shift_bound(
    distance: Float[ArrayLike, "*n"], temperature: Float[ArrayLike, ""], discount: Float[ArrayLike, ""] = 0.0
) -> Float[Array, "*n"]:
    """tanh(d / (2α(1 - γ))): how far, in total variation, the soft policy of any state can move. Attained.

    >>> print(f"{shift_bound(0.1, 1.0):.4f}")
    0.0500
    """
    alpha, gamma = within("temperature", temperature, 0, strict=True), within("discount", discount, 0, 1)
    return jnp.tanh(within("distance", distance, 0) / (2 * alpha * (1 - gamma)))


def stability_price(actions: Float[ArrayLike, "*n"], temperature: Float[ArrayLike, "*#n"]) -> Float[Array, "*n"]:
    """αW((K - 1)/e): the most that softmax(r/α) loses, in mean reward, to the best of K actions.

    >>> print(f"{stability_price(2.0, 1.0):.4f}")
    0.2785
    """
    target = (within("actions", actions, 1) - 1) / jnp.e

    def newton(_, w):
        return (w * w + target * jnp.exp(-w)) / (1 + w)

    root = jax.lax.fori_loop(0, _NEWTON_STEPS, newton, jnp.log1p(target))
    return within("temperature", temperature, 0) * root
