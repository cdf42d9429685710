"""Where an entropy bonus and a penalty to a reference policy make a softmax policy stop.

E_π[R] + α H(π) - β KL(π ‖ π_0) = E_π[R + β log π_0] + (α + β) H(π) is concave in π, and its maximum is

    π* = softmax((R + β log π_0)/(α + β)).

A bonus alone, β = 0, forgets where it came from; a penalty alone, α = 0, is π_0 tilted by e^{R/β}.

Source: derived here, for the entropy bonus and the reference penalty of arXiv 2505.22617, Figures 9 and 10.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from theory.door import within
from theory.entropy.door import rows_of_logits
from theory.entropy.softmax import softmax_row


def regularised_policy(
    rewards: Float[ArrayLike, "*batch vocab"],
    reference_logits: Float[ArrayLike, "*batch vocab"],
    bonus: Float[ArrayLike, ""],
    penalty: Float[ArrayLike, ""],
) -> Float[Array, "*batch vocab"]:
    """π* = softmax((R + β log π_0)/(α + β)), for α, β >= 0 and α + β > 0.

    >>> import jax
    >>> rewards, reference = jnp.array([1.0, 0.0]), jnp.array([0.0, 2.0])
    >>> print(regularised_policy(rewards, reference, 0.0, 0.5).round(4))  # the reward of 1 is worth 2 in log-odds
    [0.5 0.5]
    """
    alpha, beta = within("bonus", bonus, 0), within("penalty", penalty, 0)
    scale = within("bonus + penalty", alpha + beta, 0, strict=True)
    reference = rows_of_logits(reference_logits)
    # a token that the reference masks stays masked, but for β = 0: the reference then has no say, and 0 (-inf) is 0
    pull = jnp.where(beta > 0, beta * (reference - jnp.max(reference, axis=-1, keepdims=True)), 0.0)
    return softmax_row((jnp.asarray(rewards) + pull) / scale).prob
