"""Rate: a measured exponent or threshold whose interval contains the prediction and excludes the rival."""

import math

import numpy as np
from jaxtyping import Float
from scipy import stats

from core.verify.evidence import Evidence, judged
from core.verify.points import Number, Points, Scalar, real_points, real_scalars


def rate(estimates: Points, *, expected: Scalar, rival: Scalar | None = None, confidence: Number = 0.95) -> Evidence:
    """Judges independent estimates of one number, one a seed, by their Student t-interval.

    A true claim fails with probability 1 - confidence. The seed is fixed before the number is seen; who has many
    rates raises the confidence rather than trying another seed.

    Args:
        estimates: shape (seeds,), at least 2, independent and roughly normal.
        expected: what the mathematics predicts.
        rival: the value that a wrong theory would give. Without one, a wide interval passes: the note says so.
        confidence: of the interval, in (0, 1).

    Examples:
        >>> rate(np.array([1.98, 2.01, 2.03, 1.99]), expected=2.0, rival=1.9).verdict
        'holds'
    """
    (values,) = real_points(estimates=estimates)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"estimates has shape {values.shape}; allowed is (seeds,) with at least 2 seeds")
    with np.errstate(invalid="ignore"):
        standard_error = float(np.std(values, ddof=1) / math.sqrt(len(values)))
    return rate_from(
        float(np.mean(values)),
        standard_error,
        expected=expected,
        rival=rival,
        confidence=confidence,
        degrees_of_freedom=len(values) - 1,
    )


def rate_from(
    estimate: Scalar,
    standard_error: Scalar,
    *,
    expected: Scalar,
    rival: Scalar | None = None,
    confidence: Number = 0.95,
    degrees_of_freedom: Number = math.inf,
) -> Evidence:
    """Judges one estimate with a standard error; see `rate`.

    Args:
        estimate: the measured number.
        standard_error: its standard error. Zero fails: equal seeds are no sample.
        expected: what the mathematics predicts.
        rival: the value that a wrong theory would give.
        confidence: of the interval, in (0, 1).
        degrees_of_freedom: behind the standard error; infinite if it is known exactly.

    Examples:
        >>> rate_from(2.01, 0.02, expected=2.0, rival=1.9).verdict
        'holds'
        >>> rate_from(2.01, 0.1, expected=2.0, rival=1.9).verdict  # too wide to tell
        'fails'
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; allowed is 0 < confidence < 1")
    centre, error, predicted = real_scalars(estimate=estimate, standard_error=standard_error, expected=expected)
    other = None if rival is None else real_scalars(rival=rival)[0]
    if error < 0:
        raise ValueError(f"standard_error is {error}; allowed is a number > 0")
    if other is not None and (other == predicted or not math.isfinite(other)):
        raise ValueError(f"rival is {other}; allowed is a finite number other than expected, {predicted}")
    half_width = float(stats.t.isf((1 - confidence) / 2, degrees_of_freedom)) * error
    low, high = centre - half_width, centre + half_width
    freedom = "" if math.isinf(degrees_of_freedom) else f", {degrees_of_freedom:g} degrees of freedom"
    note = f"{100 * confidence:g} % interval, standard error {error:.3g}{freedom}"
    if error == 0:
        return judged("rate", predicted, math.nan, False, f"{note}; no spread around {centre:.6g}: not a sample")
    excluded = other is None or not low <= other <= high
    note += "; no rival to exclude" if other is None else f"; rival {other:g} {'' if excluded else 'not '}excluded"
    return judged("rate", predicted, centre, low <= predicted <= high and excluded, note, interval=(low, high))


def log_slopes(abscissa: Points, values: Points) -> Float[np.ndarray, " seeds"]:
    """Least-squares slope of log(values) against the abscissa, for each seed: estimates for `rate`.

    With the time as abscissa it is the rate of exponential decay or growth, with log(time) the exponent of a power
    law. A seed with a value that is not positive gets NaN, which fails the rate.

    Args:
        abscissa: shape (points,).
        values: shape (seeds, points).

    Examples:
        >>> t = np.linspace(0.0, 2.0, 5)
        >>> log_slopes(t, np.exp(-3.0 * t)[None]).round(12)
        array([-3.])
    """
    (x,), (curves,) = real_points(abscissa=abscissa), real_points(values=values)
    if x.ndim != 1 or len(np.unique(x)) < 2:
        raise ValueError(f"abscissa has shape {x.shape}; allowed is (points,) with at least 2 distinct entries")
    if curves.ndim != 2 or curves.shape[1] != len(x):
        raise ValueError(f"values has shape {curves.shape}; allowed is (seeds, {len(x)})")
    centred = x - x.mean()
    with np.errstate(all="ignore"):
        logs = np.where(curves > 0, np.log(curves), np.nan)
    return logs @ centred / (centred @ centred)
