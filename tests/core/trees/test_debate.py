import itertools
from functools import partial

import jax
import numpy as np
import pytest
from scipy import stats

from core.trees.debate import (
    conformist,
    draw_answers,
    follower,
    majority_answer,
    oracle,
    plain,
    simulate_debate,
)
from tests.compiled import compiled

AGENTS, ROUNDS, REPLICAS = 5, 3, 16_000
COMPLETE = np.ones((AGENTS, AGENTS))
CAUTIOUS = np.tile([3.0, 2.0, 0.0], (AGENTS, 1))  # p_0 = 0.6, A_0 = 5; nobody thinks of the third answer


def score(samples, mean):
    samples = np.asarray(samples, float)
    return (samples.mean(-1) - mean) / (samples.std(-1, ddof=1) / np.sqrt(samples.shape[-1]))


def exact_urn(correct, total, agents, rounds):
    """Vote accuracy and mean, variance of the belief by round: the whole law of the shared urn, ball by ball."""
    law, accuracy, moments = {0: 1.0}, [], []
    for spent in range(rounds + 1):
        belief = {balls: (correct + balls) / (total + agents * spent) for balls in law}
        accuracy.append(sum(p * stats.binom.sf(agents // 2, agents, belief[balls]) for balls, p in law.items()))
        mean = sum(p * belief[balls] for balls, p in law.items())
        moments.append((mean, sum(p * (belief[balls] - mean) ** 2 for balls, p in law.items())))
        following = {}
        for (balls, p), heard in itertools.product(law.items(), range(agents + 1)):
            weight = p * stats.binom.pmf(heard, agents, belief[balls])
            following[balls + heard] = following.get(balls + heard, 0) + weight
        law = following
    return np.array(accuracy), np.array(moments)


@pytest.fixture(scope="module")
def graphs():
    """Star, chain and a weighted directed graph in which agent 0 hears nobody, of three answers and unequal beliefs.

    The last is the complete graph, of two answers and equal beliefs.
    """
    rng = np.random.default_rng(0)
    star, chain = np.zeros((5, 5)), np.eye(5, k=1) + np.eye(5, k=-1)
    star[0, 1:] = star[1:, 0] = 1
    weighted = rng.integers(0, 3, (5, 5)) * (np.arange(5) > 0)[:, None]
    uneven = rng.uniform(0.5, 4, (5, 3))
    adjacency, weights = np.stack([star, chain, weighted, COMPLETE]), np.stack([*[uneven] * 3, CAUTIOUS])
    debate = partial(simulate_debate, rounds=ROUNDS, replicas=REPLICAS)
    several = compiled(lambda key, *data: jax.vmap(debate)(jax.random.split(key, 4), *data))
    return adjacency, weights, several(jax.random.key(3), adjacency, weights)


def test_complete_debate_is_one_polya_urn(graphs):
    accuracy, moments = exact_urn(3, 5, AGENTS, ROUNDS)
    info = jax.tree.map(lambda several: several[-1], graphs[2])
    assert np.ptp(info.belief, axis=1).max() < 1e-12  # all have heard the same
    votes = score(info.majority == 0, accuracy)
    means = score(info.belief[1:, 0], moments[1:, 0])
    variances = score((info.belief[1:, 0] - 0.6) ** 2, moments[1:, 1])
    assert np.abs(np.concatenate([votes, means, variances])).max() < 4
    assert np.all(np.diff(accuracy) < 0)  # debate pulls the vote towards p_0
    assert np.abs(score(info.majority == 0, accuracy[::-1])).max() > 4  # and rounds in the wrong order are seen


def test_mean_belief_follows_the_exact_recursion_on_any_graph(graphs):
    """E p_t = prod_s (I + D^-1 (Adj - deg)) p_0 with D the urn sizes, which chance does not touch."""
    scores = []
    for adjacency, weights, belief in zip(*graphs[:2], graphs[2].belief, strict=True):
        size = weights.sum(1)
        mean, heard = weights[:, 0] / size, adjacency.sum(1)
        for now in belief[1:]:
            size = size + heard
            mean = mean + (adjacency @ mean - heard * mean) / size
            assert np.allclose(now[heard == 0], mean[heard == 0, None])
            scores.append(score(now[heard > 0], mean[heard > 0]))
    assert np.abs(np.concatenate(scores)).max() < 4.5


def test_every_answer_heard_enters_the_urn(graphs):
    for adjacency, weights, answers, belief in zip(*graphs[:2], graphs[2].answers, graphs[2].belief, strict=True):
        said = np.cumsum(answers == 0, axis=0)[:-1]
        rounds = np.arange(1, ROUNDS + 1)[:, None, None]
        correct = weights[None, :, :1] + np.einsum("ij,tjr->tir", adjacency, said)
        expected = correct / (weights.sum(1)[:, None] + rounds * adjacency.sum(1)[:, None])
        np.testing.assert_allclose(belief[1:], expected, rtol=1e-12)


def test_conformists_never_change_the_majority_of_two_answers():
    debate = compiled(simulate_debate, static_argnames=("rounds", "replicas", "rule"))
    info = debate(jax.random.key(1), COMPLETE, CAUTIOUS, ROUNDS, REPLICAS, conformist)
    assert np.ptp(info.majority, axis=0).max() == 0
    agreed = np.asarray(info.answers) == np.asarray(info.majority)[:, None]
    assert np.all(agreed[1:] >= agreed[:-1])
    assert agreed[-1].mean() > agreed[0].mean() + 0.1


DRAWN, LAST = np.array([[0, 1], [1, 1], [2, 0]]), np.array([[0, 0], [0, 1], [1, 1]])
MAJORITY = np.array([0, 1])


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (plain, DRAWN),
        (oracle, [[0, 0], [0, 1], [2, 0]]),
        (conformist, [[0, 1], [0, 1], [2, 1]]),
        (follower(0.0), DRAWN),
        (follower(1.0), [[0, 1]] * 3),
    ],
)
def test_rules_by_hand(rule, expected):
    assert np.array_equal(compiled(rule)(jax.random.key(0), DRAWN, LAST, MAJORITY), expected)


def test_followers_follow_as_often_as_they_should():
    drawn, majority = np.zeros((5, 4000), int), np.ones(4000, int)
    followed = compiled(follower(0.3))(jax.random.key(0), drawn, drawn, majority)
    assert stats.binomtest(int(followed.sum()), 20_000, 0.3).pvalue > 1e-4


def test_answers_follow_the_weights():
    weights = np.array([[1.0, 0.0, 3.0], [0.0, 5.0, 0.0], [2.0, 2.0, 4.0]])
    answers = compiled(draw_answers)(jax.random.key(0), np.repeat(weights[..., None], 8000, -1))
    for agent, row in zip(answers, weights, strict=True):
        seen = np.bincount(agent, minlength=3)
        assert not seen[row == 0].any()
        likely = row > 0
        assert likely.sum() == 1 or stats.chisquare(seen[likely], 8000 * row[likely] / row.sum()).pvalue > 1e-4


def test_ties_are_broken_evenly():
    answers = np.tile([[2], [2], [1], [1], [0]], (1, 9000))
    winners = np.bincount(compiled(majority_answer)(jax.random.key(0), answers, np.ones((5, 4, 9000))), minlength=4)
    assert winners[[0, 3]].sum() == 0
    assert stats.binomtest(int(winners[1]), 9000).pvalue > 1e-4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"adjacency": np.ones((4, 5))}, "adjacency"),
        ({"rounds": -1}, "rounds"),
        ({"replicas": 0}, "replicas"),
        ({"weights": np.asarray(-CAUTIOUS)}, "weights"),
        ({"weights": np.asarray(0 * CAUTIOUS)}, "weights"),
    ],
)
def test_bad_input_is_refused(change, message):
    good = {"adjacency": np.asarray(COMPLETE), "weights": np.asarray(CAUTIOUS), "rounds": 1, "replicas": 2}
    with pytest.raises((ValueError, TypeError), match=message):
        simulate_debate(jax.random.key(0), **{**good, **change})


def test_a_follower_needs_a_probability():
    with pytest.raises(ValueError, match="probability"):
        follower(1.5)
