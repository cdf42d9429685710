from collections import defaultdict
from itertools import product
from math import prod

import numpy as np
import pytest

from tests.compiled import compiled
from theory.trees import debate, dependence, urn
from theory.trees.debate import HABITS

answer_accuracy = compiled(debate.answer_accuracy)
mean_belief = compiled(debate.mean_belief)
vote_accuracy = compiled(debate.vote_accuracy)
beta_binomial_map = compiled(dependence.beta_binomial_map)
debate_law = compiled(debate.debate_law)
debate_then_vote = compiled(urn.debate_then_vote)

AGENTS, ROUNDS = 3, 6


def listed_debate(adjacency, counts, rounds):
    """E p_t by listing every answer of every agent in every round; K = 2."""
    n = len(counts)
    worlds = [(1.0, counts)]
    means = []
    for _ in range(rounds + 1):
        means.append(sum(w * (a / a.sum(1, keepdims=True)) for w, a in worlds))
        following = []
        for weight, alpha in worlds:
            belief = alpha / alpha.sum(1, keepdims=True)
            for answers in product((0, 1), repeat=n):
                chance = prod(belief[i, k] for i, k in enumerate(answers))
                said = np.eye(2)[list(answers)]
                following.append((weight * chance, alpha + adjacency @ said))
        worlds = following
    return np.array(means)


@pytest.mark.parametrize("graph", ["complete", "star", "chain"])
def test_mean_belief_equals_the_listing_of_every_debate(graph):
    adjacency = {
        "complete": np.ones((3, 3)),
        "star": np.array([[1.0, 1, 1], [1, 1, 0], [1, 0, 1]]),
        "chain": np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]),
    }[graph]
    counts = np.array([[3.0, 1.0], [1.0, 2.0], [0.5, 4.0]])
    np.testing.assert_allclose(mean_belief(adjacency, counts, 3), listed_debate(adjacency, counts, 3), rtol=1e-12)


def test_the_group_average_is_kept_on_regular_graphs_only():
    rng = np.random.default_rng(2)
    shares = rng.uniform(0.1, 0.9, 6)
    counts = 5 * np.column_stack([shares, 1 - shares])  # equal concentrations
    ring = np.eye(6) + np.roll(np.eye(6), 1, 0) + np.roll(np.eye(6), -1, 0)
    star = np.eye(6)
    star[0] = star[:, 0] = 1
    ring_mean, star_mean = (np.asarray(mean_belief(graph, counts, 8))[..., 0].mean(1) for graph in (ring, star))
    np.testing.assert_allclose(ring_mean, ring_mean[0], rtol=1e-14)
    assert abs(star_mean[-1] - star_mean[0]) > 1e-2
    # even on the ring no single belief keeps its mean: the premise of the martingale is that neighbours agree
    assert np.abs(np.asarray(mean_belief(ring, counts, 8))[-1, :, 0] - shares).max() > 0.1


def listed_habit(habit, right, total, agents, rounds, strength):
    """P(m right) per round, by listing every agent's answers one by one."""
    worlds = {((), right): 1.0}  # the chance of each set of last answers and count of right ones
    laws = []
    for t in range(rounds + 1):
        following = defaultdict(float)
        for (last, wins), weight in worlds.items():
            belief = wins / (total + agents * t)
            chances = []
            for i in range(agents):
                led = sum(last) > agents / 2 if last else None
                chance = belief
                if last and habit == "oracle" and last[i]:
                    chance = 1.0
                if last and habit == "conformist" and last[i] == led:
                    chance = float(last[i])
                if last and habit == "follower":
                    chance = strength * led + (1 - strength) * belief
                if last and habit == "biased":
                    chance = strength + (1 - strength) * belief
                chances.append(chance)
            for answers in product((0, 1), repeat=agents):
                step = prod(c if y else 1 - c for c, y in zip(chances, answers, strict=True))
                following[answers, wins + sum(answers)] += weight * step
        worlds = following
        laws.append([sum(w for (said, _), w in worlds.items() if sum(said) == m) for m in range(agents + 1)])
    return np.array(laws)


@pytest.mark.parametrize("habit", HABITS)
def test_law_equals_the_listing_of_every_answer(habit):
    exact = listed_habit(habit, 2.0, 3.5, AGENTS, ROUNDS, 0.3)
    np.testing.assert_allclose(debate_law(2.0, 3.5, AGENTS, ROUNDS, habit), exact, atol=1e-14)


def test_plain_law_gives_the_vote_of_the_urn():
    law = debate_law(3.0, 5.0, AGENTS, ROUNDS, "plain")
    np.testing.assert_allclose(vote_accuracy(law), debate_then_vote(3.0, 5.0, AGENTS, ROUNDS), rtol=1e-12)
    np.testing.assert_allclose(answer_accuracy(law), 0.6, rtol=1e-12)


def test_habits_help_good_beliefs_and_hurt_bad_ones():
    for right, sign in ((3.0, 1), (2.0, -1)):
        laws = {habit: debate_law(right, 5.0, AGENTS, ROUNDS, habit) for habit in HABITS}
        votes = {habit: np.asarray(vote_accuracy(law)) for habit, law in laws.items()}
        answers = {habit: np.asarray(answer_accuracy(law)) for habit, law in laws.items()}
        np.testing.assert_allclose(votes["conformist"], votes["conformist"][0], rtol=1e-12)  # the majority is frozen
        for habit in ("conformist", "follower"):
            assert np.all(sign * (answers[habit][1:] - right / 5) > 0.01)
        # the answers tend to the first vote, but not from one side: by round 3 they are beyond it
        assert sign * (answers["conformist"][3] - votes["conformist"][0]) > 5e-4
        np.testing.assert_allclose(answers["conformist"][-1], votes["conformist"][0], atol=1e-3)
        assert np.all(np.diff(answers["oracle"]) > 0)
        assert np.all(np.diff(answers["biased"]) > 0)


def test_one_belief_shared_by_all_kills_the_amplification():
    few, many = ((1 + float(beta_binomial_map(n, 0.2, 1 / 21))) / 2 for n in (5, 1001))
    own = (1 + float(beta_binomial_map(1001, 0.2, 0.0))) / 2
    assert few < many < 0.83
    assert own > 0.999


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="habit"):
        debate.debate_law(1.0, 2.0, 3, 1, "stubborn")
    with pytest.raises(ValueError, match="agents"):
        debate.debate_law(1.0, 2.0, 4, 1)
    with pytest.raises(ValueError, match="counts"):
        debate.mean_belief(np.ones((2, 2)), np.array([[1.0, -1.0], [1.0, 1.0]]), 2)
    with pytest.raises(ValueError, match="strength"):
        debate.debate_law(1.0, 2.0, 3, 1, "follower", 1.5)
