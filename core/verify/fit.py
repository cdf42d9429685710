"""Fit: an empirical law, whose parameters and errors are reported and never asserted."""

import math
from collections.abc import Mapping

import numpy as np

from core.verify.evidence import Evidence
from core.verify.points import Points, Scalar, real_points, real_scalars


def fit(parameters: Mapping[str, Scalar], r2: Scalar, holdout_error: Scalar, note: str = "") -> Evidence:
    """Evidence with verdict `reported`; only a number that is not finite makes it `fails`.

    Examples:
        >>> fit({"a": 0.2, "b": 1.1}, r2=0.99, holdout_error=0.03).measured
        'a=0.2, b=1.1'
    """
    if not parameters:
        raise ValueError("parameters is empty; a fitted law has at least one")
    numbers = real_scalars(**parameters, r2=r2, holdout_error=holdout_error)
    quality = f"R2 {numbers[-2]:.4g}, hold-out error {numbers[-1]:.3g}" + (f"; {note}" if note else "")
    values = ", ".join(f"{name}={value:.6g}" for name, value in zip(parameters, numbers, strict=False))
    if not all(math.isfinite(x) for x in numbers):
        return Evidence("fit", "not predicted", math.nan, None, None, "fails", f"not finite: {values}; {quality}")
    return Evidence("fit", "not predicted", values, None, None, "reported", quality)


def r_squared(values: Points, fitted: Points) -> float:
    """Share of the variance of the values that the fit explains; NaN for values without variance.

    >>> values = np.array([1.0, 2.0, 3.0])
    >>> r_squared(values, values), r_squared(values, values.mean())
    (1.0, 0.0)
    """
    truth, model = real_points(values=values, fitted=fitted)
    total = float(np.sum((truth - truth.mean()) ** 2))
    return 1.0 - float(np.sum((truth - model) ** 2)) / total if total > 0 else math.nan


def root_mean_square_error(values: Points, predictions: Points) -> float:
    """Root mean square error, over the points held out for a `fit`.

    >>> root_mean_square_error(np.array([0.0, 0.0]), np.array([1.0, 7.0]))  # √(50/2)
    5.0
    """
    truth, model = real_points(values=values, predictions=predictions)
    return float(np.sqrt(np.mean((truth - model) ** 2)))
