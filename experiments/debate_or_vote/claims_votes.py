"""What "Debate or Vote" claims about votes without debate: exact chances, bounds, and the harm of a shared belief.

Theorem 1 is that of third-party notes on the paper, re-derived; exact laws, sharper bounds and the limit are added.
"""

import itertools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from scipy import special, stats

from core.verify.bound import bound
from core.verify.evidence import Evidence, combine
from core.verify.falsify import falsify
from core.verify.identity import identity
from core.verify.law import law_counts
from core.verify.trial import Trial
from theory.trees.dependence import beta_binomial_limit_map, beta_binomial_map
from theory.trees.plurality import plurality_exact, vote_bounds


def d01_plurality(trial: Trial) -> Evidence:
    """The plurality of N independent answers is right with a probability that has a finite exact form."""
    settings, voters, draws = 4 * trial.effort, 15, 20_000
    error = _error_by_listing(answers=3, voters=voters)

    def hits(key: jax.Array, theta: jax.Array) -> jax.Array:
        marks = jax.random.uniform(key, (draws, voters))
        below = jnp.stack([marks < theta[0], marks < theta[0] + theta[1]], -1).sum(1)
        tally = jnp.stack([below[:, 0], below[:, 1] - below[:, 0], voters - below[:, 1]])
        return jnp.sum(tally[0] > tally[1:].max(0))

    def case(drawn: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, ...]:
        key, theta = drawn
        return hits(key, theta), plurality_exact(theta, voters).strict, 1 - error(theta)

    @jax.jit
    def cases(key: jax.Array) -> tuple[jax.Array, ...]:
        theta = jnp.sort(jax.random.dirichlet(key, jnp.full(3, 4.0), (settings,)))[:, ::-1]
        return jax.lax.map(case, (jax.random.split(jax.random.fold_in(key, 1), settings), theta))

    counted, exact, listed = map(np.asarray, cases(trial.key))
    return combine(identity(listed, exact, rtol=1e-11), law_counts(counted, draws, exact))


def d02_vote_bounds(trial: Trial) -> Evidence:
    """Theorem 1: a vote of N > K/Δ² errs with probability at most exp(-N (Δ/√K - 1/√N)²), Δ the lead of the truth.

    Checked as well: 2 in place of K, Hoeffding's Σ exp(-N Δ_k²/2) and Chernoff's Σ [1 - (√θ_1 - √θ_k)²]^N.
    """
    voters, error = 25, _error_by_listing(answers=4, voters=25)

    def slacks(point: jax.Array) -> jax.Array:
        theta = jnp.sort(jax.nn.softmax(point))[::-1]
        return 1 - error(theta) / jnp.stack(vote_bounds(theta, voters))

    at_random = jax.jit(lambda key: jax.vmap(slacks)(2 * jax.random.normal(key, (200 * trial.effort, 4))))
    found = falsify(
        lambda p: slacks(p).min(),
        lambda key: 2 * jax.random.normal(key, (4,)),
        trial.key,
        starts=8 * trial.effort,
        steps=40,
        polish=2,
    )
    return bound(at_random(trial.key), tolerance=1e-12, falsified=found)


def d03_bounds_are_ordered(trial: Trial) -> Evidence:
    """Chernoff's bound is never above Hoeffding's, and the paper's never below its version with 2 in place of K."""

    def slacks(point: jax.Array) -> jax.Array:
        b = vote_bounds(jnp.sort(jax.nn.softmax(point[1:]))[::-1], 1 + jnp.exp(point[0]))
        return jnp.stack([b.hoeffding - b.chernoff, b.paper - b.two_coordinates])

    @jax.jit
    def at_random(key: jax.Array) -> jax.Array:
        return jax.vmap(slacks)(2 * jax.random.normal(key, (1000 * trial.effort, 5)) + np.array([3.0, 0, 0, 0, 0]))

    found = falsify(
        lambda p: slacks(p).min(), lambda key: 2 * jax.random.normal(key, (5,)), trial.key, starts=16, steps=100
    )
    return bound(at_random(trial.key), tolerance=1e-12, falsified=found)


def d16_shared_belief_kills_amplification() -> Evidence:
    """If all agents answer from one θ, the vote of many is right with P(θ > 1/2) and not with certainty."""
    total, p = 20.0, 0.6
    bias, correlation = 2 * p - 1, 1 / (total + 1)

    @jax.jit
    def chances() -> tuple[jax.Array, ...]:
        maps = [beta_binomial_map(n, bias, correlation) for n in (5, 101)]
        limit = beta_binomial_limit_map(bias, correlation)
        return (1 + jnp.stack(maps)) / 2, (1 + limit) / 2, plurality_exact(np.array([p, 1 - p]), 101).strict

    exact, limit, alone = map(np.asarray, chances())
    by_hand = [float(stats.betabinom.sf(n // 2, n, p * total, (1 - p) * total)) for n in (5, 101)]
    large = float(stats.betabinom.sf(50_000, 100_001, p * total, (1 - p) * total))
    return combine(
        identity(exact, np.array(by_hand), rtol=1e-10),
        identity(limit, float(stats.beta.sf(0.5, p * total, (1 - p) * total)), rtol=1e-10),
        identity(limit, large, rtol=1e-4),
        bound(np.array([alone - limit - 0.15]), tolerance=0.0),
    )


def _error_by_listing(answers: int, voters: int) -> Callable[[jax.Array], jax.Array]:
    """P(no strict plurality for answer 1) as a sum over all tallies of the votes."""
    tallies = np.array([t for t in itertools.product(range(voters + 1), repeat=answers) if sum(t) == voters])
    lost = tallies[tallies[:, 0] <= tallies[:, 1:].max(1)]
    log_ways = special.gammaln(voters + 1) - special.gammaln(lost + 1).sum(1)
    return lambda theta: jnp.sum(jnp.exp(log_ways + (lost * 1.0) @ jnp.log(theta)))
