"""Exponential tilts of a finite law, their rate function, and best of e^{nD} draws of n independent symbols.

Λ(λ) = log E_p[e^{λr}]. The tilt φ_λ = p e^{λr - Λ(λ)} has mean Λ'(λ) and KL(φ_λ ‖ p) = λΛ'(λ) - Λ(λ) = I(Λ'(λ)),
I the rate function. For every φ

    KL(φ ‖ φ_λ) = KL(φ ‖ p) - KL(φ_λ ‖ p) + λ (E_{φ_λ} r - E_φ r),

so that at equal divergence the tilt has the largest reward, and what comes near in reward comes near in law.

Over n symbols with a reward that adds up, everything depends on the law of the sum only: given the sum, tilt and best
of N (ties by lot) are both distributed as p.

Source: arXiv 2404.01730.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int

from theory.door import count, within

_HALVINGS = 80


def log_moment(
    prob: Float[ArrayLike, " levels"], rewards: Float[ArrayLike, " levels"], tilt: Float[ArrayLike, ""]
) -> Float[Array, ""]:
    """Λ(λ) = log E[e^{λr}].

    >>> print(f"{log_moment(jnp.array([0.5, 0.5]), jnp.array([0.0, 1.0]), jnp.log(3.0)):.4f}")  # log((1 + 3)/2)
    0.6931
    """
    p = within("prob", prob, 0)
    return jax.nn.logsumexp(jnp.asarray(tilt) * jnp.asarray(rewards), b=p / jnp.sum(p))


def tilted_law(
    prob: Float[ArrayLike, " levels"], rewards: Float[ArrayLike, " levels"], tilt: Float[ArrayLike, ""]
) -> Float[Array, " levels"]:
    """φ_λ ∝ p e^{λr}.

    >>> print(tilted_law(jnp.array([0.9, 0.1]), jnp.array([0.0, 1.0]), 2.0).round(4))
    [0.5491 0.4509]
    """
    p = within("prob", prob, 0)
    exponent = jnp.asarray(tilt) * jnp.asarray(rewards)
    weight = p * jnp.exp(exponent - jnp.max(exponent))
    return weight / jnp.sum(weight)


def tilted_mean(
    prob: Float[ArrayLike, " levels"], rewards: Float[ArrayLike, " levels"], tilt: Float[ArrayLike, ""]
) -> Float[Array, ""]:
    """Λ'(λ), the mean reward of the tilt.

    >>> print(f"{tilted_mean(jnp.array([0.5, 0.5]), jnp.array([0.0, 1.0]), jnp.log(3.0)):.4f}")  # 1 : 3
    0.7500
    """
    return tilted_law(prob, rewards, tilt) @ jnp.asarray(rewards)


def tilted_divergence(
    prob: Float[ArrayLike, " levels"], rewards: Float[ArrayLike, " levels"], tilt: Float[ArrayLike, ""]
) -> Float[Array, ""]:
    """KL(φ_λ ‖ p) = λΛ'(λ) - Λ(λ), rising from 0 to -log P(r is largest).

    >>> print(f"{tilted_divergence(jnp.array([0.5, 0.5]), jnp.array([0.0, 1.0]), jnp.log(3.0)):.4f}")  # log 2 - h(1/4)
    0.1308
    """
    return jnp.asarray(tilt) * tilted_mean(prob, rewards, tilt) - log_moment(prob, rewards, tilt)


def tilt_at_divergence(
    prob: Float[ArrayLike, " levels"], rewards: Float[ArrayLike, " levels"], divergence: Float[ArrayLike, ""]
) -> Float[Array, ""]:
    """The λ >= 0 with KL(φ_λ ‖ p) = D, for 0 <= D < -log P(r is largest).

    >>> print(f"{tilt_at_divergence(jnp.array([0.5, 0.5]), jnp.array([0.0, 1.0]), 0.1):.4f}")
    0.9434
    """
    return _inverse(lambda tilt: tilted_divergence(prob, rewards, tilt), within("divergence", divergence, 0))


def tilt_at_mean(
    prob: Float[ArrayLike, " levels"], rewards: Float[ArrayLike, " levels"], mean: Float[ArrayLike, ""]
) -> Float[Array, ""]:
    """The λ >= 0 with Λ'(λ) = x, for x between the mean and the largest reward.

    >>> print(f"{tilt_at_mean(jnp.array([0.5, 0.5]), jnp.array([0.0, 1.0]), 0.75):.4f}")  # log 3
    1.0986
    """
    return _inverse(lambda tilt: tilted_mean(prob, rewards, tilt), jnp.asarray(mean))


def rate_function(
    prob: Float[ArrayLike, " levels"], rewards: Float[ArrayLike, " levels"], mean: Float[ArrayLike, ""]
) -> Float[Array, ""]:
    """I(x) = sup_λ {λx - Λ(λ)}, for x from the mean on: P(average of n >= x) = e^{-nI(x) + o(n)}.

    >>> print(f"{rate_function(jnp.array([0.5, 0.5]), jnp.array([0.0, 1.0]), 0.75):.4f}")  # log 2 - h(1/4)
    0.1308
    """
    return tilted_divergence(prob, rewards, tilt_at_mean(prob, rewards, mean))


def _inverse(rising: Callable[[Array], Array], target: Array) -> Array:
    """The λ >= 0 at which a rising function takes a value, by halving λ/(1 + λ)."""

    def halve(_, ends):
        low, high = ends
        middle = (low + high) / 2
        below = rising(middle / (1 - middle)) < target
        return jnp.where(below, middle, low), jnp.where(below, high, middle)

    start = jnp.zeros_like(target * 1.0)
    share = jax.lax.fori_loop(0, _HALVINGS, halve, (start, start + 1))[0]
    return share / (1 - share)


def log_law_of_sum(
    prob: Float[ArrayLike, " levels"], length: Int[ArrayLike, ""], capacity: int
) -> Float[Array, " sums"]:
    """Log-probabilities of the sum of n independent rewards 0, 1, ..., m; -inf beyond n m.

    Args:
        prob: of the rewards 0, ..., m.
        length: n, at most `capacity`; may be traced.
        capacity: the result has capacity * m + 1 entries.

    >>> print(jnp.exp(log_law_of_sum(jnp.array([0.5, 0.5]), 2, 2)).round(4))
    [0.25 0.5  0.25]
    """
    length = within("length", length, 0, count("capacity", capacity, 1))
    p = within("prob", prob, 0)
    log_prob = jnp.log(p / jnp.sum(p))
    size = capacity * (log_prob.shape[0] - 1) + 1

    def add(_, law):
        late = [jnp.concatenate([jnp.full(j, -jnp.inf), law[: size - j]]) + log_prob[j] for j in range(len(log_prob))]
        return jax.nn.logsumexp(jnp.stack(late), axis=0)

    return jax.lax.fori_loop(0, length, add, jnp.where(jnp.arange(size) == 0, 0.0, -jnp.inf))


def best_of_levels(log_law: Float[ArrayLike, " sums"], log_draws: Float[ArrayLike, ""]) -> Float[Array, " sums"]:
    """Law of the best of N draws over rising levels, N = e^{log_draws} however large.

    P(max < k) = (1 - S_k)^N with the upper tail S_k, through log(-log(1 - S)), which is log S for rare levels.

    >>> print(best_of_levels(jnp.log(jnp.array([0.5, 0.5])), jnp.log(2.0)).round(4))
    [0.25 0.75]
    """
    tail = jnp.minimum(jax.lax.cumlogsumexp(jnp.asarray(log_law), reverse=True), 0.0)
    frequent = jnp.log(-jnp.log1p(-jnp.exp(jnp.maximum(tail, -20.0))))
    hazard = jnp.where(tail > -20, frequent, tail + jnp.exp(tail) / 2) + within("log_draws", log_draws, 0)
    below = jnp.exp(-jnp.exp(hazard))
    above = jnp.concatenate([below[1:], jnp.ones(1, below.dtype)])
    return above - below


def best_of_deficit(
    prob: Float[ArrayLike, " levels"], rate: Float[ArrayLike, ""], length: Float[ArrayLike, "*n"]
) -> Float[Array, "*n"]:
    """How much reward best of N = e^{nD} lacks, over a whole word, to the tilt of divergence nD; o(1) is left out.

    P(sum >= k) is e^{-nI(k/n)} / (√(2πn) σ (1 - e^{-λ})), so the best has about a Gumbel law, rounded down:

        {½ log(2πnσ²) + log(1 - e^{-λ}) - γ_E} / λ + ½,    λ and σ those of the tilt.

    Args:
        prob: of the rewards 0, 1, ..., m of a symbol.
        rate: D.
        length: n.

    >>> prob, symbols = jnp.array([0.5, 0.5]), jnp.array([10.0, 40.0])
    >>> rate = tilted_divergence(prob, jnp.array([0.0, 1.0]), jnp.log(3.0))
    >>> short, long = jax.jit(best_of_deficit)(prob, rate, symbols)
    >>> print(f"{long - short:.4f}")  # ½ log(4)/λ, λ = log 3
    0.6309
    """
    rewards = jnp.arange(1.0 * np.size(prob))
    tilt = tilt_at_divergence(prob, rewards, rate)
    law = tilted_law(prob, rewards, tilt)
    variance = law @ (rewards - law @ rewards) ** 2
    log_tail = jnp.log(2 * jnp.pi * variance * jnp.asarray(length)) / 2 + jnp.log(-jnp.expm1(-tilt))
    return (log_tail - np.euler_gamma) / tilt + 0.5


def divergence(law: Float[ArrayLike, " levels"], log_base: Float[ArrayLike, " levels"]) -> Float[Array, ""]:
    """KL(law ‖ base), the base by its logarithms; levels without mass count nothing.

    >>> print(f"{divergence(jnp.array([1.0, 0.0]), jnp.log(jnp.array([0.5, 0.5]))):.4f}")  # log 2
    0.6931
    """
    p = jnp.asarray(law)
    there = p > 0
    return jnp.sum(jnp.where(there, p * (jnp.log(jnp.where(there, p, 1)) - jnp.where(there, log_base, 0)), 0))
