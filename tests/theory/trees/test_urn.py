import numpy as np
import pytest

from tests.compiled import compiled
from theory.trees import majority, urn

majority_map = compiled(majority.majority_map)
belief_variance = compiled(urn.belief_variance)
belief_variance_limit = compiled(urn.belief_variance_limit)
binomial_law = compiled(urn.binomial_law)
urn_law = compiled(urn.urn_law)

A, TOTAL, AGENTS, ROUNDS = 3.0, 5.0, 5, 8


def beliefs(rounds=ROUNDS):
    return (A + np.arange(AGENTS * rounds + 1)[None]) / (TOTAL + AGENTS * np.arange(rounds + 1)[:, None])


@pytest.fixture(scope="module")
def law():
    return np.asarray(urn_law(A, TOTAL, AGENTS, ROUNDS))


def test_urn_law_is_a_law_and_keeps_its_mean(law):
    np.testing.assert_allclose(law.sum(1), 1, rtol=1e-13)
    np.testing.assert_allclose((law * beliefs()).sum(1), A / TOTAL, rtol=1e-13)


def test_urn_law_is_that_of_single_draws_when_one_agent_speaks():
    single = np.asarray(urn_law(2.0, 5.0, 1, 6))[-1]
    # one ball a round: every right count up to 6 by the plain Pólya urn
    law = np.array([1.0])
    for t in range(6):
        chance = (2.0 + np.arange(t + 1)) / (5.0 + t)
        law = np.append(law * (1 - chance), 0) + np.insert(law * chance, 0, 0)
    np.testing.assert_allclose(single, law, rtol=1e-13)


def test_variance_formula_is_that_of_the_law_and_of_the_product(law):
    exact = (law * (beliefs() - A / TOTAL) ** 2).sum(1)
    formula = belief_variance(A / TOTAL, TOTAL, float(AGENTS), np.arange(ROUNDS + 1.0))
    np.testing.assert_allclose(formula, exact, rtol=1e-11, atol=1e-15)
    sizes = TOTAL + AGENTS * np.arange(1, ROUNDS + 1)
    product = 0.6 * 0.4 * (1 - np.cumprod(1 - AGENTS / sizes**2))
    np.testing.assert_allclose(formula[1:], product, rtol=1e-12)


def test_variance_limit_is_where_the_rounds_lead():
    rounds = np.array([1e3, 1e4])
    limit = belief_variance_limit(0.6, 5.0, 5.0)
    gap = limit - belief_variance(0.6, 5.0, 5.0, rounds)
    np.testing.assert_allclose(gap[0] / gap[1], 10, rtol=1e-2)
    assert limit < 0.6 * 0.4
    assert belief_variance_limit(0.6, 1e-9, 1.0) > 0.6 * 0.4 * (1 - 1e-8)  # the first answer decides


def test_binomial_law_at_its_ends():
    np.testing.assert_array_equal(binomial_law(3, 0.0), [1, 0, 0, 0])
    np.testing.assert_allclose(binomial_law(3, 1.0), [0, 0, 0, 1])
    np.testing.assert_allclose(binomial_law(2, np.array([0.3]))[0], [0.49, 0.42, 0.09])


def test_debate_lowers_a_good_vote_and_raises_a_bad_one():
    vote = compiled(urn.debate_then_vote, static_argnums=(2, 3))
    for agents in (3, 9):
        for right in (2.6, 3.0, 4.5):
            good, bad = (np.asarray(vote(wins, 5.0, agents, 6)) for wins in (right, 5.0 - right))
            assert np.all(np.diff(good) < 0)
            np.testing.assert_allclose(good + bad, 1, rtol=1e-12)
            np.testing.assert_allclose(good[0], (1 + majority_map(agents, 2 * right / 5 - 1)) / 2, rtol=1e-12)
    np.testing.assert_allclose(vote(2.5, 5.0, 3, 6), 0.5, rtol=1e-12)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="agents"):
        urn.debate_then_vote(3.0, 5.0, 4, 2)
    with pytest.raises(ValueError, match="rounds"):
        urn.urn_law(3.0, 5.0, 5, -1)
    with pytest.raises(ValueError, match="concentration"):
        urn.belief_variance(0.5, 0.0, 5.0, 1.0)
