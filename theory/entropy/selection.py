"""Best of N samples, and how far it moves from the policy that drew them.

Source: arXiv 2404.01730.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from theory.door import within


def best_of(prob_by_rank: Float[ArrayLike, " outcomes"], draws: Float[ArrayLike, ""]) -> Float[Array, " outcomes"]:
    """Law of the best of N independent draws; outcomes in rising order of reward, no ties.

    >>> print(best_of(jnp.array([0.5, 0.5]), 2.0).round(4))
    [0.25 0.75]
    """
    n = within("draws", draws, 1)
    upto = jnp.cumsum(jnp.asarray(prob_by_rank))
    upto = upto / upto[-1]
    return upto**n - jnp.concatenate([jnp.zeros(1, upto.dtype), upto[:-1]]) ** n


def best_of_divergence(prob_by_rank: Float[ArrayLike, " outcomes"], draws: Float[ArrayLike, ""]) -> Float[Array, ""]:
    """KL(best of N ‖ policy), exactly, for outcomes without ties.

    >>> print(f"{best_of_divergence(jnp.array([0.5, 0.5]), 2.0):.4f}")  # log 2 - h(1/4)
    0.1308
    """
    p, best = jnp.asarray(prob_by_rank), best_of(prob_by_rank, draws)
    p = p / jnp.sum(p)
    return jnp.sum(jnp.where(best > 0, best * (jnp.log(jnp.where(best > 0, best, 1)) - jnp.log(p)), 0))


def best_of_divergence_limit(draws: Float[ArrayLike, "*n"]) -> Float[Array, "*n"]:
    """The value log N - (N - 1)/N: the divergence for a reward with a continuous law, and an upper bound for any.

    >>> print(f"{best_of_divergence_limit(4.0):.4f}")
    0.6363
    """
    n = within("draws", draws, 1)
    return jnp.log(n) - (n - 1) / n
