"""What pairs of answers tell a policy: preference optimisation with free probabilities.

Chosen answers come from π_w, rejected ones from π_l. Of a pair whose order is hidden, y was the chosen one with the
probability σ(s(y) - s(y')), s = log(π_w/π_l). The population loss

    -Σ π_w(y) π_l(y') log σ(r(y) - r(y'))

is convex in r and has its only minimum, up to a constant, at r = s. With DPO's r = β log(π/π_ref) it is therefore

    π ∝ π_ref (π_w/π_l)^{1/β},

which is the target π* iff π_w/π_l ∝ (π*/π_ref)^β. On the line π_c ∝ π_ref (π*/π_ref)^c, c = 0 the reference and c = 1
the target, that says: chosen at c, rejected at c - β. The differential information is q ∝ π*/π_ref.

Whether the chosen answers become likelier is decided by where they come from: with ψ(c) = log Σ π_ref^{1-c} π*^c,

    E_{π_c} log(π*/π_ref) = ψ'(c),

negative at 0 (-KL), positive at 1 (KL), rising, and 0 at the Chernoff point of the two policies.

Source: arXiv 2505.23761.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from theory.door import within

_HALVINGS = 60


def differential_information(
    log_target: Float[ArrayLike, "*batch answers"], log_reference: Float[ArrayLike, "*batch answers"]
) -> Float[Array, "*batch answers"]:
    """The law q ∝ π*/π_ref.

    >>> print(differential_information(jnp.zeros(2), jnp.log(jnp.array([3.0, 1.0]))).round(4))  # 1/3 : 1
    [0.25 0.75]
    """
    return jax.nn.softmax(jnp.asarray(log_target) - jnp.asarray(log_reference))


def on_the_line(
    log_reference: Float[ArrayLike, "*batch answers"],
    log_target: Float[ArrayLike, "*batch answers"],
    place: Float[ArrayLike, ""],
) -> Float[Array, "*batch answers"]:
    """Logarithm of π_c ∝ π_ref^{1-c} π*^c for any real c.

    >>> print(jnp.exp(on_the_line(jnp.zeros(2), jnp.log(jnp.array([9.0, 1.0])), 0.5)).round(4))  # √9 : 1
    [0.75 0.25]
    """
    return jax.nn.log_softmax((1 - jnp.asarray(place)) * log_reference + jnp.asarray(place) * log_target)


def preference_loss(
    rewards: Float[ArrayLike, " answers"],
    log_chosen: Float[ArrayLike, " answers"],
    log_rejected: Float[ArrayLike, " answers"],
) -> Float[Array, ""]:
    """-Σ π_w(y) π_l(y') log σ(r(y) - r(y')): the loss of infinitely many pairs.

    >>> fair = jnp.log(jnp.full(2, 0.5))
    >>> print(f"{jax.jit(preference_loss)(jnp.zeros(2), fair, fair):.4f}")  # log 2
    0.6931
    """
    r = jnp.asarray(rewards)
    pairs = jnp.exp(jnp.asarray(log_chosen)[:, None] + jnp.asarray(log_rejected)[None, :])
    return jnp.sum(pairs * jnp.logaddexp(0.0, r[None, :] - r[:, None]))


def learned_policy(
    log_reference: Float[ArrayLike, " answers"],
    log_chosen: Float[ArrayLike, " answers"],
    log_rejected: Float[ArrayLike, " answers"],
    sharpness: Float[ArrayLike, ""],
) -> Float[Array, " answers"]:
    """Logarithm of π ∝ π_ref (π_w/π_l)^{1/β}: what the log-ratio reward learns from these pairs.

    >>> learned = learned_policy(jnp.zeros(2), jnp.log(jnp.array([3.0, 1.0])), jnp.zeros(2), 0.5)
    >>> print(" ".join(f"{p:.1f}" for p in jnp.exp(learned)))  # 3² : 1
    0.9 0.1
    """
    beta = within("sharpness", sharpness, 0, strict=True)
    return jax.nn.log_softmax(jnp.asarray(log_reference) + (jnp.asarray(log_chosen) - log_rejected) / beta)


def mean_log_ratio(
    log_reference: Float[ArrayLike, " answers"], log_target: Float[ArrayLike, " answers"], place: Float[ArrayLike, ""]
) -> Float[Array, ""]:
    """ψ'(c) = E_{π_c} log(π*/π_ref): by how much the chosen answers become likelier, if they come from π_c.

    >>> reference, target = jnp.log(jnp.array([[0.5, 0.5], [0.75, 0.25]]))
    >>> print(f"{mean_log_ratio(reference, target, 1.0):.4f}")  # KL(π* ‖ π_ref) = log 2 - h(1/4)
    0.1308
    """
    ratio = jnp.asarray(log_target) - jnp.asarray(log_reference)
    return jnp.exp(on_the_line(log_reference, log_target, place)) @ ratio


def chernoff_place(
    log_reference: Float[ArrayLike, " answers"], log_target: Float[ArrayLike, " answers"]
) -> Float[Array, ""]:
    """The c in (0, 1) with ψ'(c) = 0: chosen answers from before it lose likelihood, from after it gain.

    >>> reference, target = jnp.log(jnp.array([[0.25, 0.75], [0.75, 0.25]]))
    >>> print(f"{chernoff_place(reference, target):.4f}")  # of mirror images, half way
    0.5000
    """

    def halve(_, ends):
        low, high = ends
        middle = (low + high) / 2
        falls = mean_log_ratio(log_reference, log_target, middle) < 0
        return jnp.where(falls, middle, low), jnp.where(falls, high, middle)

    start = jnp.zeros((), jnp.result_type(log_reference, float))
    return jax.lax.fori_loop(0, _HALVINGS, halve, (start, start + 1))[0]
