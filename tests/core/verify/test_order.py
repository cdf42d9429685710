import math

import numpy as np
import pytest

from core.verify.evidence import refuted
from core.verify.order import order

H = 2.0 ** -np.arange(4, 12)


def taylor_remainder(terms):
    """|exp(h) - its Taylor polynomial|: order equal to the number of terms."""
    return np.abs(np.exp(H) - sum(H**k / math.factorial(k) for k in range(terms)))


@pytest.mark.parametrize("terms", [1, 2, 3])
def test_taylor_remainders_have_the_order_of_the_first_term_left_out(terms):
    for claimed in (1, 2, 3):
        verdict = order(H, taylor_remainder(terms), expected=claimed).verdict
        assert verdict == ("holds" if claimed == terms else "fails")


def test_a_wrong_exponent_is_red_and_refuted():
    evidence = order(H, H**1.9, expected=2)
    assert evidence.verdict == "fails"
    assert refuted("exponent 1.9", evidence).verdict == "refuted"
    assert order(H, H**1.9, expected=1.9).verdict == "holds"


def test_a_sign_or_coefficient_error_lowers_the_order():
    for wrong in (np.exp(H) - (1 - H), np.exp(H) - (1 + 1.01 * H)):
        assert order(H, np.abs(wrong), expected=2).verdict == "fails"


def test_a_growing_parameter_takes_a_negative_order():
    alpha = np.logspace(2, 6, 9)
    assert order(alpha, 3 / alpha + 1 / alpha**2, expected=-1).verdict == "holds"
    assert order(alpha, 3 / alpha, expected=1).verdict == "fails"


def test_rounding_is_dropped_counted_and_never_fitted():
    steps = 2.0 ** -np.arange(4, 14)
    errors = np.abs(steps**4 + 3e-16 * np.random.default_rng(0).uniform(-1, 1, steps.size))
    evidence = order(steps, errors, expected=4)
    assert evidence.verdict == "holds"
    assert f"{np.sum(errors <= 1e-12)} dropped" in evidence.note
    assert order(steps, errors, expected=4, floor=0.0).verdict == "fails"


@pytest.mark.parametrize("errors", [np.zeros(8), H**4 * 1e-8, np.where(H < 0.01, 0.0, H**2)])
def test_too_few_points_above_the_floor_fail_and_refute_nothing(errors):
    evidence = order(H, errors, expected=2)
    assert evidence.verdict == "fails"
    assert refuted("h = 1", evidence).verdict == "fails"


def test_a_narrow_range_is_no_limit():
    steps = np.linspace(1.0, 1.5, 9)
    assert order(steps, steps**2, expected=2).verdict == "fails"


def test_a_slope_that_is_right_only_on_average_is_red():
    x = np.linspace(-4, 4, 80)
    bent = 2 * x + 0.025 * x**2  # local slopes from 1.8 to 2.2, mean exactly 2
    jump = 2 * x + 0.05 * (np.abs(x) < 1)
    for log_errors in (bent, jump):
        evidence = order(np.exp(x), np.exp(log_errors), expected=2)
        assert 1.95 < evidence.interval[0] < evidence.measured < evidence.interval[1] < 2.05
        assert evidence.verdict == "fails"
        assert refuted("h", evidence).verdict == "fails"  # the slope shown doesn't contradict the claim


def test_an_interval_wider_than_the_tolerance_is_red():
    steps = 4.0 ** -np.arange(4)
    wobble = np.exp(np.array([0.0, 0.12, 0.0, 0.12]))  # local slopes within 0.09, interval within 0.2 only
    assert order(steps, steps**2 * wobble, expected=2, tolerance=0.1).verdict == "fails"
    assert order(steps, steps**2 * wobble, expected=2, tolerance=0.2).verdict == "holds"


def test_the_interval_is_that_of_scipys_regression():
    from scipy import stats

    errors = H**2 * np.exp(0.01 * np.random.default_rng(1).normal(size=H.size))
    evidence, reference = order(H, errors, expected=2, floor=0.0), stats.linregress(np.log(H), np.log(errors))
    reach = stats.t.isf(0.025, H.size - 2) * reference.stderr
    np.testing.assert_allclose(evidence.measured, reference.slope, rtol=1e-12)
    np.testing.assert_allclose(evidence.interval, (reference.slope - reach, reference.slope + reach), rtol=1e-10)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_bad_number_is_not_dropped_as_if_it_were_small(bad):
    assert order(H, np.where(H == H[-1], bad, H**2), expected=2).verdict == "fails"


@pytest.mark.parametrize(
    ("steps", "errors", "options", "says"),
    [
        (-H, H, {}, "step_sizes"),
        (np.ones(8), H, {}, "step_sizes"),
        (H, -H, {}, "errors"),
        (np.ones((2, 4)), np.ones((2, 4)), {}, "step_sizes"),
        (H, H, {"tolerance": 0.0}, "tolerance"),
        (H, H, {"floor": -1.0}, "floor"),
    ],
)
def test_refused_at_the_door(steps, errors, options, says):
    with pytest.raises(ValueError, match=says):
        order(steps, errors, expected=1, **options)
