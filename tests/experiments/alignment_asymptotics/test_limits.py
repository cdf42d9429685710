import numpy as np

from experiments.alignment_asymptotics.claims import c04_when_it_is_an_equality, c07_but_not_the_same_law


def test_both_claims_need_their_assumption():
    assert c04_when_it_is_an_equality().verdict == "holds-if"
    assert c07_but_not_the_same_law().verdict == "holds-if"


def test_the_formula_of_best_of_n_fails_for_a_coin():
    """Best of 64 of a fair coin is all but surely heads: KL = log 2, far from log 64 - 63/64."""
    heads = 1 - 0.5**64
    assert np.log(64) - 63 / 64 - heads * np.log(heads / 0.5) > 2.4
