"""Best of N samples, and how far it moves from the policy that drew them."""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from theory.door import within


def best_of(prob_by_rank: Float[ArrayLike, " outcomes"], draws: Float[ArrayLike, ""]) -> Float[Array, " outcomes"]:
    """Law of the best of N independent draws; outcomes in rising order of reward, no ties."""
    n = within("draws", draws, 1)
    upto = jnp.cumsum(jnp.asarray(prob_by_rank))
    upto = upto / upto[-1]
    return upto**n - jnp.concatenate([jnp.zeros(1, upto.dtype), upto[:-1]]) ** n


def best_of_divergence(prob_by_rank: Float[ArrayLike, " outcomes"], draws: Float[ArrayLike, ""]) -> Float[Array, ""]:
    """KL(best of N ‖ policy), exactly, for outcomes without ties."""
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
