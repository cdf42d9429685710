"""The counterexamples to readings of the risk criterion, by routes of their own."""

import itertools

import numpy as np
import pytest

from experiments.error_cascades.claims import (
    _complete_law,
    _star_chain,
    _star_law,
    e05_risk_above_one_is_not_enough,
    e06_risk_below_one_allows_a_burst,
    e07_pipelines_have_no_risk_but_break,
)

SIZE, BETA, DELTA = 4, 0.3, 0.2


def enumerated(graph, start, steps):
    """Laws over all configurations, edge by edge."""
    states = list(itertools.product([0, 1], repeat=SIZE))
    law = {state: float(state == start) for state in states}
    for _ in range(steps):
        following = dict.fromkeys(states, 0.0)
        for now, after in itertools.product(states, states):
            chance = law[now]
            for i in range(SIZE):
                caught = 1 - np.prod([1 - BETA * graph[i][j] for j in range(SIZE) if now[j]])
                wrong = 1 - DELTA if now[i] else caught
                chance *= wrong if after[i] else 1 - wrong
            following[after] += chance
        law = following
    return law


def test_the_reduced_chains_are_the_enumerated_ones():
    star = [[int((i == 0) != (j == 0)) for j in range(SIZE)] for i in range(SIZE)]
    law = enumerated(star, (1, 0, 0, 0), 3)
    reduced = _star_law(SIZE, BETA, DELTA, (1, 0), 3)[-1]
    for hub, leaves in itertools.product(range(2), range(SIZE)):
        expected = sum(p for state, p in law.items() if state[0] == hub and sum(state[1:]) == leaves)
        assert reduced[hub, leaves] == pytest.approx(expected, abs=1e-14)
    full = [[int(i != j) for j in range(SIZE)] for i in range(SIZE)]
    law = enumerated(full, (1, 0, 0, 0), 3)
    for count, p in enumerate(_complete_law(SIZE, BETA, DELTA, 1, 3)[-1]):
        assert p == pytest.approx(sum(q for state, q in law.items() if sum(state) == count), abs=1e-14)


def test_a_star_above_the_threshold_is_left_with_few_errors():
    share = _star_chain(60, 2 * 0.15 / 59**0.5, 0.15, (1, 59), 240)
    assert share[120] < 0.06
    assert share[240] < 0.03  # and it goes on falling
    assert e05_risk_above_one_is_not_enough().verdict == "holds-if"


def test_a_hub_bursts_and_a_pipeline_carries_below_the_threshold():
    assert e06_risk_below_one_allows_a_burst().verdict == "refuted"
    assert e07_pipelines_have_no_risk_but_break().verdict == "refuted"
