import numpy as np
import pytest

from core.verify.identity import identity

X = np.linspace(0.1, 3.0, 12).reshape(3, 4)
DOUBLED, PRODUCT = np.sin(2 * X), 2 * np.sin(X) * np.cos(X)


def test_the_truth_holds():
    evidence = identity(DOUBLED, PRODUCT, rtol=1e-12)
    assert evidence.verdict == "holds"
    assert evidence.kind == "identity"


@pytest.mark.parametrize(
    "fault",
    [
        lambda y: -y,
        lambda y: y * (1 + 1e-6),
        lambda y: np.where(X == X[1, 2], y * (1 + 1e-6), y),
        lambda y: np.where(X == X[1, 2], np.nan, y),
        lambda y: np.where(X == X[1, 2], np.inf, y),
    ],
    ids=["sign", "constant", "one point", "NaN", "inf"],
)
def test_planted_faults_go_red_on_either_side(fault):
    assert identity(DOUBLED, fault(PRODUCT), rtol=1e-9).verdict == "fails"
    assert identity(fault(DOUBLED), PRODUCT, rtol=1e-9).verdict == "fails"
    assert identity(fault(DOUBLED), fault(PRODUCT), rtol=1e-9).verdict == (
        "fails" if not np.isfinite(fault(PRODUCT)).all() else "holds"
    )


def test_the_record_is_the_worst_point_and_can_be_judged_again():
    other = PRODUCT.copy()
    other[2, 1] *= 1 + 2e-9
    other[0, 3] *= 1 - 1e-9
    for rtol, verdict in ((1.9e-9, "fails"), (2.1e-9, "holds")):
        evidence = identity(DOUBLED, other, rtol=rtol)
        assert (evidence.predicted, evidence.measured) == (DOUBLED[2, 1], other[2, 1])
        assert evidence.verdict == verdict
        assert (abs(evidence.predicted - evidence.measured) <= evidence.tolerance) == (verdict == "holds")
        assert "(2, 1)" in evidence.note


def test_an_exact_zero_needs_an_absolute_tolerance():
    assert identity(0.0, 0.0, rtol=1e-9).verdict == "holds"
    assert identity(0.0, 1e-300, rtol=1e-9).verdict == "fails"
    assert identity(np.array([0.0, 1.0]), np.array([1e-16, 1.0]), rtol=0.0, atol=1e-15).verdict == "holds"


@pytest.mark.parametrize("options", [{"rtol": -1e-9}, {"rtol": 1.0}, {"rtol": np.nan}, {"rtol": 0.1, "atol": np.inf}])
def test_tolerances_that_test_nothing_are_refused(options):
    with pytest.raises(ValueError, match="tol is"):
        identity(1.0, 1.0, **options)
