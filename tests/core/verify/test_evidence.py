import math

import numpy as np
import pytest

from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, contradicts, holds_if, judged, refuted, strain
from core.verify.fit import fit
from core.verify.identity import identity
from core.verify.rate import rate_from

RIGHT = identity(2.0, 2.0, rtol=1e-9)
WRONG = identity(2.0, 2.1, rtol=1e-9)
BROKEN = identity(2.0, np.nan, rtol=1e-9)
INCONCLUSIVE = rate_from(2.0, 1.0, expected=2.1, rival=1.9)
REPORTED = fit({"a": 1.0}, 0.9, 0.1)


@pytest.mark.parametrize("passes", [True, False])
@pytest.mark.parametrize(
    "numbers",
    [
        {"predicted": math.nan, "measured": 1.0},
        {"predicted": 1.0, "measured": math.nan},
        {"predicted": 1.0, "measured": math.inf},
        {"predicted": 1.0, "measured": 1.0, "tolerance": math.nan},
        {"predicted": 1.0, "measured": 1.0, "interval": (math.nan, 2.0)},
    ],
)
def test_a_number_that_is_not_finite_never_passes_and_never_contradicts(passes, numbers):
    evidence = judged("law", **numbers, passes=passes, note="")
    assert evidence.verdict == "fails"
    assert not contradicts(evidence)


def test_strain_is_one_at_the_edge_of_what_is_allowed():
    assert strain(judged("identity", 2.0, 2.5, True, "", tolerance=0.5)) == 1
    assert strain(judged("rate", 2.0, 1.0, True, "", interval=(0.5, 2.0))) == 1
    assert strain(judged("rate", 2.0, 3.0, True, "", interval=(2.5, 9.0))) == 2
    assert strain(judged("bound", 0.0, -0.5, True, "", tolerance=0.5)) == 1
    assert strain(judged("bound", 0.0, 5.0, True, "", tolerance=0.5)) == -10
    assert strain(judged("bound", 0.0, -1e-300, False, "", tolerance=0.0)) == math.inf
    assert strain(judged("identity", 2.0, 2.0, True, "", tolerance=0.0)) == 0


@pytest.mark.parametrize(
    ("with_it", "without_it", "verdict"),
    [
        (RIGHT, WRONG, "holds-if"),
        (RIGHT, RIGHT, "fails"),  # the assumption isn't needed
        (WRONG, WRONG, "fails"),  # and here it isn't enough
        (RIGHT, BROKEN, "fails"),  # a NaN is no counterexample
        (RIGHT, INCONCLUSIVE, "fails"),  # nor is a lack of data
        (BROKEN, WRONG, "fails"),
        (REPORTED, WRONG, "fails"),
        (RIGHT, refuted("2.1", WRONG), "holds-if"),
    ],
)
def test_holds_if_needs_both_halves(with_it, without_it, verdict):
    evidence = holds_if("x is even", with_it, without_it)
    assert evidence.verdict == verdict
    assert evidence.given == "x is even"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [(WRONG, "refuted"), (RIGHT, "fails"), (BROKEN, "fails"), (INCONCLUSIVE, "fails"), (REPORTED, "fails")],
)
def test_refuted_only_when_the_claims_own_check_is_contradicted(claim, verdict):
    evidence = refuted("x = 3", claim)
    assert evidence.verdict == verdict
    assert evidence.given == "x = 3"


def test_words_are_compared_as_words():
    claim = Evidence("identity", "collapses", "spreads", None, None, "fails", "")
    assert refuted("b = 3", claim).verdict == "refuted"
    assert refuted("b = 3", claim._replace(measured="collapses")).verdict == "fails"
    assert refuted("b = 3", Evidence("error", "", "", None, None, "fails", "raised")).verdict == "fails"


def test_combine_takes_the_worst_verdict_in_any_order():
    conditional, false = holds_if("a", RIGHT, WRONG), refuted("b", WRONG)
    ranking = [REPORTED, RIGHT, conditional, false, WRONG]
    for i, worse in enumerate(ranking):
        for better in ranking[: i + 1]:
            assert combine(better, worse).verdict == combine(worse, better).verdict == worse.verdict
    assert combine(RIGHT, RIGHT, BROKEN).verdict == "fails"


def test_combine_shows_the_part_with_the_least_margin():
    easy, hard = identity(1.0, 1.0 + 1e-12, rtol=1e-9), identity(5.0, 5.0 + 4e-9, rtol=1e-9)
    assert combine(easy, hard).predicted == combine(hard, easy).predicted == 5.0
    assert combine(bound(1.0, tolerance=1e-9), bound(0.5, tolerance=1e-9)).measured == 0.5
    assert math.isnan(combine(WRONG, BROKEN).measured)
    assert combine(easy, hard, REPORTED).note.startswith("3 parts (1 reported, 2 holds); shown is part 2")
    assert combine(easy) == easy


def test_a_claim_has_at_least_one_part():
    with pytest.raises(ValueError, match="no evidence"):
        combine()
