"""Identity: two routes to the same numbers, sharing no code, agree to a float64 tolerance."""

import math

import numpy as np

from core.verify.evidence import Evidence, judged
from core.verify.points import Number, Points, at, real_points


def identity(closed_form: Points, other_route: Points, *, rtol: Number, atol: Number = 0.0) -> Evidence:
    """Holds iff |other_route - closed_form| <= atol + rtol |closed_form| at every point.

    Args:
        closed_form: what the mathematics predicts.
        other_route: the same numbers from autodiff, quadrature, enumeration...; equal shape, or a scalar.
        rtol: relative tolerance, in [0, 1).
        atol: absolute tolerance, for points whose exact value is zero.

    Returns:
        Evidence at the worst point, where `tolerance` is the absolute allowance; infinities fail like NaN.

    Examples:
        >>> identity(np.e, np.exp(1.0), rtol=1e-15).verdict
        'holds'
        >>> identity(np.e, np.exp(1.0) * (1 + 1e-6), rtol=1e-9).verdict
        'fails'
    """
    if not 0 <= rtol < 1:
        raise ValueError(f"rtol is {rtol}; allowed is 0 <= rtol < 1 (at 1 a measured zero would pass)")
    if not (0 <= atol and math.isfinite(atol)):
        raise ValueError(f"atol is {atol}; allowed is a finite number >= 0")
    predicted, measured = real_points(closed_form=closed_form, other_route=other_route)
    with np.errstate(all="ignore"):
        difference = np.abs(measured - predicted)
        allowance = atol + rtol * np.abs(predicted)
        share = np.where(difference == 0, 0.0, difference / allowance)
    worst = np.unravel_index(np.argmax(share), share.shape)  # argmax puts NaN first
    note = (
        f"{share.size} points, worst at {at(worst)}, off by {difference[worst]:.3g}; rtol {rtol:.3g}, atol {atol:.3g}"
    )
    passes = difference[worst] <= allowance[worst]
    return judged("identity", predicted[worst], measured[worst], passes, note, tolerance=allowance[worst])
