"""One state with one right answer: the covariance that a right-or-wrong reward makes, in closed form.

The right answer has probability p, the K - 1 wrong ones are equally likely, and group-normalised advantages are
A = (R - p)/σ with σ² = p (1 - p). With the gap g = log p_right - log p_wrong = log(p (K - 1)/(1 - p)) the factors of
both covariances take two values, and

    Cov_p(l, A) = σ g,        Cov_p(S, A) = σ³ g K/(K - 1).

The first holds for any wrong answers once K - 1 is read as e^{H_w}, H_w the entropy of the wrong answers among
themselves: over them l has the mean log(1 - p) - H_w. One wrong answer (K = 2) and K - 1 equal ones are its two ends.

Both have the sign of g: a policy that is right more often than by chance loses entropy, one that is right less often
gains it, and where nothing is left to learn, at p = 1, nothing changes.

Source: derived here, for the covariances of arXiv 2505.22617, Theorems 1 and 2, by accuracy of the prompt (Figure 8).
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import within

Success = Float[ArrayLike, "*#n"]
Answers = Real[ArrayLike, "*#n"]


def right_gap(success: Success, answers: Answers) -> Float[Array, "*#n"]:
    """The gap g = log(p (K - 1)/(1 - p)) between the log-probabilities of the right and of each wrong answer.

    >>> print(f"{right_gap(0.75, 4):.4f}")  # each wrong answer has 1/12: log 9
    2.1972
    """
    p, k = within("success", success, 0, 1), within("answers", answers, 2)
    return jnp.log(p) - jnp.log1p(-p) + jnp.log(k - 1)


def group_covariance(success: Success, answers: Answers) -> Float[Array, "*#n"]:
    """Cov_p(l, A) = σ g: what a natural-gradient step takes from the entropy; 0 < p < 1.

    >>> print(" ".join(f"{group_covariance(p, 8):.3f}" for p in (0.125, 0.5, 0.875)))  # rises with accuracy
    0.000 0.973 1.287
    """
    p = jnp.asarray(success)
    return jnp.sqrt(p * (1 - p)) * right_gap(success, answers)


def group_policy_covariance(success: Success, answers: Answers) -> Float[Array, "*#n"]:
    """Cov_p(S, A) = σ³ g K/(K - 1): what a policy-gradient step takes from the entropy; 0 < p < 1.

    >>> print(f"{group_policy_covariance(0.5, 4):.4f}")  # log(3)/6
    0.1831
    """
    p, k = jnp.asarray(success), jnp.asarray(answers)
    return p * (1 - p) * group_covariance(success, answers) * k / (k - 1)
