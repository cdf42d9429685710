"""Law, for a whole distribution: one sample against its exact distribution function or its exact probabilities."""

import math
from collections.abc import Callable

import numpy as np
from jax.typing import ArrayLike
from scipy import stats

from core.verify.evidence import Evidence, judged
from core.verify.law import law_counts
from core.verify.points import Number, Points, real_points


def law_sample(
    samples: Points,
    cumulative: Callable[[np.ndarray], ArrayLike],
    *,
    family_error: Number = 1e-3,
) -> Evidence:
    """Kolmogorov-Smirnov test of independent draws from a continuous law, in both tails.

    A fit that is too good fails as well: draws that avoid each other, or the law read off the sample itself.

    Args:
        samples: independent draws, flattened.
        cumulative: the exact distribution function F, on arrays; continuous (else `law_histogram`).
        family_error: probability at which a true law fails.

    Returns:
        Evidence where the empirical distribution function is farthest from F.

    Examples:
        >>> uniform, even = np.random.default_rng(0).uniform(size=100), (np.arange(100) + 0.5) / 100
        >>> law_sample(uniform, lambda x: x).verdict, law_sample(even, lambda x: x).verdict
        ('holds', 'fails')
    """
    (draws,) = real_points(samples=samples)
    if not 0 < family_error < 1:
        raise ValueError(f"family_error is {family_error}; allowed is 0 < family_error < 1")
    draws = draws.ravel()
    (levels,) = real_points(cumulative=cumulative(draws))
    n = len(draws)
    if levels.shape != draws.shape:
        raise ValueError(f"cumulative returns shape {levels.shape}; allowed is that of its argument, {draws.shape}")
    if not (np.isfinite(draws).all() and ((levels >= 0) & (levels <= 1)).all()):
        return judged("law", math.nan, math.nan, False, f"{n} draws, not all finite or with F in [0, 1]")
    test = stats.kstest(levels, stats.uniform.cdf)
    reach = float(stats.kstwo.isf(family_error / 2, n))
    exact = float(test.statistic_location)
    found = exact + float(test.statistic_sign * test.statistic)
    note = (
        f"{n} draws, Kolmogorov-Smirnov distance {test.statistic:.3g}, p {test.pvalue:.3g}; "
        f"interval simultaneous, family error {family_error:g}"
    )
    passes = family_error / 2 <= test.pvalue <= 1 - family_error / 2
    return judged("law", exact, found, bool(passes), note, interval=(found - reach, found + reach))


def law_histogram(
    counts: Points,
    probabilities: Points,
    *,
    family_error: Number = 1e-3,
) -> Evidence:
    """Counts of n draws over categories against their exact probabilities, however small.

    Given the categories before it, a category's count is binomial among the draws left, with its probability
    renormalised: n draws over K categories are K - 1 independent binomials, which `law_counts` judges exactly. In the
    order of the categories its mean z sees a shift, its z^2 a lack or excess of spread.

    Args:
        counts: draws in each category, shape (K,), K >= 2.
        probabilities: of the categories, summing to 1.
        family_error: probability at which a true law fails.

    Returns:
        Evidence at the category that is most off, as a share of the draws left there.

    Examples:
        >>> dice = np.full(6, 1 / 6)
        >>> [law_histogram(np.array([9, 11, 10, 12, 8, sixes]), dice).verdict for sixes in (10, 30)]
        ['holds', 'fails']
    """
    hits, chances = real_points(counts=counts, probabilities=probabilities)
    if hits.ndim != 1 or len(hits) < 2:
        raise ValueError(f"counts has shape {hits.shape}; allowed is (K,) with K >= 2")
    if not abs(chances.sum() - 1) <= 1e-9 or (chances < 0).any():
        raise ValueError(f"probabilities sum to {chances.sum()}, least {chances.min()}; allowed: sum 1, none negative")
    draws_left, chance_left = np.cumsum(hits[::-1])[::-1], np.cumsum(chances[::-1])[::-1]
    share = np.divide(chances, chance_left, out=np.zeros_like(chances), where=chance_left > 0)
    return law_counts(hits[:-1], draws_left[:-1], np.minimum(share, 1.0)[:-1], family_error=family_error)
