"""What "Debate or Vote" claims about its stochastic model of debating agents, checked.

Agents hold Dirichlet beliefs, answer from them, and add what they hear. Theorems 1 and 2 are those of third-party notes
on the paper, re-derived; variances, exact laws, sharper bounds and counterexamples are added here. Claims about
language models are not checked.
"""

import itertools
import math
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from scipy import special, stats

from core.trees.debate import conformist, follower, oracle, plain, simulate_debate
from core.trees.graphs import chain, complete, ring, star
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, holds_if
from core.verify.falsify import falsify
from core.verify.identity import identity
from core.verify.law import law, law_counts
from core.verify.trial import Trial
from experiments.debate_or_vote.biased_drift import biased
from theory.trees.debate import answer_accuracy, debate_law, mean_belief, vote_accuracy
from theory.trees.dependence import beta_binomial_limit_map, beta_binomial_map
from theory.trees.plurality import plurality_exact, vote_bounds
from theory.trees.urn import belief_variance, belief_variance_limit, debate_then_vote

AGENTS = 5
UNEQUAL = (0.9, 0.6, 0.5, 0.4, 0.3)


def d01_plurality(trial: Trial) -> Evidence:
    """The plurality of N independent answers is right with a probability that has a finite exact form."""
    settings, voters, draws = 4 * trial.effort, 15, 20_000
    theta = jnp.sort(jax.random.dirichlet(trial.key, jnp.full(3, 4.0), (settings,)))[:, ::-1]
    exact = jax.jit(jax.vmap(lambda t: plurality_exact(t, voters).strict))(theta)

    def hits(key: jax.Array, theta: jax.Array) -> jax.Array:
        marks = jax.random.uniform(key, (draws, voters))
        below = jnp.stack([marks < theta[0], marks < theta[0] + theta[1]], -1).sum(1)
        tally = jnp.stack([below[:, 0], below[:, 1] - below[:, 0], voters - below[:, 1]])
        return jnp.sum(tally[0] > tally[1:].max(0))

    keys = jax.random.split(jax.random.fold_in(trial.key, 1), settings)
    counted = jax.jit(lambda k, t: jax.lax.map(lambda case: hits(*case), (k, t)))(keys, theta)
    listed = 1 - jax.vmap(_error_by_listing(answers=3, voters=voters))(theta)
    return combine(identity(listed, exact, rtol=1e-11), law_counts(counted, draws, exact))


def d02_vote_bounds(trial: Trial) -> Evidence:
    """Theorem 1: a vote of N > K/Δ² errs with probability at most exp(-N (Δ/√K - 1/√N)²), Δ the lead of the truth.

    Checked as well: 2 in place of K, Hoeffding's Σ exp(-N Δ_k²/2) and Chernoff's Σ [1 - (√θ_1 - √θ_k)²]^N.
    """
    voters, error = 25, _error_by_listing(answers=4, voters=25)

    def slacks(point: jax.Array) -> jax.Array:
        theta = jnp.sort(jax.nn.softmax(point))[::-1]
        return 1 - error(theta) / jnp.stack(vote_bounds(theta, voters))

    points = 2 * jax.random.normal(trial.key, (200 * trial.effort, 4))
    found = falsify(
        lambda p: slacks(p).min(),
        lambda key: 2 * jax.random.normal(key, (4,)),
        trial.key,
        starts=8 * trial.effort,
        steps=40,
        polish=2,
    )
    return bound(jax.jit(jax.vmap(slacks))(points), tolerance=1e-12, falsified=found)


def d03_bounds_are_ordered(trial: Trial) -> Evidence:
    """Chernoff's bound is never above Hoeffding's, and the paper's never below its version with 2 in place of K."""

    def slacks(point: jax.Array) -> jax.Array:
        b = vote_bounds(jnp.sort(jax.nn.softmax(point[1:]))[::-1], 1 + jnp.exp(point[0]))
        return jnp.stack([b.hoeffding - b.chernoff, b.paper - b.two_coordinates])

    points = 2 * jax.random.normal(trial.key, (1000 * trial.effort, 5)) + jnp.array([3.0, 0, 0, 0, 0])
    found = falsify(
        lambda p: slacks(p).min(), lambda key: 2 * jax.random.normal(key, (5,)), trial.key, starts=16, steps=100
    )
    return bound(jax.jit(jax.vmap(slacks))(points), tolerance=1e-12, falsified=found)


def d04_martingale_of_individuals() -> Evidence:
    """Theorem 2: E[p_{i,t} | past] = p_{i,t-1}, so that the mean belief of an agent never changes."""
    equal = jnp.tile(jnp.array([3.0, 2.0]), (AGENTS, 1))
    graphs = [complete(AGENTS), star(AGENTS), chain(AGENTS), jnp.ones((AGENTS, AGENTS))]

    def stays(weights: jax.Array) -> Evidence:
        path = jnp.stack([mean_belief(graph, weights, 12)[..., 0] for graph in graphs])
        return identity(jnp.broadcast_to(path[:, :1], path.shape), path, rtol=1e-12)

    assumption = "all agents start from one belief"
    return holds_if(assumption, with_it=stays(equal), without_it=stays(_unequal()))


def d05_average_of_the_group() -> Evidence:
    """The average belief of the group is conserved in the mean when single beliefs are not."""

    def stays(*graphs: jax.Array) -> Evidence:
        average = jnp.stack([mean_belief(graph, _unequal(), 12)[..., 0].mean(1) for graph in graphs])
        return identity(jnp.broadcast_to(average[:, :1], average.shape), average, rtol=1e-12)

    assumption = "everybody is heard as much as everybody else and holds as firm an opinion"
    return holds_if(assumption, with_it=stays(ring(AGENTS), complete(AGENTS)), without_it=stays(star(AGENTS)))


def d06_recursion_on_any_graph(trial: Trial) -> Evidence:
    """On any graph E p_t = E p_{t-1} + D_{A_t}^{-1} (W - D_deg) E p_{t-1}: how much is heard is no matter of chance."""
    replicas, rounds = 2000 * trial.effort, 4
    graphs = jnp.stack([star(AGENTS), chain(AGENTS), ring(AGENTS), complete(AGENTS)])

    def group(key: jax.Array, graph: jax.Array) -> tuple[jax.Array, jax.Array]:
        belief = simulate_debate(key, graph, _unequal(), rounds, replicas).belief[-1]
        return belief.mean(1), belief.std(1, ddof=1) / replicas**0.5

    mean, error = jax.jit(jax.vmap(group))(jax.random.split(trial.key, len(graphs)), graphs)
    exact = jnp.stack([mean_belief(graph, _unequal(), rounds)[-1, :, 0] for graph in graphs])
    by_agent = [law(mean[:, i], exact[:, i], error[:, i], family_error=2e-4) for i in range(AGENTS)]
    return combine(*by_agent)  # agents of one graph are not independent, graphs are


def d07_urn_variance() -> Evidence:
    """A group of one belief has the variance V_t = p_0 (1-p_0) [1 - Π_{s<=t} (1 - N/A_s²)], A_s = A_0 + Ns, exactly."""
    cases = [(3.0, 5.0, 5), (8.0, 20.0, 3), (1.0, 2.0, 4)]
    found, formula = [], []
    for right, total, agents in cases:
        counts = _urn_by_hand(right, total, agents, rounds=4)
        belief = {c: (right + c) / (total + 4 * agents) for c in counts}
        found.append(sum(p * (belief[c] - right / total) ** 2 for c, p in counts.items()))
        formula.append(float(belief_variance(right / total, total, float(agents), 4.0)))
    return identity(np.array(formula), np.array(found), rtol=1e-12)


def d08_urn_variance_limit() -> Evidence:
    """V_t tends to p_0 (1-p_0) [1 - Γ(u+1)²/(Γ(u+1-1/√N) Γ(u+1+1/√N))], u = A_0/N: beliefs never agree on the truth."""
    p, total, agents = 0.6, np.array([1.0, 5.0, 50.0]), np.array([3.0, 5.0, 9.0])
    rounds = 200_000
    sizes = total[:, None] + agents[:, None] * np.arange(1, rounds + 1)
    log_product = np.sum(np.log1p(-agents[:, None] / sizes**2), 1) - 1 / (rounds * agents)  # the rest of the sum
    direct = p * (1 - p) * -np.expm1(log_product)
    return identity(belief_variance_limit(p, jnp.array(total), jnp.array(agents)), direct, rtol=1e-8)


def d09_debate_does_not_improve_the_vote(trial: Trial) -> Evidence:
    """A round of debate never raises the probability that the majority is right."""

    def falls(right: jax.Array, total: jax.Array, agents: int, rounds: int) -> jax.Array:
        return -jnp.diff(debate_then_vote(right, total, agents, rounds))

    def attacked(point: jax.Array) -> jax.Array:
        p, total = 0.5 + 0.5 * jax.nn.sigmoid(point[0]), jnp.exp(point[1])
        return falls(p * total, total, 5, 4).min() / ((p - 0.5) * (1 - p))  # at both ends it falls by nothing

    def slack(good: jax.Array) -> jax.Array:
        by_size = [jax.jit(jax.vmap(partial(falls, agents=n, rounds=8)))(good * total, total) for n in (3, 9)]
        return jnp.stack(by_size)

    total = jnp.tile(jnp.array([0.5, 2.0, 10.0, 50.0]), 4)
    good = jnp.repeat(jnp.array([0.52, 0.6, 0.8, 0.97]), 4)
    found = falsify(
        attacked, lambda key: 1.5 * jax.random.normal(key, (2,)), trial.key, starts=4 * trial.effort, steps=15, polish=1
    )
    with_it = bound(slack(good), tolerance=1e-12, falsified=found)
    without_it = bound(slack(1 - good), tolerance=1e-12)
    return holds_if("agents are right more often than not, p_0 >= 1/2", with_it, without_it)


def d10_debate_then_vote(trial: Trial) -> Evidence:
    """At p_0 = .6, A_0 = 5, N = 5 the vote falls from .6826 to .6673, .6562, .6536 after 1, 5, 10 rounds of debate."""
    listed = jnp.array([0.6826, 0.6673, 0.6562, 0.6536])
    exact = jax.jit(lambda: debate_then_vote(3.0, 5.0, AGENTS, 10))()[jnp.array([0, 1, 5, 10])]
    replicas, settings = 4000, 4 * trial.effort
    measure = jax.jit(lambda key: (_debate(key, 3.0, 10, replicas).majority == 0).sum(1)[10])
    counts = jax.lax.map(measure, jax.random.split(trial.key, settings))
    return combine(identity(listed, exact, rtol=0, atol=5e-5), law_counts(counts, replicas, exact[-1]))


def d11_interventions(trial: Trial) -> Evidence:
    """The whole law of a group with a habit (oracle, conformist, follower, biased) is that of a small Markov chain."""
    rounds, replicas, checks = 5, 4000, []
    rules = {"oracle": oracle, "conformist": conformist, "follower": follower(0.3), "biased": biased(jnp.array(0.3))}
    rights = jnp.tile(jnp.array([3.0, 2.0]), trial.effort)
    for place, (habit, rule) in enumerate(rules.items()):

        def hits(case: tuple[jax.Array, jax.Array], rule=rule) -> jax.Array:
            return (_debate(case[0], case[1], rounds, replicas, rule).majority[-1] == 0).sum()

        keys = jax.random.split(jax.random.fold_in(trial.key, place), rights.size)
        counts = jax.jit(partial(jax.lax.map, hits))((keys, rights))
        last = jax.jit(lambda a, habit=habit: vote_accuracy(debate_law(a, 5.0, AGENTS, rounds, habit))[-1])
        exact = jax.lax.map(last, rights)
        checks.append(law_counts(counts, replicas, exact, family_error=2.5e-4))
    return combine(*checks)


def d12_conformists_freeze_the_vote(trial: Trial) -> Evidence:
    """With two answers and an odd number of conformists, the majority of the first round is that of every round."""
    majority = jax.jit(lambda key: _debate(key, 3.0, 6, 4000 * trial.effort, conformist).majority)(trial.key)
    exact = vote_accuracy(debate_law(3.0, 5.0, AGENTS, 6, "conformist"))
    once = stats.binom.sf(AGENTS // 2, AGENTS, 0.6)
    return combine(
        identity(jnp.broadcast_to(majority[:1], majority.shape), majority, rtol=0),
        identity(exact, float(once), rtol=1e-12),
    )


def d13_following_the_crowd_helps() -> Evidence:
    """Conformists and followers answer better by a point or more, in every round, than agents without a habit."""

    def gains(right: float) -> Evidence:
        laws = [debate_law(right, 5.0, AGENTS, 5, habit) for habit in ("plain", "conformist", "follower")]
        plainly, *others = (answer_accuracy(one)[1:] for one in laws)
        return bound(jnp.stack([share - plainly - 0.01 for share in others]), tolerance=0.0)

    return holds_if("agents are right more often than not, p_0 > 1/2", with_it=gains(3.0), without_it=gains(2.0))


def d14_oracle_is_a_submartingale() -> Evidence:
    """Where right answers are kept, the share of right answers grows in every round, from every p_0."""
    rights = jnp.linspace(0.1, 4.9, 25)
    share = jax.vmap(lambda a: answer_accuracy(debate_law(a, 5.0, AGENTS, 6, "oracle")))(rights)
    return bound(jnp.diff(share, axis=1), tolerance=1e-13)


def d15_bias_drift() -> Evidence:
    """A bias ε towards the truth makes 1 - E p_t = (1-p_0) Π_{s=2}^t (1 - εN/A_s), which falls like t^-ε."""
    rounds, epsilon = 6, 0.1
    answers = answer_accuracy(debate_law(3.0, 5.0, AGENTS, rounds, "biased", epsilon))[1:]  # ε + (1-ε) E p_t
    sizes = 5.0 + AGENTS * np.arange(2, rounds + 1)
    belief = 1 - 0.4 * np.cumprod(np.append(1, 1 - epsilon * AGENTS / sizes))
    later = np.array([1e3, 1e5])  # rounds, by the Gamma functions of the product
    log_left = special.gammaln(later + 2 - epsilon) - special.gammaln(later + 2)
    slope = float(np.diff(log_left)[0] / np.diff(np.log(later))[0])
    return combine(
        identity(epsilon + (1 - epsilon) * belief, answers, rtol=1e-12), identity(-epsilon, slope, rtol=2e-3)
    )


def d16_shared_belief_kills_amplification() -> Evidence:
    """If all agents answer from one θ, the vote of many is right with P(θ > 1/2) and not with certainty."""
    total, p = 20.0, 0.6
    exact = [float(1 + beta_binomial_map(n, 2 * p - 1, 1 / (total + 1))) / 2 for n in (5, 101)]
    by_hand = [float(stats.betabinom.sf(n // 2, n, p * total, (1 - p) * total)) for n in (5, 101)]
    limit = float(1 + beta_binomial_limit_map(2 * p - 1, 1 / (total + 1))) / 2
    large = float(stats.betabinom.sf(50_000, 100_001, p * total, (1 - p) * total))
    alone = float(plurality_exact(jnp.array([p, 1 - p]), 101).strict)
    return combine(
        identity(np.array(exact), np.array(by_hand), rtol=1e-10),
        identity(limit, float(stats.beta.sf(0.5, p * total, (1 - p) * total)), rtol=1e-10),
        identity(limit, large, rtol=1e-4),
        bound(np.array([alone - limit - 0.15]), tolerance=0.0),
    )


def _error_by_listing(answers: int, voters: int) -> Callable[[jax.Array], jax.Array]:
    """P(no strict plurality for answer 1) as a sum over all tallies of the votes."""
    tallies = np.array([t for t in itertools.product(range(voters + 1), repeat=answers) if sum(t) == voters])
    lost = tallies[tallies[:, 0] <= tallies[:, 1:].max(1)]
    log_ways = special.gammaln(voters + 1) - special.gammaln(lost + 1).sum(1)
    return lambda theta: jnp.sum(jnp.exp(jnp.asarray(log_ways) + jnp.asarray(lost * 1.0) @ jnp.log(theta)))


def _unequal() -> jax.Array:
    """Beliefs of equal concentration 5."""
    p = jnp.array(UNEQUAL)
    return 5 * jnp.stack([p, 1 - p], 1)


def _debate(key: jax.Array, right, rounds: int, replicas: int, rule=plain):
    """A complete group with one belief, right of 5 pseudo-answers being right."""
    weights = jnp.tile(jnp.stack([jnp.asarray(right), 5.0 - right]), (AGENTS, 1))
    return simulate_debate(key, jnp.ones((AGENTS, AGENTS)), weights, rounds, replicas, rule)


def _urn_by_hand(right: float, total: float, agents: int, rounds: int) -> dict[int, float]:
    """The law of the right answers that were added, ball by ball."""
    law = {0: 1.0}
    for spent in range(rounds):
        following: dict[int, float] = {}
        for (count, p), more in itertools.product(law.items(), range(agents + 1)):
            belief = (right + count) / (total + agents * spent)
            weight = math.comb(agents, more) * belief**more * (1 - belief) ** (agents - more)
            following[count + more] = following.get(count + more, 0.0) + p * weight
        law = following
    return law
