"""The plurality of N independent answers: its exact chance to be right, and bounds on its chance to be wrong.

Answer 1, first along the last axis, is the right one and has probability θ_1; the others have θ_2..θ_K.

Source: arXiv 2508.17536.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import gammaln, xlogy
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import count, within


class Plurality(NamedTuple):
    """The chance that the vote is right.

    Attributes:
        strict: the right answer has more votes than any other.
        ties_shared: and where it shares the lead with k others, it wins with probability 1/(k + 1).
    """

    strict: Float[Array, ""]
    ties_shared: Float[Array, ""]


class VoteBounds(NamedTuple):
    """Upper bounds on the chance that the right answer has no strict plurality; 1 where a bound says nothing.

    Attributes:
        paper: exp(-N (Δ/√K - 1/√N)²), where N > K/Δ²: McDiarmid's inequality for the whole histogram.
        two_coordinates: the same with K replaced by 2, since only two answers have to change places.
        hoeffding: Σ_k exp(-N Δ_k²/2), Δ_k = θ_1 - θ_k.
        chernoff: Σ_k [1 - (√θ_1 - √θ_k)²]^N, with the right exponential rate.
    """

    paper: Float[Array, "..."]
    two_coordinates: Float[Array, "..."]
    hoeffding: Float[Array, "..."]
    chernoff: Float[Array, "..."]


def plurality_exact(theta: Real[ArrayLike, "answers"], voters: int) -> Plurality:
    """The exact chance that the plurality of N multinomial answers is right, in O(K² N³).

    Multinomial counts are independent Poisson counts of means Nθ_k given their sum. For each count c of the right
    answer, the truncated laws of the others (counts below c, or up to c with the ties counted) are multiplied.

    >>> vote = jax.jit(plurality_exact, static_argnums=1)(jnp.array([0.5, 0.3, 0.2]), 3)
    >>> print(f"{vote.strict:.4f} {vote.ties_shared:.4f}")  # all three differ with chance 0.18
    0.5000 0.5600
    """
    voters, theta = count("voters", voters, 1), within("theta", theta, 0, 1) * 1.0
    answers, counts = theta.shape[0], jnp.arange(voters + 1)
    poisson = jnp.exp(
        xlogy(1.0 * counts[None], voters * theta[:, None]) - voters * theta[:, None] - gammaln(counts + 1.0)[None]
    )
    more = counts[None] - counts[:, None]  # votes that lead from row to column
    nothing = jnp.zeros((answers, voters + 1), theta.dtype).at[0, 0].set(1)  # ties, votes so far

    def with_top(top):
        def another(law, weights):
            apart = law @ jnp.where((more >= 0) & (more < top), weights[more], 0)
            tied = weights[top] * jnp.where(counts >= top, jnp.roll(law, (1, top), (0, 1)), 0)
            return apart + tied.at[0].set(0), None

        law, _ = jax.lax.scan(another, nothing, poisson[1:])
        return poisson[0, top] * law[:, voters - top]

    by_ties = jnp.sum(jax.vmap(with_top)(counts[1:]), axis=0)
    whole = jnp.exp(xlogy(voters, float(voters)) - voters - gammaln(voters + 1.0))
    shares = 1 / (1.0 + jnp.arange(answers))
    return Plurality(by_ties[0] / whole, jnp.sum(by_ties * shares) / whole)


def vote_bounds(theta: Real[ArrayLike, "*batch answers"], voters: Real[ArrayLike, ""]) -> VoteBounds:
    """Four upper bounds on the error of the plurality vote, each sharper than the one before it in most cases.

    >>> print(f"{vote_bounds(jnp.array([0.9, 0.1]), 2).chernoff:.4f}")  # (2 √(0.9 · 0.1))²; the truth is 0.19
    0.3600
    """
    theta, n = within("theta", theta, 0, 1), within("voters", voters, 1)
    gaps = theta[..., :1] - theta[..., 1:]
    margin = jnp.min(gaps, axis=-1)

    def histogram(coordinates):
        reach = margin / jnp.sqrt(coordinates) - 1 / jnp.sqrt(n)
        return jnp.where(reach > 0, jnp.exp(-n * reach**2), 1)

    leads = margin > 0
    hoeffding = jnp.sum(jnp.exp(-n * gaps**2 / 2), axis=-1)
    overlap = 1 - (jnp.sqrt(theta[..., :1]) - jnp.sqrt(theta[..., 1:])) ** 2
    chernoff = jnp.sum(overlap**n, axis=-1)
    union = (jnp.where(leads, jnp.minimum(bound, 1), 1) for bound in (hoeffding, chernoff))
    return VoteBounds(histogram(theta.shape[-1] * 1.0), histogram(2.0), *union)
