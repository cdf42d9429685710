"""Where the theorems on debating agents need an assumption: the smallest cases, by hand."""

from fractions import Fraction

from experiments.debate_or_vote.claims import (
    d04_martingale_of_individuals,
    d05_average_of_the_group,
    d13_following_the_crowd_helps,
)
from tests.compiled import compiled
from theory.trees.urn import debate_then_vote


def test_two_agents_of_unequal_belief_move_towards_each_other():
    """Each hears one answer: p' = (α + E answer)/(A + 1), which is p only where the other's belief is."""
    right, other, total = Fraction(3), Fraction(1), Fraction(4)
    moved = (right + other / total) / (total + 1)
    assert moved < right / total
    assert (right + right / total) / (total + 1) == right / total
    assert d04_martingale_of_individuals().verdict == "holds-if"


def test_a_hub_that_all_hear_moves_the_average():
    """Three agents, hub right with 3/4 and leaves with 1/4, 4 pseudo-answers each; the hub hears two, a leaf one."""
    hub, leaf = Fraction(3, 4), Fraction(1, 4)
    after = (4 * hub + 2 * leaf) / 6 + 2 * (4 * leaf + hub) / 5
    assert after / 3 != (hub + 2 * leaf) / 3
    assert d05_average_of_the_group().verdict == "holds-if"


def test_debate_raises_a_bad_vote_in_exact_arithmetic():
    """N = 3, a_1 = 1 of A_0 = 3: the vote before and after one round."""

    def majority(p):
        return p**2 * (3 - 2 * p)

    p = Fraction(1, 3)
    chances = [(1 - p) ** 3, 3 * p * (1 - p) ** 2, 3 * p**2 * (1 - p), p**3]
    after = sum(chance * majority(Fraction(1 + count, 6)) for count, chance in enumerate(chances))
    assert after > majority(p)
    votes = compiled(debate_then_vote)(1.0, 3.0, 3, 1)
    assert abs(float(majority(p)) - votes[0]) < 1e-14
    assert abs(float(after) - votes[1]) < 1e-14


def test_following_a_wrong_crowd_harms():
    assert d13_following_the_crowd_helps().verdict == "holds-if"
