"""Four first-order laws of the entropy, which are one law, and the exact change after a single-logit bump.

For any change dz of the logits dH = -Cov_p(l, dz) + O(dz²). What a reinforcement step does to the logits of a state
decides what is put in:

    one logit,              dz = ε e_k            dH = -ε S_k
    one sampled token,      dz = α (e_k - p)      dH = -α (S_k - E_p[S])
    exact policy gradient,  dz = η p (A - Ā)      dH = -η Cov_p(S, A)
    natural gradient,       dz = η A              dH = -η Cov_p(l, A)

The third is the expectation of the second over k ~ p with α = η A_k.

Source: arXiv 2602.03392, Theorems 3.2 (one logit) and 3.3 (one sampled token); arXiv 2505.22617, Lemma 1 (any change),
Proposition 1 and Theorem 1 (policy gradient), Theorem 2 (natural gradient); exact and second-order forms derived here.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int

from theory.entropy.door import tokens_within
from theory.entropy.softmax import (
    at_token,
    covariance,
    discriminator,
    expected_discriminator,
    softmax_row,
)


def change_along(
    logits: Float[ArrayLike, "*batch vocab"], logit_change: Float[ArrayLike, "*batch vocab"]
) -> Float[Array, "*batch"]:
    """First order: dH = -Cov_p(l, dz), to first order in dz.

    >>> z = jnp.log(jnp.array([3.0, 1.0]))
    >>> print(f"{change_along(z, z):.4f}")  # colder: minus the variance of log p, (3/16) log² 3
    -0.2263
    """
    return -covariance(logits, softmax_row(logits).shifted, logit_change)


def change_one_logit(
    logits: Float[ArrayLike, "*batch vocab"], token: Int[ArrayLike, "*batch"], bump: Float[ArrayLike, "*#batch"]
) -> Float[Array, "*batch"]:
    """First order: dH = -ε S_k when z_k alone moves by ε.

    >>> print(f"{change_one_logit(jnp.log(jnp.array([3.0, 1.0])), 0, 1.0):.4f}")  # -S_0 = -(3/16) log 3
    -0.2060
    """
    score = discriminator(logits)
    return -jnp.asarray(bump) * at_token(score, tokens_within(token, score.shape[-1]))


def change_sampled_token(
    logits: Float[ArrayLike, "*batch vocab"], token: Int[ArrayLike, "*batch"], step: Float[ArrayLike, "*#batch"]
) -> Float[Array, "*batch"]:
    """First order: dH = -α (S_k - E_p[S]) for dz = α (e_k - p), α = η r A: learning rate, importance ratio, advantage.

    Rewarding a token lowers the entropy iff S_k > E_p[S]: the discriminator alone, against 0, decides the sign only
    for a bare logit. Over k ~ p the bracket has mean 0.

    >>> from jax import jit
    >>> z = jnp.log(jnp.array([[3.0, 1.0], [3.0, 1.0]]))
    >>> change = jit(change_sampled_token)(z, jnp.array([0, 1]), 1.0)
    >>> print(change.round(4))  # three times as likely, a third as strong
    [-0.103  0.309]
    """
    score = discriminator(logits)
    picked = at_token(score, tokens_within(token, score.shape[-1]))
    return -jnp.asarray(step) * (picked - expected_discriminator(logits))


def policy_gradient_step(
    logits: Float[ArrayLike, "*batch vocab"], advantages: Float[ArrayLike, "*batch vocab"], *, literal: bool = False
) -> Float[Array, "*batch vocab"]:
    """∇_z E_p[A] = p (A - Ā); `literal` is p A, which is the gradient only where Ā = 0.

    >>> policy_gradient_step(jnp.zeros(2), jnp.array([3.0, 1.0])).tolist()
    [0.5, -0.5]
    """
    prob, adv = softmax_row(logits).prob, jnp.asarray(advantages)
    return prob * (adv if literal else adv - jnp.sum(prob * adv, axis=-1, keepdims=True))


def change_policy_gradient(
    logits: Float[ArrayLike, "*batch vocab"],
    advantages: Float[ArrayLike, "*batch vocab"],
    rate: Float[ArrayLike, "*#batch"],
    *,
    literal: bool = False,
) -> Float[Array, "*batch"]:
    """First order: dH = -η Cov_p(l, p (A - Ā)) = -η Cov_p(S, A) for an exact policy-gradient step.

    The form in print, `literal`, is -η Cov_p(l, p A). It differs by -η Ā Cov_p(l, p): a term that depends on the
    baseline, while the step does not.

    >>> z, adv = jnp.log(jnp.array([3.0, 1.0])), jnp.array([1.0, 0.0])
    >>> bool(jnp.allclose(change_policy_gradient(z, adv, 1.0), change_along(z, policy_gradient_step(z, adv))))
    True
    """
    if literal:
        return jnp.asarray(rate) * change_along(logits, policy_gradient_step(logits, advantages, literal=True))
    return -jnp.asarray(rate) * covariance(logits, discriminator(logits), advantages)


def change_natural_gradient(
    logits: Float[ArrayLike, "*batch vocab"],
    advantages: Float[ArrayLike, "*batch vocab"],
    rate: Float[ArrayLike, "*#batch"],
) -> Float[Array, "*batch"]:
    """First order: dH = -η Cov_p(l, A) for dz = η A: the natural gradient, or one step of exponentiated gradient.

    >>> z, adv = jnp.log(jnp.array([3.0, 1.0])), jnp.array([1.0, 0.0])
    >>> print(f"{change_natural_gradient(z, adv, 1.0):.4f}")  # moves the first logit alone: -(3/16) log 3
    -0.2060
    """
    return jnp.asarray(rate) * change_along(logits, advantages)


def exact_change_one_logit(
    log_prob: Float[ArrayLike, "*#batch"], entropy: Float[ArrayLike, "*#batch"], bump: Float[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """H(z + ε e_k) - H(z), exactly, from (l_k, H, ε) alone: nothing else of the row matters.

    p'_k = p_k e^ε / Z and p'_i = p_i / Z with Z = 1 + w, w = p_k (e^ε - 1), so that

        H' - H = log(1 + w) - [w (l_k + H) + ε (p_k + w)] / (1 + w) = -ε S_k + O(ε²).

    >>> print(f"{exact_change_one_logit(-0.6931471805599453, 0.6931471805599453, 40.0):.4f}")  # a coin that is decided
    -0.6931
    """
    l, h, eps = jnp.asarray(log_prob), jnp.asarray(entropy), jnp.asarray(bump)
    p = jnp.exp(l)
    w = p * jnp.expm1(eps)
    return jnp.log1p(w) - (w * (l + h) + eps * (p + w)) / (1 + w)


def second_change_one_logit(
    log_prob: Float[ArrayLike, "*#batch"], entropy: Float[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """∂²H/∂z_k² = -p (1 - 2p) (l + H) - p (1 - p): the ε²/2 term, for the sampled token alone.

    >>> print(f"{second_change_one_logit(jnp.log(0.5), jnp.log(2.0)):.4f}")  # of a fair coin -p (1 - p)
    -0.2500
    """
    l, h = jnp.asarray(log_prob), jnp.asarray(entropy)
    p = jnp.exp(l)
    return -p * (1 - 2 * p) * (l + h) - p * (1 - p)
