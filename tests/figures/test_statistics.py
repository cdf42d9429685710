import numpy as np
import pytest
from scipy import stats

from figures.statistics import (
    NORMAL_95,
    cell_edges,
    fit_power_law,
    mean_band,
    poisson_interval,
    seed_band,
)

DRAWS = np.random.default_rng(7)


def test_normal_95():
    assert pytest.approx(stats.norm.ppf(0.975)) == NORMAL_95


def test_seed_band_holds_95_percent_of_the_seeds():
    samples = DRAWS.normal(size=(401, 6))
    band = seed_band(samples)
    inside = ((samples >= band.lower) & (samples <= band.upper)).mean(0)
    assert np.all(np.abs(inside - 0.95) <= 1 / 401)
    assert np.array_equal(band.middle, np.median(samples, axis=0))
    assert "95 %" in band.meaning
    assert "401 seeds" in band.meaning


def test_seed_band_of_few_seeds_is_their_range_and_says_so():
    samples = DRAWS.normal(size=(39, 4))
    band = seed_band(samples)
    assert np.array_equal(band.lower, samples.min(0))
    assert np.array_equal(band.upper, samples.max(0))
    assert "range of 39" in band.meaning
    assert "95" not in band.meaning


def test_mean_band_is_students_interval():
    samples = DRAWS.gamma(2.0, size=(9, 5))
    band = mean_band(samples)
    known = stats.t.interval(0.95, 8, loc=samples.mean(0), scale=stats.sem(samples, axis=0))
    assert np.allclose([band.lower, band.upper], known, rtol=1e-12)


def test_power_law_agrees_with_linregress():
    x = np.geomspace(1e-3, 1, 12)
    y = 3 * x**1.7 * np.exp(0.1 * DRAWS.normal(size=12))
    law, known = fit_power_law(x, y), stats.linregress(np.log(x), np.log(y))
    assert law.slope == pytest.approx(known.slope, rel=1e-12)
    assert law.intercept == pytest.approx(known.intercept, rel=1e-12)
    assert law.half_width == pytest.approx(stats.t.ppf(0.975, 10) * known.stderr, rel=1e-9)


def test_power_law_of_two_points_has_no_interval():
    law = fit_power_law([1.0, 10.0], [1.0, 1000.0])
    assert law.slope == pytest.approx(3)
    assert np.isnan(law.half_width)


def test_poisson_interval_has_tails_of_a_fortieth():
    counts = np.array([1, 2, 5, 40, 1000])
    lower, upper = poisson_interval(counts)
    assert stats.poisson.sf(counts - 1, lower) == pytest.approx(0.025)
    assert stats.poisson.cdf(counts, upper) == pytest.approx(0.025)
    lower, upper = poisson_interval(0)
    assert lower == 0
    assert stats.poisson.pmf(0, upper) == pytest.approx(0.025)


def test_cell_edges_lie_half_way():
    centres = np.array([0.0, 1.0, 3.0])
    assert cell_edges(centres).tolist() == [-0.5, 0.5, 2.0, 4.0]
    assert cell_edges(centres[::-1]).tolist() == [4.0, 2.0, 0.5, -0.5]


def test_cell_edges_on_a_log_axis_are_those_of_the_logarithms():
    centres = np.array([1e-3, 1e-2, 1.0])
    assert np.allclose(np.log(cell_edges(centres, "log")), cell_edges(np.log(centres)))


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: seed_band(np.zeros(3)), "samples"),
        (lambda: seed_band([[0.0, np.nan]]), "samples"),
        (lambda: mean_band(np.zeros((1, 3))), "1 seed"),
        (lambda: fit_power_law([1.0, 2.0], [1.0, -1.0]), "y"),
        (lambda: fit_power_law([1.0, 1.0], [1.0, 2.0]), "slope"),
        (lambda: cell_edges([1.0]), "centres"),
        (lambda: cell_edges([1.0, 3.0, 2.0]), "centres"),
        (lambda: cell_edges([0.0, 1.0], "log"), "centres"),
        (lambda: cell_edges([0.0, 1.0], "symlog"), "scale"),
    ],
)
def test_bad_input_is_named(call, word):
    with pytest.raises(ValueError, match=word):
        call()
