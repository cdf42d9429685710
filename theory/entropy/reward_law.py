"""The empirical law R = -a e^H + b, and the curve without parameters of which it is a chord.

One right answer of probability p and K - 1 equally likely wrong ones give R = p and H = h(p) + (1 - p) log(K - 1),
whatever the algorithm that moves p: reward and entropy are tied by the shape of the answer set, and two fitted numbers
describe a piece of that curve well. Near H = 0 the exponential law has slope -a while the true one goes to 0 like
-1 / log(p (K - 1)/(1 - p)).

Source: arXiv 2505.22617, Equation 6 (law); the parent curve is derived here.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax.scipy.special import xlogy
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import within


class ExponentialLaw(NamedTuple):
    """R = -a e^H + b.

    Attributes:
        slope: a.
        intercept: b; the ceiling is b - a = R at H = 0.
        r2: share of the rewards' variance that it explains; NaN where they do not vary.
    """

    slope: Float[Array, ""]
    intercept: Float[Array, ""]
    r2: Float[Array, ""]


def parent_entropy(success: Float[ArrayLike, "*#n"], answers: Real[ArrayLike, "*#n"]) -> Float[Array, "*#n"]:
    """H = h(p) + (1 - p) log(K - 1) of one right answer among K, the wrong ones equally likely.

    >>> print(f"{parent_entropy(0.25, 4):.4f}")  # all four alike: log 4
    1.3863
    """
    p, k = within("success", success, 0, 1), within("answers", answers, 2)
    return -xlogy(p, p) - xlogy(1 - p, 1 - p) + (1 - p) * jnp.log(k - 1)


def law_reward(law: ExponentialLaw, entropy: Float[ArrayLike, "*n"]) -> Float[Array, "*n"]:
    """R = -a e^H + b.

    >>> law = ExponentialLaw(jnp.array(0.25), jnp.array(1.25), jnp.array(1.0))
    >>> float(law_reward(law, 0.0))  # the ceiling b - a
    1.0
    """
    return law.intercept - law.slope * jnp.exp(jnp.asarray(entropy))


def fit_law(entropy: Float[ArrayLike, " n"], reward: Float[ArrayLike, " n"]) -> ExponentialLaw:
    """Least squares of R on e^H; linear in a and b, so there is nothing to iterate.

    >>> law = fit_law(jnp.log(jnp.array([1.0, 2.0, 3.0])), jnp.array([1.0, 0.75, 0.5]))
    >>> print(" ".join(f"{x:.4f}" for x in law))
    0.2500 1.2500 1.0000
    """
    x, y = jnp.exp(jnp.asarray(entropy)), jnp.asarray(reward)
    dx, dy = x - jnp.mean(x), y - jnp.mean(y)
    slope = -jnp.sum(dx * dy) / jnp.sum(dx**2)
    intercept = jnp.mean(y) + slope * jnp.mean(x)
    left = dy + slope * dx
    return ExponentialLaw(slope, intercept, 1 - jnp.sum(left**2) / jnp.sum(dy**2))
