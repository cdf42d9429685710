"""What "Debate or Vote" claims about its stochastic model of debating agents, checked.

Agents hold Dirichlet beliefs, answer from them, and add what they hear. Theorem 2 is that of third-party notes on the
paper, re-derived; variances, exact laws and counterexamples are added here; for votes see `claims_votes`. Claims about
language models are not checked.
"""

import itertools
import math
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
from theory.trees.urn import belief_variance, belief_variance_limit, debate_then_vote

AGENTS = 5
UNEQUAL = (0.9, 0.6, 0.5, 0.4, 0.3)


def d04_martingale_of_individuals() -> Evidence:
    """Theorem 2: E[p_{i,t} | past] = p_{i,t-1}, so that the mean belief of an agent never changes."""
    equal = np.tile([3.0, 2.0], (AGENTS, 1))

    @jax.jit
    def paths() -> tuple[jax.Array, ...]:
        graphs = complete(AGENTS), star(AGENTS), chain(AGENTS), jnp.ones((AGENTS, AGENTS))
        each = jax.vmap(lambda graph, weights: mean_belief(graph, weights, 12)[..., 0], (0, None))
        return tuple(each(jnp.stack(graphs), weights) for weights in (equal, _unequal()))

    equally, unequally = (identity(path[:, :1] + 0 * path, path, rtol=1e-12) for path in map(np.asarray, paths()))
    return holds_if("all agents start from one belief", with_it=equally, without_it=unequally)


def d05_average_of_the_group() -> Evidence:
    """The average belief of the group is conserved in the mean when single beliefs are not."""

    @jax.jit
    def averages() -> jax.Array:
        graphs = jnp.stack([ring(AGENTS), complete(AGENTS), star(AGENTS)])
        return jax.vmap(lambda graph: mean_belief(graph, _unequal(), 12)[..., 0].mean(1))(graphs)

    average = np.asarray(averages())
    alike, hub = (identity(part[:, :1] + 0 * part, part, rtol=1e-12) for part in (average[:2], average[2:]))
    assumption = "everybody is heard as much as everybody else and holds as firm an opinion"
    return holds_if(assumption, with_it=alike, without_it=hub)


def d06_recursion_on_any_graph(trial: Trial) -> Evidence:
    """On any graph E p_t = E p_{t-1} + D_{A_t}^{-1} (W - D_deg) E p_{t-1}: how much is heard is no matter of chance."""
    replicas, rounds = 2000 * trial.effort, 4

    def group(key: jax.Array, graph: jax.Array) -> tuple[jax.Array, ...]:
        belief = simulate_debate(key, graph, _unequal(), rounds, replicas).belief[-1]
        exact = mean_belief(graph, _unequal(), rounds)[-1, :, 0]
        return belief.mean(1), belief.std(1, ddof=1) / replicas**0.5, exact

    @jax.jit
    def groups(key: jax.Array) -> tuple[jax.Array, ...]:
        graphs = jnp.stack([star(AGENTS), chain(AGENTS), ring(AGENTS), complete(AGENTS)])
        return jax.vmap(group)(jax.random.split(key, len(graphs)), graphs)

    mean, error, exact = map(np.asarray, groups(trial.key))
    by_agent = [law(mean[:, i], exact[:, i], error[:, i], family_error=2e-4) for i in range(AGENTS)]
    return combine(*by_agent)  # agents of one graph are not independent, graphs are


def d07_urn_variance() -> Evidence:
    """A group of one belief has the variance V_t = p_0 (1-p_0) [1 - Π_{s<=t} (1 - N/A_s²)], A_s = A_0 + Ns, exactly."""
    cases = [(3.0, 5.0, 5), (8.0, 20.0, 3), (1.0, 2.0, 4)]
    right, total, agents = np.array(cases).T
    formula = jax.jit(belief_variance)(right / total, total, agents, 4.0)
    found = []
    for right, total, agents in cases:
        counts = _urn_by_hand(right, total, agents, rounds=4)
        belief = {c: (right + c) / (total + 4 * agents) for c in counts}
        found.append(sum(p * (belief[c] - right / total) ** 2 for c, p in counts.items()))
    return identity(formula, np.array(found), rtol=1e-12)


def d08_urn_variance_limit() -> Evidence:
    """V_t tends to p_0 (1-p_0) [1 - Γ(u+1)²/(Γ(u+1-1/√N) Γ(u+1+1/√N))], u = A_0/N: beliefs never agree on the truth."""
    p, total, agents = 0.6, np.array([1.0, 5.0, 50.0]), np.array([3.0, 5.0, 9.0])
    rounds = 200_000
    sizes = total[:, None] + agents[:, None] * np.arange(1, rounds + 1)
    log_product = np.sum(np.log1p(-agents[:, None] / sizes**2), 1) - 1 / (rounds * agents)  # the rest of the sum
    direct = p * (1 - p) * -np.expm1(log_product)
    return identity(jax.jit(belief_variance_limit)(p, total, agents), direct, rtol=1e-8)


def d09_debate_does_not_improve_the_vote(trial: Trial) -> Evidence:
    """A round of debate never raises the probability that the majority is right."""

    def falls(right: jax.Array, total: jax.Array, agents: int, rounds: int) -> jax.Array:
        return -jnp.diff(debate_then_vote(right, total, agents, rounds))

    def attacked(point: jax.Array) -> jax.Array:
        p, total = 0.5 + 0.5 * jax.nn.sigmoid(point[0]), jnp.exp(point[1])
        return falls(p * total, total, 5, 4).min() / ((p - 0.5) * (1 - p))  # at both ends it falls by nothing

    total, good = np.tile([0.5, 2.0, 10.0, 50.0], 4), np.repeat([0.52, 0.6, 0.8, 0.97], 4)

    @jax.jit
    def slacks() -> tuple[jax.Array, ...]:
        p, both = jnp.stack([good, 1 - good]), jnp.stack([total, total])
        return tuple(jax.vmap(jax.vmap(partial(falls, agents=n, rounds=8)))(p * both, both) for n in (3, 9))

    found = falsify(
        attacked, lambda key: 1.5 * jax.random.normal(key, (2,)), trial.key, starts=4 * trial.effort, steps=15, polish=1
    )
    from_good, from_bad = np.stack(slacks(), axis=1)
    with_it = bound(from_good, tolerance=1e-12, falsified=found)
    without_it = bound(from_bad, tolerance=1e-12)
    return holds_if("agents are right more often than not, p_0 >= 1/2", with_it, without_it)


def d10_debate_then_vote(trial: Trial) -> Evidence:
    """At p_0 = .6, A_0 = 5, N = 5 the vote falls from .6826 to .6673, .6562, .6536 after 1, 5, 10 rounds of debate."""
    listed = np.array([0.6826, 0.6673, 0.6562, 0.6536])
    replicas, settings = 4000, 4 * trial.effort

    @jax.jit
    def votes(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        def rights(key: jax.Array) -> jax.Array:
            return (_debate(key, 3.0, 10, replicas).majority == 0).sum(1)[10]

        return jax.lax.map(rights, jax.random.split(key, settings)), debate_then_vote(3.0, 5.0, AGENTS, 10)

    counts, exact = map(np.asarray, votes(trial.key))
    exact = exact[[0, 1, 5, 10]]
    return combine(identity(listed, exact, rtol=0, atol=5e-5), law_counts(counts, replicas, exact[-1]))


def d11_interventions(trial: Trial) -> Evidence:
    """The whole law of a group with a habit (oracle, conformist, follower, biased) is that of a small Markov chain."""
    rounds, replicas, habits = 5, 4000, ("oracle", "conformist", "follower", "biased")
    rights = np.tile([3.0, 2.0], trial.effort)

    @jax.jit
    def both(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        rules = oracle, conformist, follower(0.3), biased(jnp.array(0.3))

        def hits(case: tuple[jax.Array, ...]) -> jax.Array:
            habit, key, right = case
            seen = _debate(key, right, rounds, replicas, lambda *seen: jax.lax.switch(habit, rules, *seen))
            return (seen.majority[-1] == 0).sum()

        def of_habit(habit: jax.Array) -> jax.Array:
            keys = jax.random.split(jax.random.fold_in(key, habit), len(rights))
            return jax.lax.map(lambda case: hits((habit, *case)), (keys, rights))

        def last(right: jax.Array) -> jax.Array:
            return jnp.stack([vote_accuracy(debate_law(right, 5.0, AGENTS, rounds, habit))[-1] for habit in habits])

        return jax.lax.map(of_habit, np.arange(len(habits))), jax.lax.map(last, rights).T

    counted = zip(*map(np.asarray, both(trial.key)), strict=True)
    return combine(*(law_counts(counts, replicas, exact, family_error=2.5e-4) for counts, exact in counted))


def d12_conformists_freeze_the_vote(trial: Trial) -> Evidence:
    """With two answers and an odd number of conformists, the majority of the first round is that of every round."""

    @jax.jit
    def votes(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        law = debate_law(3.0, 5.0, AGENTS, 6, "conformist")
        return _debate(key, 3.0, 6, 4000 * trial.effort, conformist).majority, vote_accuracy(law)

    majority, exact = map(np.asarray, votes(trial.key))
    once = stats.binom.sf(AGENTS // 2, AGENTS, 0.6)
    return combine(
        identity(np.broadcast_to(majority[:1], majority.shape), majority, rtol=0),
        identity(exact, float(once), rtol=1e-12),
    )


def d13_following_the_crowd_helps() -> Evidence:
    """Conformists and followers answer better by a point or more, in every round, than agents without a habit."""

    @jax.jit
    def gains() -> jax.Array:
        def gain(right: jax.Array) -> jax.Array:
            laws = [debate_law(right, 5.0, AGENTS, 5, habit) for habit in ("plain", "conformist", "follower")]
            plainly, *others = (answer_accuracy(one)[1:] for one in laws)
            return jnp.stack([share - plainly - 0.01 for share in others])

        return jax.vmap(gain)(np.array([3.0, 2.0]))

    good, bad = (bound(gain, tolerance=0.0) for gain in np.asarray(gains()))
    return holds_if("agents are right more often than not, p_0 > 1/2", with_it=good, without_it=bad)


def d14_oracle_is_a_submartingale() -> Evidence:
    """Where right answers are kept, the share of right answers grows in every round, from every p_0."""
    shares = jax.jit(jax.vmap(lambda right: answer_accuracy(debate_law(right, 5.0, AGENTS, 6, "oracle"))))
    return bound(np.diff(shares(np.linspace(0.1, 4.9, 25)), axis=1), tolerance=1e-13)


def d15_bias_drift() -> Evidence:
    """A bias ε towards the truth makes 1 - E p_t = (1-p_0) Π_{s=2}^t (1 - εN/A_s), which falls like t^-ε."""
    rounds, epsilon = 6, 0.1
    accuracy = jax.jit(lambda: answer_accuracy(debate_law(3.0, 5.0, AGENTS, rounds, "biased", epsilon)))
    answers = np.asarray(accuracy())[1:]  # ε + (1-ε) E p_t
    sizes = 5.0 + AGENTS * np.arange(2, rounds + 1)
    belief = 1 - 0.4 * np.cumprod(np.append(1, 1 - epsilon * AGENTS / sizes))
    later = np.array([1e3, 1e5])  # rounds, by the Gamma functions of the product
    log_left = special.gammaln(later + 2 - epsilon) - special.gammaln(later + 2)
    slope = float(np.diff(log_left)[0] / np.diff(np.log(later))[0])
    return combine(
        identity(epsilon + (1 - epsilon) * belief, answers, rtol=1e-12), identity(-epsilon, slope, rtol=2e-3)
    )


def _unequal() -> np.ndarray:
    """Beliefs of equal concentration 5."""
    p = np.array(UNEQUAL)
    return 5 * np.stack([p, 1 - p], 1)


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
