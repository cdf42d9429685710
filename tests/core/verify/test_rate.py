import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from core.verify.evidence import refuted
from core.verify.rate import log_slopes, rate, rate_from


def estimates(mean, seeds=20, spread=0.01, seed=0):
    return mean + spread * np.random.default_rng(seed).normal(size=seeds)


def test_holds_on_the_truth_and_not_two_per_cent_off():
    assert rate(estimates(2.0), expected=2.0, rival=1.9).verdict == "holds"
    for wrong in (1.96, 2.04, -2.0):
        evidence = rate(estimates(2.0), expected=wrong)
        assert evidence.verdict == "fails"
        assert refuted("seed 0", evidence).verdict == "refuted"


def test_a_wide_interval_does_not_pass_for_a_measurement():
    wide = rate(estimates(2.0, seeds=3, spread=0.3), expected=2.0, rival=1.9)
    assert wide.verdict == "fails"
    assert "not excluded" in wide.note
    assert refuted("seed 0", wide).verdict == "fails"
    assert "no rival" in rate(estimates(2.0, seeds=3, spread=0.3), expected=2.0).note


def test_the_interval_is_students():
    values = estimates(2.0, seeds=7)
    reference = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    np.testing.assert_allclose(rate(values, expected=2.0).interval, reference, rtol=1e-12)


@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_a_true_claim_fails_as_often_as_the_confidence_says(confidence):
    seeds, nominal = 1000, 1 - confidence
    alarms = sum(
        rate(estimates(2.0, seeds=5, seed=seed), expected=2.0, confidence=confidence).verdict == "fails"
        for seed in range(seeds)
    )
    assert abs(alarms - seeds * nominal) < 3 * np.sqrt(seeds * nominal * confidence)


def test_no_spread_is_no_sample():
    for same in (rate(np.full(5, 2.0), expected=2.0), rate(np.full(5, 2.0), expected=3.0)):
        assert same.verdict == "fails"
        assert refuted("any", same).verdict == "fails"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_fails(bad):
    assert rate(np.array([2.0, 2.01, bad]), expected=2.0).verdict == "fails"
    assert rate_from(bad, 0.1, expected=2.0).verdict == "fails"
    assert rate_from(2.0, bad, expected=2.0).verdict == "fails"
    assert rate_from(2.0, 0.1, expected=bad).verdict == "fails"


def test_an_estimate_may_come_as_a_jax_scalar():
    assert rate_from(jnp.asarray(2.0), jnp.asarray(0.1), expected=2, rival=3).verdict == "holds"


def test_log_slopes_recover_exponents_per_seed():
    t = np.geomspace(1.0, 50.0, 12)
    exponents = np.array([-0.5, 1.0, 2.0])
    np.testing.assert_allclose(log_slopes(np.log(t), 3.0 * t ** exponents[:, None]), exponents, rtol=1e-12)
    np.testing.assert_allclose(log_slopes(t, 3.0 * np.exp(0.1 * t * exponents[:, None])), 0.1 * exponents, rtol=1e-12)


def test_log_slopes_are_least_squares():
    t, noise = np.linspace(0, 3, 9), np.random.default_rng(0).normal(size=(4, 9))
    np.testing.assert_allclose(log_slopes(t, np.exp(noise)), np.polyfit(t, noise.T, 1)[0], rtol=1e-9)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan])
def test_a_curve_without_a_logarithm_fails_the_rate(bad):
    t = np.linspace(0, 3, 9)
    curves = np.exp(-2 * t + 0.01 * np.random.default_rng(0).normal(size=(6, 9)))
    assert rate(log_slopes(t, curves), expected=-2.0, rival=-1.9).verdict == "holds"
    curves[2, 4] = bad
    assert rate(log_slopes(t, curves), expected=-2.0).verdict == "fails"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: rate(np.array([2.0]), expected=2.0), "estimates"),
        (lambda: rate(np.ones((2, 2)), expected=2.0), "estimates"),
        (lambda: rate_from(2.0, 0.1, expected=2.0, confidence=1.0), "confidence"),
        (lambda: rate_from(2.0, -0.1, expected=2.0), "standard_error"),
        (lambda: rate_from(2.0, 0.1, expected=2.0, rival=2.0), "rival"),
        (lambda: rate_from(2.0, 0.1, expected=2.0, rival=np.nan), "rival"),
        (lambda: log_slopes(np.ones(3), np.ones((2, 3))), "abscissa"),
        (lambda: log_slopes(np.arange(3.0), np.ones((2, 4))), "values"),
    ],
)
def test_refused_at_the_door(call, says):
    with pytest.raises(ValueError, match=says):
        call()
