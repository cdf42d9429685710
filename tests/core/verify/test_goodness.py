import numpy as np
import pytest
from scipy import stats

from core.verify.evidence import refuted
from core.verify.goodness import law_histogram, law_sample

BINS = stats.binom.pmf(np.arange(41), 40, 0.3)  # 22 of 41 categories expect less than one of 2000 draws


def histogram(seed=0, probabilities=BINS):
    return np.random.default_rng(seed).multinomial(2000, probabilities / probabilities.sum())


def test_samples_of_the_law_hold():
    samples = np.random.default_rng(0).normal(size=(50, 20))
    assert law_sample(samples, stats.norm.cdf).verdict == "holds"


@pytest.mark.parametrize(
    ("fault", "contradicted"),
    [
        (np.random.default_rng(0).normal(size=1000) + 0.2, True),
        (1.3 * np.random.default_rng(0).normal(size=1000), True),
        (np.random.default_rng(0).standard_cauchy(size=1000), True),
        (stats.norm.ppf((np.arange(1000) + 0.5) / 1000), False),  # too even: red, but no point contradicts F
    ],
    ids=["shift", "scale", "tails", "even"],
)
def test_planted_faults_in_samples_go_red(fault, contradicted):
    evidence = law_sample(fault, stats.norm.cdf)
    assert evidence.verdict == "fails"
    assert refuted("seed 0", evidence).verdict == ("refuted" if contradicted else "fails")


def test_the_distance_is_that_between_the_distribution_functions():
    samples = np.random.default_rng(0).normal(size=200)
    evidence = law_sample(samples, stats.norm.cdf)
    grid = np.sort(samples)
    steps = np.stack([np.arange(200) / 200, np.arange(1, 201) / 200])
    distance = np.abs(steps - stats.norm.cdf(grid)).max()
    np.testing.assert_allclose(abs(evidence.measured - evidence.predicted), distance, rtol=1e-12)
    for shift in (-1.0, 1.0):  # larger draws have the smaller distribution function
        moved = law_sample(samples + shift, stats.norm.cdf)
        assert (moved.measured < moved.predicted) == (shift > 0)


def test_a_true_distribution_fails_as_often_as_the_family_error_says():
    trials, nominal = 200, 0.1
    allowed = 3 * np.sqrt(trials * nominal * 0.9)
    draws = [np.random.default_rng(seed).exponential(size=1000) for seed in range(trials)]
    alarms = sum(law_sample(x, stats.expon.cdf, family_error=nominal).verdict == "fails" for x in draws)
    assert abs(alarms - trials * nominal) < allowed
    alarms = sum(law_histogram(histogram(s), BINS, family_error=nominal).verdict == "fails" for s in range(trials))
    assert abs(alarms - trials * nominal) < allowed


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_fails(bad):
    evidence = law_sample(np.array([0.1, bad]), stats.norm.cdf)
    assert evidence.verdict == "fails"
    assert refuted("seed 0", evidence).verdict == "fails"
    assert law_sample(np.array([0.1, 0.2]), lambda x: x + np.nan).verdict == "fails"
    assert law_sample(np.array([0.1, 0.2]), lambda x: x + 1.0).verdict == "fails"


def test_histogram_of_the_law_holds_with_empty_categories_too():
    assert law_histogram(histogram(), BINS).verdict == "holds"
    assert law_histogram(np.array([0, 700, 1300, 0, 0]), np.array([0, 0.35, 0.65, 0, 0])).verdict == "holds"


@pytest.mark.parametrize(
    "fault",
    [
        histogram(probabilities=stats.binom.pmf(np.arange(41), 40, 0.31)),
        histogram()[::-1],
        histogram() + 2 * (np.arange(41) == 35),
        histogram(probabilities=stats.betabinom.pmf(np.arange(41), 40, 30, 70)),
    ],
    ids=["constant", "mirror", "all but impossible", "over-dispersed"],
)
def test_planted_faults_in_histograms_go_red(fault):
    assert law_histogram(fault, BINS).verdict == "fails"


def test_a_histogram_without_spread_is_red():
    flat = np.full(60, 1 / 60)
    assert law_histogram(np.random.default_rng(0).multinomial(3000, flat), flat).verdict == "holds"
    assert law_histogram(np.full(60, 50), flat).verdict == "fails"


def test_a_draw_from_a_category_of_probability_zero_is_red():
    for counts in (np.array([1, 700, 1299]), np.array([700, 1299, 1])):
        chances = np.where(counts == 1, 0.0, np.where(counts == 700, 0.35, 0.65))
        assert law_histogram(counts, chances).verdict == "fails"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: law_histogram(np.array([3]), np.array([1.0])), "counts"),
        (lambda: law_histogram(np.array([3, 4]), np.array([0.5, 0.6])), "probabilities"),
        (lambda: law_histogram(np.array([3, 4]), np.array([0.5, np.nan])), "probabilities"),
        (lambda: law_sample(np.array([0.5]), lambda x: 0.5), "cumulative"),
        (lambda: law_sample(np.array([0.5]), stats.norm.cdf, family_error=0), "family_error"),
    ],
)
def test_refused_at_the_door(call, says):
    with pytest.raises(ValueError, match=says):
        call()
