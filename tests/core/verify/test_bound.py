import numpy as np
import pytest

from core.verify.bound import bound
from core.verify.evidence import refuted
from core.verify.falsify import Falsified


def attack(slack):
    return Falsified(slack, np.zeros(2), np.array([slack, 1.0]), 20, 3)


@pytest.mark.parametrize(
    ("slack", "tolerance", "verdict"),
    [
        (np.array([0.3, 0.0, 2.0]), 0.0, "holds"),
        (np.array([0.3, -1e-15, 2.0]), 1e-14, "holds"),
        (np.array([0.3, -1e-13, 2.0]), 1e-14, "fails"),
        (np.array([0.3, np.nan, 2.0]), 1.0, "fails"),
        (np.array([0.3, -np.inf, 2.0]), 1.0, "fails"),
        (np.array([np.inf, np.inf]), 1.0, "fails"),  # no point says anything
    ],
)
def test_the_smallest_slack_decides(slack, tolerance, verdict):
    evidence = bound(slack, tolerance=tolerance)
    assert evidence.verdict == verdict
    assert "not attacked" in evidence.note


def test_the_attack_counts_as_a_point():
    slack = np.array([0.3, 0.1])
    assert bound(slack, tolerance=1e-12, falsified=attack(1e-9)).measured == 1e-9
    assert bound(slack, tolerance=1e-12, falsified=attack(0.2)).measured == 0.1
    found = bound(slack, tolerance=1e-12, falsified=attack(-1e-6))
    assert found.verdict == "fails"
    assert refuted("corner", found).verdict == "refuted"
    assert "3 not finite" in found.note


def test_an_attack_without_one_finite_slack_is_no_attack():
    evidence = bound(np.ones(3), tolerance=0, falsified=attack(np.inf))
    assert evidence.verdict == "fails"
    assert refuted("nowhere", evidence).verdict == "fails"
    assert bound(np.array([np.nan]), tolerance=0, falsified=attack(1.0)).verdict == "fails"


def test_the_wrong_sign_of_an_inequality_is_red():
    x = np.random.default_rng(0).normal(size=(1000, 5))
    slack = np.exp(x).mean(1) - np.exp(x.mean(1))
    assert bound(slack, tolerance=1e-12).verdict == "holds"
    assert bound(-slack, tolerance=1e-12).verdict == "fails"


@pytest.mark.parametrize("tolerance", [-1.0, np.nan, np.inf])
def test_tolerances_that_test_nothing_are_refused(tolerance):
    with pytest.raises(ValueError, match="tolerance"):
        bound(1.0, tolerance=tolerance)
