"""The empirical law R = -a e^H + b, and the curve without parameters of which it is a chord.

One right answer of probability p and K - 1 equally likely wrong ones give R = p and H = h(p) + (1 - p) log(K - 1),
whatever the algorithm that moves p: reward and entropy are tied by the shape of the answer set, and two fitted numbers
describe a piece of that curve well. Near H = 0 the exponential law has slope -a while the true one goes to 0 like
-1 / log(p (K - 1)/(1 - p)).
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax.scipy.special import xlogy
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import within


class ExponentialLaw(NamedTuple):
    """R = -a e^H + b."""

    slope: Float[Array, ""]  # a
    intercept: Float[Array, ""]  # b; b - a is the reward at H = 0
    r2: Float[Array, ""]  # NaN where the rewards do not vary


def parent_entropy(success: Float[ArrayLike, "*#n"], answers: Real[ArrayLike, "*#n"]) -> Float[Array, "*#n"]:
    """H = h(p) + (1 - p) log(K - 1) of one right answer among K, the wrong ones equally likely.

    >>> print(f"{parent_entropy(0.25, 4):.4f}")  # all four alike: log 4
    1.3863
    """
    p, k = within("success", success, 0, 1), within("answers", answers, 2)
    return -xlogy(p, p) - xlogy(1 - p, 1 - p) + (1 - p) * jnp.log(k - 1)


def parent_slope(success: Float[ArrayLike, "*#n"], answers: Real[ArrayLike, "*#n"]) -> Float[Array, "*#n"]:
    """dR/dH = -1 / log(p (K - 1)/(1 - p)) along the parent curve, for 1/K < p < 1."""
    p, k = within("success", success, 0, 1), within("answers", answers, 2)
    return -1 / (jnp.log(p) - jnp.log1p(-p) + jnp.log(k - 1))


def law_reward(law: ExponentialLaw, entropy: Float[ArrayLike, "*n"]) -> Float[Array, "*n"]:
    """R = -a e^H + b."""
    return law.intercept - law.slope * jnp.exp(jnp.asarray(entropy))


def fit_law(entropy: Float[ArrayLike, " n"], reward: Float[ArrayLike, " n"]) -> ExponentialLaw:
    """Least squares of R on e^H; linear in a and b, so there is nothing to iterate."""
    x, y = jnp.exp(jnp.asarray(entropy)), jnp.asarray(reward)
    dx, dy = x - jnp.mean(x), y - jnp.mean(y)
    slope = -jnp.sum(dx * dy) / jnp.sum(dx**2)
    intercept = jnp.mean(y) + slope * jnp.mean(x)
    left = dy + slope * dx
    return ExponentialLaw(slope, intercept, 1 - jnp.sum(left**2) / jnp.sum(dy**2))
