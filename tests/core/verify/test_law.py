import numpy as np
import pytest
from scipy import stats

from core.verify.evidence import refuted
from core.verify.law import law, law_counts

SETTINGS = 500
MEAN = np.linspace(-1, 1, SETTINGS)


def draw(seed=0, bias=0.0, spread=1.0, settings=SETTINGS):
    return bias + spread * np.random.default_rng(seed).normal(size=settings)


def judge(scores, **options):
    return law(MEAN[: scores.size] + 0.1 * scores, MEAN[: scores.size], 0.1, **options)


def test_the_truth_holds():
    evidence = judge(draw())
    assert evidence.verdict == "holds"
    assert "500 settings" in evidence.note
    assert evidence.interval[0] <= evidence.predicted <= evidence.interval[1]


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        (draw(bias=1.0), None),
        (draw(bias=0.25), "of mean z;"),  # no single setting shows it
        (draw(bias=-0.25), "of mean z;"),
        (draw(spread=0.8), "of mean z^2;"),
        (draw(spread=1.2), "of mean z^2;"),
        (np.zeros(SETTINGS), "of mean z^2;"),
        (np.where(np.arange(SETTINGS) == 77, 6.0, draw()), "simultaneous;"),
    ],
    ids=["bias 1", "bias .25", "bias -.25", "under", "over", "copied", "one off"],
)
def test_planted_faults_go_red_and_the_test_that_caught_them_is_shown(fault, shown):
    evidence = judge(fault)
    assert evidence.verdict == "fails"
    assert refuted("seed 0", evidence).verdict == "refuted"
    assert shown is None or shown in evidence.note + ";"
    low, high = evidence.interval
    assert low <= evidence.measured <= high
    assert low < high or not fault.any()


@pytest.mark.parametrize("fault", [np.nan, np.inf])
def test_nan_fails_and_refutes_nothing(fault):
    evidence = judge(np.where(np.arange(SETTINGS) == 77, fault, draw()))
    assert evidence.verdict == "fails"
    assert refuted("seed 0", evidence).verdict == "fails"
    assert law(1.0, 1.0, 0.0).verdict == "fails"  # no standard error, no law
    assert law(1.1, 1.0, 0.0).verdict == "fails"


@pytest.mark.parametrize("settings", [1, 7, 500])
def test_a_true_law_fails_as_often_as_the_family_error_says(settings):
    trials, nominal = 400, 0.1
    alarms = sum(
        judge(draw(seed, settings=settings), family_error=nominal).verdict == "fails" for seed in range(trials)
    )
    # Bonferroni is an upper bound; for many settings the three tests are nearly independent and it is nearly sharp.
    assert alarms < trials * nominal + 3 * np.sqrt(trials * nominal * 0.9)
    if settings == 500:
        assert alarms > trials * nominal * 0.95 - 3 * np.sqrt(trials * nominal * 0.9)


def test_an_estimated_standard_error_needs_its_degrees_of_freedom():
    samples = np.random.default_rng(3).normal(size=(SETTINGS, 4))
    mean, error = samples.mean(1), samples.std(1, ddof=1) / 2
    assert law(mean, 0.0, error).verdict == "fails"
    assert law(mean, 0.0, error, degrees_of_freedom=3).verdict == "holds"


def test_far_scores_agree_with_and_without_degrees_of_freedom():
    far = judge(draw() + 30.0)
    near = judge(draw() + 30.0, degrees_of_freedom=1e9)
    assert far.verdict == near.verdict == "fails"


PROBABILITY = np.resize([0.0, 1e-4, 0.01, 0.3, 0.5, 0.97, 1.0], SETTINGS)
TRIALS = np.resize([5, 30, 400, 100_000], SETTINGS)


def counts(probability=PROBABILITY, sets=()):
    return np.random.default_rng(0).binomial(TRIALS, probability, size=(*sets, SETTINGS))


def test_counts_hold_at_every_size_and_probability():
    evidence = law_counts(counts(), TRIALS, PROBABILITY)
    assert evidence.verdict == "holds"
    assert evidence == law_counts(counts(), TRIALS, PROBABILITY)


def test_counts_are_exactly_calibrated_where_the_normal_law_is_not():
    trials, nominal = 400, 0.1
    alarms = sum(
        law_counts(hits, TRIALS, PROBABILITY, family_error=nominal).verdict == "fails"
        for hits in counts(sets=(trials,))
    )
    assert abs(alarms - trials * nominal) < 3 * np.sqrt(trials * nominal * 0.9)
    rare = np.random.default_rng(1).binomial(30, 1e-3, SETTINGS)
    normal = law(rare / 30, 1e-3, np.sqrt(1e-3 * (1 - 1e-3) / 30))
    assert (normal.verdict, law_counts(rare, 30, 1e-3).verdict) == ("fails", "holds")


@pytest.mark.parametrize(
    "fault",
    [
        counts(probability=np.clip(PROBABILITY * 1.02, 0, 1)),
        TRIALS - counts(),
        np.round(TRIALS * PROBABILITY).astype(int),
        counts() + (PROBABILITY == 0),
        counts() - (PROBABILITY == 1),
    ],
    ids=["constant", "complement", "no spread", "impossible", "certain"],
)
def test_planted_faults_in_counts_go_red(fault):
    evidence = law_counts(fault, TRIALS, PROBABILITY)
    assert evidence.verdict == "fails"
    assert refuted("seed 0", evidence).verdict == "refuted"


def test_rare_events_are_judged_by_the_exact_tail():
    for hits in range(11):
        tail = 2 * stats.binom.sf(hits - 1, 10, 0.01), 2 * stats.binom.sf(hits, 10, 0.01)  # with and without its own
        verdict = law_counts(hits, 10, 0.01, family_error=0.003).verdict
        if tail[0] < 0.001:
            assert verdict == "fails"
        if tail[1] > 0.001:
            assert verdict == "holds"


@pytest.mark.parametrize("hits", [0, 3, 40])
def test_the_interval_of_a_count_is_clopper_and_pearsons(hits):
    evidence = law_counts(hits, 40, 0.1, family_error=0.15)
    reference = stats.binomtest(hits, 40).proportion_ci(0.95, method="exact")
    assert "simultaneous" in evidence.note
    np.testing.assert_allclose(evidence.interval, (reference.low, reference.high), rtol=1e-9, atol=1e-12)


def test_nan_probability_fails():
    assert law_counts(np.array([1, 2]), 4, np.array([0.5, np.nan])).verdict == "fails"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: law(1.0, 1.0, -0.1), "standard_error"),
        (lambda: law(1.0, 1.0, 0.1, degrees_of_freedom=0), "degrees_of_freedom"),
        (lambda: law(1.0, 1.0, 0.1, family_error=1.0), "family_error"),
        (lambda: law_counts(5, 4, 0.5), "successes"),
        (lambda: law_counts(-1, 4, 0.5), "successes"),
        (lambda: law_counts(1.5, 4, 0.5), "whole"),
        (lambda: law_counts(1, 4, 1.5), "probability"),
        (lambda: law(np.ones(0), np.ones(0), 1.0), "empty"),
    ],
)
def test_refused_at_the_door(call, says):
    with pytest.raises(ValueError, match=says):
        call()
