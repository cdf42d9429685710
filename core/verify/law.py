"""Law: Monte Carlo against exact values, z-scores pooled over settings, the family-wise error controlled.

Three tests share the family error equally, so that by Bonferroni a true law fails with at most that probability:
the largest |z| (one setting is off), the sum of z^2 in both tails (over- or under-dispersion), the mean z (bias).
"""

import math
import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import stats

from core.verify.evidence import Evidence, judged
from core.verify.points import Number, Points, at, real_points

FARTHEST_SCORE = 37.0  # the normal tail beyond it underflows


class Comparison(NamedTuple):
    """One of the three tests: an interval around what was measured, and the p-value that goes with it."""

    predicted: float  # by the law
    measured: float  # in the sample
    interval: tuple[float, float]  # around `measured`
    p: float  # chance of a true law to be this far off


def law(
    measured: Points,
    predicted: Points,
    standard_error: Points,
    *,
    degrees_of_freedom: Points = math.inf,
    family_error: Number = 1e-3,
) -> Evidence:
    """Judges estimates at many independent settings; frequencies belong in `law_counts`.

    Args:
        measured: estimates, equal shapes or scalars throughout.
        predicted: their exact means.
        standard_error: of each estimate, from theory or from its sample; zero fails.
        degrees_of_freedom: behind each standard error, sample size less one if it was estimated.
        family_error: probability at which a true law fails.

    Returns:
        Evidence at the setting with the largest |z|, with its simultaneous interval; or, when only a pooled test
        fails, that test (mean z predicted 0, mean z^2 predicted 1).

    Examples:
        >>> law(np.array([0.51, 0.32]), np.array([0.5, 0.3]), 0.02).verdict
        'holds'
    """
    found, exact, error, freedom = real_points(
        measured=measured, predicted=predicted, standard_error=standard_error, degrees_of_freedom=degrees_of_freedom
    )
    if (error < 0).any() or not (freedom > 0).all():
        raise ValueError(f"standard_error from {error.min()}, degrees_of_freedom from {freedom.min()}; allowed are > 0")
    with np.errstate(all="ignore"):
        ratio = (found - exact) / error
        tail = stats.t.sf(np.abs(ratio), freedom)
        scores = np.where(np.isinf(freedom), ratio, np.sign(ratio) * stats.norm.isf(tail))

    def at_setting(worst: tuple[np.intp, ...], tail: float) -> tuple[float, float, tuple[float, float]]:
        reach = float(stats.t.isf(tail, freedom[worst]) * error[worst])
        centre = float(found[worst])
        return float(exact[worst]), centre, (centre - reach, centre + reach)

    return _pooled(scores, at_setting, family_error)


def law_counts(
    successes: Points,
    trials: Points,
    probability: Points,
    *,
    family_error: Number = 1e-3,
) -> Evidence:
    """Judges counts at many independent settings against Binomial(trials, probability), exactly at any size.

    A count's place in its exact distribution, spread evenly over its own probability by uniform numbers, is uniform;
    the z-score with that place is standard normal, for three trials as for a billion (randomised quantile residuals,
    Dunn & Smyth 1996). The uniform numbers are seeded by the inputs, so that equal inputs get equal verdicts.

    Examples:
        >>> law_counts(np.array([48, 3]), 100, np.array([0.5, 0.02])).verdict
        'holds'
    """
    hits, draws, chance = real_points(successes=successes, trials=trials, probability=probability)
    if (hits != np.round(hits)).any() or (draws != np.round(draws)).any() or not ((0 <= hits) & (hits <= draws)).all():
        raise ValueError("successes and trials: allowed are whole numbers with 0 <= successes <= trials")
    if ((chance < 0) | (chance > 1)).any():
        raise ValueError(f"probability runs from {chance.min()} to {chance.max()}; allowed is [0, 1]")

    def at_setting(worst: tuple[np.intp, ...], tail: float) -> tuple[float, float, tuple[float, float]]:
        k, n = int(hits[worst]), int(draws[worst])
        low = float(stats.beta.ppf(tail, k, n - k + 1)) if k > 0 else 0.0  # Clopper-Pearson
        high = float(stats.beta.isf(tail, k + 1, n - k)) if k < n else 1.0
        return float(chance[worst]), k / n if n else float(chance[worst]), (low, high)

    return _pooled(_normal_scores(hits, draws, chance), at_setting, family_error)


def _normal_scores(hits: np.ndarray, draws: np.ndarray, chance: np.ndarray) -> np.ndarray:
    # Seeded by the data: with one fixed stream, settings that say little would carry the same error every time.
    seed = zlib.crc32(np.stack([hits, draws, chance]).tobytes())
    share = np.random.default_rng(seed).uniform(size=hits.shape)
    own = stats.binom.pmf(hits, draws, chance)
    below = stats.binom.cdf(hits - 1, draws, chance) + share * own
    above = stats.binom.sf(hits, draws, chance) + (1 - share) * own
    scores = np.where(below < above, stats.norm.ppf(below), stats.norm.isf(above))
    return np.asarray(np.clip(scores, -FARTHEST_SCORE, FARTHEST_SCORE))  # an impossible count is far off, not undefined


def _pooled(scores: np.ndarray, at_setting: Callable, family_error: Number) -> Evidence:
    if not 0 < family_error < 1:
        raise ValueError(f"family_error is {family_error}; allowed is 0 < family_error < 1")
    if broken := int(np.sum(~np.isfinite(scores))):
        return judged("law", math.nan, math.nan, False, f"{broken} of {scores.size} z-scores are not finite")
    each = family_error / 3
    worst = np.unravel_index(np.argmax(np.abs(scores)), scores.shape)
    largest = _largest(scores, at_setting, worst, each)
    spread, bias = _spread(scores, each), _bias(scores, each)
    smallest = min(largest.p, spread.p, bias.p)
    passes = smallest >= each
    shown = largest if passes or largest.p < each else min(spread, bias, key=lambda test: test.p)
    note = (
        f"{scores.size} settings; max |z| {abs(scores[worst]):.3g} at {at(worst)}, mean z^2 {spread.measured:.3g}, "
        f"mean z {bias.measured:.3g}, p {min(1.0, 3 * smallest):.3g}; family error {family_error:g}, "
        f"interval {'simultaneous' if shown is largest else 'of mean z' if shown is bias else 'of mean z^2'}"
    )
    return judged("law", shown.predicted, shown.measured, passes, note, interval=shown.interval)


def _largest(scores: np.ndarray, at_setting: Callable, worst: tuple[np.intp, ...], level: float) -> Comparison:
    """Sidak: the largest of n independent |z| stays below the bound of level 1 - (1 - level)^(1/n) each."""
    n = scores.size
    single = 2 * float(stats.norm.sf(abs(scores[worst])))
    p = -math.expm1(n * math.log1p(-single)) if single < 1 else 1.0
    predicted, measured, interval = at_setting(worst, -math.expm1(math.log1p(-level) / n) / 2)
    return Comparison(predicted, measured, interval, p)


def _spread(scores: np.ndarray, level: float) -> Comparison:
    n, total = scores.size, float(np.sum(scores**2))
    p = min(1.0, 2 * float(min(stats.chi2.sf(total, n), stats.chi2.cdf(total, n))))
    interval = (float(total / stats.chi2.isf(level / 2, n)), float(total / stats.chi2.ppf(level / 2, n)))
    return Comparison(1.0, total / n, interval, p)


def _bias(scores: np.ndarray, level: float) -> Comparison:
    mean, root = float(np.mean(scores)), math.sqrt(scores.size)
    reach = float(stats.norm.isf(level / 2)) / root
    return Comparison(0.0, mean, (mean - reach, mean + reach), 2 * float(stats.norm.sf(abs(mean) * root)))
