"""Debate between agents with Dirichlet beliefs: what it does to the mean belief, and what habits do to the vote.

Agent i holds counts α_i over K answers and answers k with probability p_i^k = α_i^k / |α_i|. Hearing its neighbours it
adds their answers to its counts. How many answers it has heard is no matter of chance, so the mean belief follows a
linear recursion exactly, on any graph; the whole law is small enough to follow where all agents share one belief.

Source: arXiv 2508.17536.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.door import count, odd_count, within
from theory.trees.heterogeneous import count_distribution

HABITS = ("plain", "oracle", "conformist", "follower", "biased")


def mean_belief(
    adjacency: Real[ArrayLike, "agents agents"], counts: Real[ArrayLike, "agents answers"], rounds: int
) -> Float[Array, "{rounds}+1 agents answers"]:
    """E p_0, ..., E p_T on any graph: E p_t = E p_{t-1} + D_{A_t}^{-1} (W - D_deg) E p_{t-1}, A_t = A_{t-1} + deg.

    Row i of W has a 1 (or a weight) for each agent that i hears, itself included if it does. A single belief keeps
    its mean only where the neighbours' average belief is its own; the group's average does where the step is doubly
    stochastic, as on regular graphs with equal concentrations. Stars and chains drift.

    >>> mean_belief(1 - jnp.eye(2), jnp.eye(2), rounds=1)[1].tolist()  # one count each, at odds: they meet halfway
    [[0.5, 0.5], [0.5, 0.5]]
    """
    hears, alpha = within("adjacency", adjacency, 0) * 1.0, within("counts", counts, 0) * 1.0
    degree, total = jnp.sum(hears, 1, keepdims=True), jnp.sum(alpha, 1, keepdims=True)

    def hear(state, _):
        belief, total = state
        total = total + degree
        return (belief + (hears @ belief - degree * belief) / total, total), belief

    return jax.lax.scan(hear, (alpha / total, total), length=count("rounds", rounds) + 1)[1]


def _next_right(habit: str, right: Array, belief: Array, agents: int, strength: Array) -> tuple[Array, Array]:
    """The chances that an agent answers rightly next, if it was right and if it was wrong in this round."""
    led = (2 * right > agents) * 1.0
    if habit == "oracle":
        return jnp.ones_like(belief), belief
    if habit == "conformist":
        return jnp.where(led > 0, 1, belief), jnp.where(led > 0, belief, 0)
    if habit == "follower":
        either = strength * led + (1 - strength) * belief
    elif habit == "biased":
        either = strength + (1 - strength) * belief
    else:
        either = belief
    return either, either


def debate_law(
    right: Real[ArrayLike, ""],
    concentration: Real[ArrayLike, ""],
    agents: int,
    rounds: int,
    habit: str = "plain",
    strength: Real[ArrayLike, ""] = 0.3,
) -> Float[Array, "{rounds}+1 {agents}+1"]:
    """P(m of N answers are right) in rounds 0..T of a homogeneous complete group with K = 2, N odd.

    The state is exact: m answers right now, and c right among all answers so far. The habits are

    - plain: everybody answers anew from its belief;
    - oracle: right answers are kept;
    - conformist: answers that agree with the last majority are kept;
    - follower: with chance `strength` an agent says what the last majority said, else it answers anew;
    - biased: with chance `strength` an agent is told the truth, else it answers anew.

    Args:
        right: a_1, pseudo-counts of the right answer.
        concentration: A_0, all pseudo-counts.
        agents: N.
        rounds: T.
        habit: one of the above.
        strength: the chance that follower and biased use.

    >>> law = jax.jit(debate_law, static_argnums=(2, 3))(0.6, 1.0, 3, 1)
    >>> [round(chance, 4) for chance in vote_accuracy(law).tolist()]  # as `debate_then_vote` of `urn`
    [0.648, 0.6255]
    """
    agents, rounds = odd_count("agents", agents), count("rounds", rounds)
    if habit not in HABITS:
        raise ValueError(f"habit must be one of {', '.join(HABITS)}, but came as {habit}")
    strength, a = within("strength", strength, 0, 1), within("right", right, 0)
    total = within("concentration", concentration, 0, strict=True)
    now, heard = jnp.arange(agents + 1), jnp.arange(agents * (rounds + 1) + 1)
    slots = jnp.arange(agents)
    start = count_distribution(jnp.broadcast_to(a / total, (agents,)))
    joint = jnp.zeros((agents + 1, heard.size)).at[now, now].set(start)  # row m, column c with m counted in

    def reply(m, answered):
        belief = jnp.clip((a + heard) / (total + agents * answered), 0, 1)
        kept, turned = _next_right(habit, m, belief, agents, strength)
        chances = jnp.where(slots[None] < m, kept[:, None], turned[:, None])
        return count_distribution(chances)

    def speak(joint, answered):
        flow = joint[:, :, None] * jax.vmap(reply, (0, None))(now, answered)
        arrived = jnp.sum(flow, 0)  # column c, next m
        following = jax.vmap(lambda m, law: jnp.where(heard >= m, jnp.roll(law, m), 0))(now, arrived.T)
        return following, jnp.sum(joint, 1)

    return jax.lax.scan(speak, joint, jnp.arange(1, rounds + 2))[1]


def vote_accuracy(law: Float[Array, "*batch outcomes"]) -> Float[Array, "*batch"]:
    """P(m > N/2) of a law over the number m of right answers, N odd.

    >>> float(vote_accuracy(jnp.array([0.0, 0.5, 0.0, 0.5])))  # one or all of three
    0.5
    """
    return jnp.sum(law[..., law.shape[-1] // 2 :], -1)


def answer_accuracy(law: Float[Array, "*batch outcomes"]) -> Float[Array, "*batch"]:
    """E[m]/N of a law over the number m of right answers.

    >>> print(f"{answer_accuracy(jnp.array([0.0, 0.5, 0.0, 0.5])):.4f}")
    0.6667
    """
    share = jnp.linspace(0, 1, law.shape[-1], dtype=law.dtype)
    return jnp.sum(law * jnp.expand_dims(share, range(law.ndim - 1)), -1)
