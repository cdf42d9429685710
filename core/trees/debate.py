"""Agents that debate: each draws an answer from its urn, hears its neighbours and adds what it heard to the urn.

Agent i believes in answer k in proportion to the weight α_ik (a Dirichlet belief, whose mean is all that an answer
needs: θ ~ Dirichlet(α), y ~ Categorical(θ) is y ~ Categorical(α / Σ α)). Answer 0 is the correct one. Replicas are the
last axis of every array, where the CPU's vectors run along them; map over topologies with `jax.vmap`.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, ArrayLike, Float, Int, Key

from theory.door import count, within

Answers = Int[Array, "agents replicas"]
Chosen = Int[Array, " replicas"]
Rule = Callable[[Key[Array, ""], Answers, Answers, Chosen], Answers]


class DebateState(NamedTuple):
    """A debate between two rounds."""

    weights: Float[Array, "agents answers replicas"]  # α, grown by every answer heard
    answers: Answers  # given in the last round
    majority: Chosen  # the most frequent of them


class DebateInfo(NamedTuple):
    """One round, as a person wants to plot it."""

    belief: Float[Array, "agents replicas"]  # mean belief in the correct answer, p = α_0 / Σ α, when answering
    answers: Answers  # given in this round
    majority: Chosen  # the most frequent of them


def plain(key: Key[Array, ""], drawn: Answers, last: Answers, majority: Chosen) -> Answers:
    """Everybody answers as drawn.

    >>> drawn, last, majority = jnp.array([[1], [0], [1]]), jnp.array([[0], [0], [1]]), jnp.array([1])
    >>> plain(jax.random.key(0), drawn, last, majority).ravel().tolist()
    [1, 0, 1]
    """
    return drawn


def oracle(key: Key[Array, ""], drawn: Answers, last: Answers, majority: Chosen) -> Answers:
    """Who was correct stays with it.

    >>> drawn, last, majority = jnp.array([[1], [0], [1]]), jnp.array([[0], [0], [1]]), jnp.array([1])
    >>> oracle(jax.random.key(0), drawn, last, majority).ravel().tolist()
    [0, 0, 1]
    """
    return jnp.where(last == 0, last, drawn)


def conformist(key: Key[Array, ""], drawn: Answers, last: Answers, majority: Chosen) -> Answers:
    """Who agreed with the majority stays with it.

    >>> drawn, last, majority = jnp.array([[0], [0], [0]]), jnp.array([[0], [1], [1]]), jnp.array([1])
    >>> conformist(jax.random.key(0), drawn, last, majority).ravel().tolist()
    [0, 1, 1]
    """
    return jnp.where(last == majority[None, :], last, drawn)


def follower(probability: Float[ArrayLike, ""]) -> Rule:
    """Everybody answers with the last majority by this probability, and else as drawn.

    >>> drawn, majority = jnp.array([[0], [0], [1]]), jnp.array([1])
    >>> [follower(p)(jax.random.key(0), drawn, drawn, majority).ravel().tolist() for p in (0.0, 1.0)]
    [[0, 0, 1], [1, 1, 1]]
    """
    within("probability", probability, 0, 1)

    def follow(key: Key[Array, ""], drawn: Answers, last: Answers, majority: Chosen) -> Answers:
        return jnp.where(jax.random.bernoulli(key, probability, drawn.shape), majority[None, :], drawn)

    return follow


def init(key: Key[Array, ""], weights: Float[Array, "agents answers"], replicas: int) -> tuple[DebateState, DebateInfo]:
    """Round 0: everybody answers alone, in `replicas` independent debates.

    >>> weights = jnp.array([[1.0, 0.0], [0.0, 2.0], [0.0, 3.0]])
    >>> state, info = jax.jit(init, static_argnums=2)(jax.random.key(0), weights, 1)
    >>> info.answers.tolist(), info.majority.tolist(), info.belief.tolist()
    ([[0], [1], [1]], [1], [[1.0], [0.0], [0.0]])
    """
    count("replicas", replicas, 1)
    within("weights", weights, 0)
    within("the sum of an agent's weights", weights.sum(1), 0, strict=True)
    draw_key, tie_key = jax.random.split(key)
    spread = jnp.repeat(weights[..., None], replicas, axis=-1)
    answers = draw_answers(draw_key, spread)
    return _settle(tie_key, spread, answers)


def step(
    key: Key[Array, ""], state: DebateState, adjacency: Float[Array, "agents agents"], rule: Rule = plain
) -> tuple[DebateState, DebateInfo]:
    """One round: α_i += Σ_j adjacency[i, j] [answer of j], then everybody draws, and `rule` has the last word.

    `adjacency[i, j]` is how much agent i listens to j; a one on the diagonal lets it hear itself.

    >>> weights = jnp.array([[1.0, 0.0], [0.0, 2.0], [0.0, 3.0]])
    >>> state, _ = jax.jit(init, static_argnums=2)(jax.random.key(0), weights, 1)
    >>> state, info = jax.jit(step)(jax.random.key(1), state, jnp.ones((3, 3)))  # each hears one 0 and two 1
    >>> state.weights[..., 0].tolist()
    [[2.0, 2.0], [1.0, 4.0], [1.0, 5.0]]
    """
    draw_key, rule_key, tie_key = jax.random.split(key, 3)
    heard = jnp.einsum("ij,jkr->ikr", adjacency, _ballots(state.answers, state.weights))
    weights = state.weights + heard
    drawn = draw_answers(draw_key, weights)
    return _settle(tie_key, weights, rule(rule_key, drawn, state.answers, state.majority))


def simulate_debate(
    key: Key[Array, ""],
    adjacency: Float[Array, "agents agents"],
    weights: Float[Array, "agents answers"],
    rounds: int,
    replicas: int,
    rule: Rule = plain,
) -> DebateInfo:
    """Rounds 0 .. `rounds`, on a leading axis of every field. Jittable; reduce the result inside the same jit.

    >>> complete, weights = jnp.ones((5, 5)), jnp.tile(jnp.array([3.0, 2.0]), (5, 1))
    >>> right = jax.jit(lambda key: (simulate_debate(key, complete, weights, 3, 2000).majority == 0).mean(1))
    >>> [round(share, 1) for share in right(jax.random.key(0)).tolist()]  # exact: 0.683, 0.667, 0.662, 0.659
    [0.7, 0.7, 0.7, 0.7]
    """
    if adjacency.shape != (weights.shape[0],) * 2:
        raise ValueError(f"adjacency must be (agents, agents) for weights {weights.shape}, got {adjacency.shape}")
    count("rounds", rounds)
    init_key, scan_key = jax.random.split(key)
    state, first = init(init_key, weights, replicas)
    later = lax.scan(lambda state, key: step(key, state, adjacency, rule), state, jax.random.split(scan_key, rounds))[1]
    return jax.tree.map(lambda one, more: jnp.concatenate([one[None], more]), first, later)


def draw_answers(key: Key[Array, ""], weights: Float[Array, "agents answers replicas"]) -> Answers:
    """One answer per agent and replica, k with probability α_k / Σ α: the inverse of the cumulative weights.

    >>> jax.jit(draw_answers)(jax.random.key(0), jnp.array([[[1.0], [0.0]], [[0.0], [2.0]]])).tolist()
    [[0], [1]]
    """
    upper = jnp.cumsum(weights, axis=1)
    total = upper[:, -1]
    mark = jax.random.uniform(key, total.shape, weights.dtype) * total
    below = jnp.sum(upper <= mark[:, None], axis=1)
    return jnp.minimum(below, weights.shape[1] - 1)  # a mark rounded up to the total


def majority_answer(key: Key[Array, ""], answers: Answers, weights: Float[Array, "agents answers replicas"]) -> Chosen:
    """The most frequent answer of each replica; a tie is broken evenly by chance.

    >>> answers, weights = jnp.array([[0], [1], [1]]), jnp.ones((3, 2, 1))
    >>> jax.jit(majority_answer)(jax.random.key(0), answers, weights).tolist()
    [1]
    """
    counts = _ballots(answers, weights).sum(0)
    return jnp.argmax(counts + jax.random.uniform(key, counts.shape, counts.dtype), axis=0)


def _settle(tie_key, weights, answers: Answers) -> tuple[DebateState, DebateInfo]:
    majority = majority_answer(tie_key, answers, weights)
    belief = weights[:, 0] / weights.sum(1)
    return DebateState(weights, answers, majority), DebateInfo(belief, answers, majority)


def _ballots(answers: Answers, weights: Array) -> Float[Array, "agents answers replicas"]:
    """One-hot answers, shaped and typed like the weights."""
    choices = lax.broadcasted_iota(answers.dtype, (1, weights.shape[1], 1), 1)
    return (answers[:, None] == choices).astype(weights.dtype)
