import numpy as np

from experiments.softmax_ghosts.claims import c08_below_one_is_no_guarantee, c09_above_one_is_no_failure


def test_the_radius_neither_guarantees_nor_forbids_descent():
    assert c08_below_one_is_no_guarantee().verdict == "refuted"
    assert c09_above_one_is_no_failure().verdict == "refuted"


def test_by_hand():
    """Two contradictory samples: the mean loss log(2 cosh(θ/2)) rises from θ = 0.01 to 0.01 - 0.9 π."""
    assert np.log(2 * np.cosh((0.01 - 0.9 * np.pi) / 2)) > np.log(2 * np.cosh(0.005)) + 0.7
