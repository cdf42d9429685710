"""Order: an error shrinks like a power of the step, at every scale and not only on average."""

import math

import numpy as np
from scipy import stats

from core.verify.evidence import Evidence, judged
from core.verify.points import Number, Points, Scalar, real_points, real_scalars

FEWEST_POINTS = 4
SHORTEST_RANGE = 4.0  # largest over smallest step; below it a slope says nothing about a limit


def order(
    step_sizes: Points, errors: Points, *, expected: Scalar, tolerance: Number = 0.05, floor: Number = 1e-12
) -> Evidence:
    """Holds iff error ~ step^expected: the fitted slope and every local slope lie within the tolerance.

    The least-squares slope is a mean of the slopes between neighbours with positive weights, so it can be right while
    no part of the curve is (curvature, a few points that cancel). Therefore each local slope has to be right as well,
    and the whole 95 % t-interval of the fit has to lie inside `expected +- tolerance`.

    Args:
        step_sizes: positive and distinct, shape (n,). A parameter that grows (alpha -> inf) takes a negative order.
        errors: absolute errors or remainders, shape (n,).
        expected: the order that the mathematics predicts.
        tolerance: allowed deviation of a slope, below half the distance to the next plausible order.
        floor: errors up to here are rounding and are dropped. It should be about 1e3 to 1e4 eps times the numbers
            whose difference the error is; set too low, rounding bends the curve and the check fails.

    Returns:
        Evidence with the slope and its interval; `fails` with measured NaN when fewer than 4 points are above the
        floor or their steps span less than a factor of 4.

    Examples:
        >>> h = 2.0 ** -np.arange(3, 9)
        >>> order(h, np.abs(np.exp(h) - 1 - h), expected=2).verdict
        'holds'
    """
    steps, sizes = real_points(step_sizes=step_sizes, errors=errors)
    (predicted,) = real_scalars(expected=expected)
    _check_door(steps, sizes, tolerance, floor)
    ascending = np.argsort(steps)
    steps, sizes = steps[ascending], sizes[ascending]
    kept = ~(sizes <= floor)  # keeps NaN, which must not be dropped as if it were small
    steps, sizes, dropped = steps[kept], sizes[kept], int(np.sum(~kept))
    note = f"{len(steps)} points, {dropped} dropped at the floor {floor:.1g}"
    if len(steps) < FEWEST_POINTS or steps[-1] < SHORTEST_RANGE * steps[0]:
        why = f"{note}: needs {FEWEST_POINTS} points over a factor of {SHORTEST_RANGE:g} in the step"
        return judged("order", predicted, math.nan, False, why, tolerance=tolerance)
    x, y = np.log(steps), np.log(sizes)
    with np.errstate(invalid="ignore"):
        slope, half_width = _fitted_slope(x, y)
        local = np.diff(y) / np.diff(x)
    note += f"; steps {steps[0]:.3g} to {steps[-1]:.3g}, local slopes {local.min():.4g} to {local.max():.4g}"
    local_passes = np.abs(local - predicted).max() <= tolerance
    fit_passes = abs(slope - predicted) + half_width <= tolerance
    interval = (slope - half_width, slope + half_width)
    return judged("order", predicted, slope, local_passes and fit_passes, note, tolerance=tolerance, interval=interval)


def _fitted_slope(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Least-squares slope and the half-width of its 95 % t-interval."""
    centred = x - x.mean()
    square = centred @ centred
    slope = float(centred @ y / square)
    residual = y - y.mean() - slope * centred
    freedom = len(x) - 2
    return slope, float(stats.t.ppf(0.975, freedom) * np.sqrt(residual @ residual / freedom / square))


def _check_door(steps: np.ndarray, errors: np.ndarray, tolerance: Number, floor: Number) -> None:
    if steps.ndim != 1:
        raise ValueError(f"step_sizes has shape {steps.shape}; allowed is (n,)")
    if not (steps > 0).all() or len(np.unique(steps)) < len(steps):
        raise ValueError(f"step_sizes is {steps}; allowed are positive, distinct numbers")
    if (errors < 0).any():
        raise ValueError(f"errors has the negative entry {errors.min()}; allowed are absolute errors")
    if not (tolerance > 0 and math.isfinite(tolerance)):
        raise ValueError(f"tolerance is {tolerance}; allowed is a positive number")
    if not (floor >= 0 and math.isfinite(floor)):
        raise ValueError(f"floor is {floor}; allowed is a number >= 0")
