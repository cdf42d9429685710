"""Debate in a complete homogeneous group: everybody holds the same counts, so the debate is one Pólya urn.

Beliefs start from a_1 right among A_0 pseudo-answers. In a round each of N agents answers at random from the common
belief p, and everybody, the speaker included, adds all N answers to the counts: A_t = A_0 + N t. The mean of p never
moves; its variance grows towards a limit below p_0 (1 - p_0).

Source: arXiv 2508.17536.
"""

import jax
import jax.numpy as jnp
from jax.scipy.special import gammaln, xlog1py, xlogy
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import count, odd_count, within


def _log_product(start: Array, step: Array) -> Array:
    """The sum -Σ_{s>=1} ln(1 - δ²/(u + s)²) = ln [Γ(u + 1 - δ) Γ(u + 1 + δ) / Γ(u + 1)²]."""
    return gammaln(start + 1 - step) + gammaln(start + 1 + step) - 2 * gammaln(start + 1)


def belief_variance(
    belief: Real[ArrayLike, "*#batch"],
    concentration: Real[ArrayLike, "*#batch"],
    agents: Real[ArrayLike, "*#batch"],
    rounds: Real[ArrayLike, "*#batch"],
) -> Float[Array, "*#batch"]:
    """V_t = p_0 (1 - p_0) [1 - Π_{s=1}^t (1 - N/A_s²)], the product in Gamma functions with u = A_0/N, δ = 1/√N.

    >>> print(f"{belief_variance(0.5, 1.0, agents=1, rounds=1):.4f}")  # p_1 = 1/4 or 3/4
    0.0625
    """
    p, n = within("belief", belief, 0, 1), within("agents", agents, 1)
    start, step = within("concentration", concentration, 0, strict=True) / n, 1 / jnp.sqrt(n)
    log_product = _log_product(start + within("rounds", rounds, 0), step) - _log_product(start, step)
    return -p * (1 - p) * jnp.expm1(log_product)


def belief_variance_limit(
    belief: Real[ArrayLike, "*#batch"], concentration: Real[ArrayLike, "*#batch"], agents: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """V_∞ = p_0 (1 - p_0) [1 - Γ(u + 1)² / (Γ(u + 1 - 1/√N) Γ(u + 1 + 1/√N))], u = A_0/N.

    >>> print(f"{belief_variance_limit(0.5, 1.0, agents=1):.4f}")  # of Beta(1/2, 1/2)
    0.1250
    """
    p, n = within("belief", belief, 0, 1), within("agents", agents, 1)
    start = within("concentration", concentration, 0, strict=True) / n
    return -p * (1 - p) * jnp.expm1(-_log_product(start, 1 / jnp.sqrt(n)))


def binomial_law(trials: int, chance: Real[ArrayLike, "*batch"]) -> Float[Array, "*batch {trials}+1"]:
    """P(j of n) along a new last axis.

    >>> [round(chance, 4) for chance in jax.jit(binomial_law, static_argnums=0)(2, 0.5).tolist()]
    [0.25, 0.5, 0.25]
    """
    chance = within("chance", chance, 0, 1)[..., None]
    j = jnp.expand_dims(jnp.arange(trials + 1.0), range(chance.ndim - 1))
    ways = gammaln(trials + 1.0) - gammaln(j + 1) - gammaln(trials - j + 1)
    return jnp.exp(ways + xlogy(j, chance) + xlog1py(trials - j, -chance))


def urn_law(
    right: Real[ArrayLike, ""], concentration: Real[ArrayLike, ""], agents: int, rounds: int
) -> Float[Array, "{rounds}+1 counts"]:
    """P(c right answers were added) after 0..T rounds, c = 0..NT along the last axis.

    After t rounds the belief is (a_1 + c)/(A_0 + Nt).

    >>> law = jax.jit(urn_law, static_argnums=(2, 3))(1.0, 2.0, 1, 2)  # one right, one wrong: all counts alike
    >>> [round(chance, 4) for chance in law[-1].tolist()]
    [0.3333, 0.3333, 0.3333]
    """
    agents, rounds = count("agents", agents, 1), count("rounds", rounds)
    a, total = within("right", right, 0), within("concentration", concentration, 0, strict=True)
    counts = jnp.arange(agents * rounds + 1)
    start = jnp.where(counts == 0, 1.0, 0.0)

    def add(law, played):
        belief = jnp.clip((a + counts) / (total + agents * played), 0, 1)
        joint = law[:, None] * binomial_law(agents, belief)
        return jnp.zeros_like(law).at[counts[:, None] + jnp.arange(agents + 1)[None]].add(joint, mode="drop"), law

    return jax.lax.scan(add, start, jnp.arange(rounds + 1))[1]


def debate_then_vote(
    right: Real[ArrayLike, ""], concentration: Real[ArrayLike, ""], agents: int, rounds: int
) -> Float[Array, "{rounds}+1"]:
    """P(the majority of the N answers is right) after 0..T rounds of debate, exactly; N odd.

    Given the belief the answers are independent, so it is the mean majority over the urn's law. In every case tried
    it falls with each round where p_0 > 1/2 and rises where p_0 < 1/2; no proof is known here.

    >>> votes = jax.jit(debate_then_vote, static_argnums=(2, 3))(0.6, 1.0, 3, 1)
    >>> [round(chance, 4) for chance in votes.tolist()]
    [0.648, 0.6255]
    """
    agents = odd_count("agents", agents)
    law = urn_law(right, concentration, agents, rounds)
    counts = jnp.arange(law.shape[-1])[None]
    belief = jnp.clip((jnp.asarray(right) + counts) / (concentration + agents * jnp.arange(rounds + 1)[:, None]), 0, 1)
    majority = jnp.sum(binomial_law(agents, belief)[..., agents // 2 + 1 :], -1)
    return jnp.sum(law * majority, -1)
