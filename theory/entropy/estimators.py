"""Predictions of the entropy change that one sampled token causes, from what a training step has at hand.

Truth, to first order, is dH = -η r A (S_k - E_p[S]). The others drop a part of it. All are for η = 1.

Source: arXiv 2602.03392, Theorems 3.3 (full) and 3.2 (sign); arXiv 2510.10150, Theorem 1 (own logit) and released code
(inverse of the old probability); arXiv 2505.22617, Equation 10 (batch covariance).
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

Tokens = Float[ArrayLike, "*#tokens"]
Change = Float[Array, "*#tokens"]


def token_discriminator(log_prob: Tokens, entropy: Tokens) -> Change:
    """S_k = p_k (log p_k + H) of the sampled token.

    >>> print(f"{token_discriminator(jnp.log(0.25), jnp.log(8.0)):.4f}")  # (log 8 - log 4)/4
    0.1733
    """
    l = jnp.asarray(log_prob)
    return jnp.exp(l) * (l + jnp.asarray(entropy))


def full_estimate(
    log_prob: Tokens, entropy: Tokens, expected: Tokens, advantage: Tokens, ratio: Tokens = 1.0
) -> Change:
    """-r A (S_k - E_p[S]): every logit of the row moves as the gradient of log p_k says.

    >>> print(f"{full_estimate(jnp.log(0.25), jnp.log(8.0), 0.1, 1.0):.4f}")  # -(0.1733 - 0.1)
    -0.0733
    """
    return (
        -jnp.asarray(ratio) * jnp.asarray(advantage) * (token_discriminator(log_prob, entropy) - jnp.asarray(expected))
    )


def own_logit_estimate(log_prob: Tokens, entropy: Tokens, advantage: Tokens, ratio: Tokens = 1.0) -> Change:
    """-r A (1 - p_k) S_k: only the sampled logit moves, by its own gradient 1 - p_k.

    It keeps the term j = k of E_p[S] = Σ_j p_j S_j and drops the others: (1 - p_k) S_k = S_k - p_k S_k.

    >>> print(f"{own_logit_estimate(jnp.log(0.25), jnp.log(8.0), 1.0):.4f}")  # (3/4) of S = 0.1733
    -0.1300
    """
    p = jnp.exp(jnp.asarray(log_prob))
    return -jnp.asarray(ratio) * jnp.asarray(advantage) * (1 - p) * token_discriminator(log_prob, entropy)


def inverse_old_estimate(log_prob: Tokens, old_log_prob: Tokens, entropy: Tokens, advantage: Tokens) -> Change:
    """-(A / p_old) (1 - p_k) S_k: the ratio p / p_old with its numerator lost, as a released code has it.

    The probability is clamped to [1e-8, 1 - 1e-8] as there. On policy it is (1 - p)(l + H) A with no p in front, so
    rare tokens weigh as much as common ones.

    >>> print(f"{inverse_old_estimate(jnp.log(0.25), jnp.log(0.25), jnp.log(8.0), 1.0):.4f}")  # -(3/4) log 2
    -0.5199
    """
    l = jnp.clip(jnp.asarray(log_prob), jnp.log(1e-8), jnp.log1p(-1e-8))
    old = jnp.maximum(jnp.exp(jnp.asarray(old_log_prob)), 1e-8)
    return -jnp.asarray(advantage) / old * (1 - jnp.exp(l)) * token_discriminator(l, entropy)


def sign_estimate(log_prob: Tokens, entropy: Tokens, advantage: Tokens) -> Change:
    """-A S_k: the rule for a bare logit, without the baseline.

    >>> print(f"{sign_estimate(jnp.log(0.25), jnp.log(8.0), 1.0):.4f}")
    -0.1733
    """
    return -jnp.asarray(advantage) * token_discriminator(log_prob, entropy)


def batch_covariance(
    log_prob: Float[ArrayLike, "*tokens"], advantage: Float[ArrayLike, "*tokens"], mask: Float[ArrayLike, "*tokens"]
) -> Float[Array, "*tokens"]:
    """(l_k - l̄)(A - Ā), l̄ and Ā the means over all unmasked tokens of the batch; minus it estimates dH.

    It centres over the batch instead of over each state's own policy. An empty mask gives zeros.

    >>> batch_covariance(jnp.array([-1.0, -3.0, 0.0]), jnp.array([1.0, -1.0, 9.0]), jnp.array([1.0, 1.0, 0.0])).tolist()
    [1.0, 1.0, 0.0]
    """
    l, adv, m = jnp.asarray(log_prob), jnp.asarray(advantage), jnp.asarray(mask)
    count = jnp.maximum(jnp.sum(m), 1)
    return m * (l - jnp.sum(m * l) / count) * (adv - jnp.sum(m * adv) / count)
