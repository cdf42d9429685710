"""Bound: an inequality at many points, and at the worst point that an attack could find."""

import math

import numpy as np

from core.verify.evidence import Attack, Evidence, judged
from core.verify.falsify import Falsified
from core.verify.points import Number, Points, at, real_points


def bound(slack: Points, *, tolerance: Number, falsified: Falsified | None = None) -> Evidence:
    """Holds iff the smallest slack, right side minus left side, is >= -tolerance.

    Args:
        slack: slack at structured or random points. Where both sides can shrink together, divide by their scale:
            otherwise a small slack says that the numbers are small, not that the inequality is tight.
        tolerance: rounding that the slack may carry, absolute.
        falsified: what `falsify` found for the same slack.

    Returns:
        Evidence with the smallest slack; the note says how tight the inequality is and whether it was attacked.

    >>> bound(np.array([0.5, 0.1]), tolerance=0.0).verdict
    'holds'
    >>> bound(np.array([0.5, -0.1]), tolerance=0.0).verdict
    'fails'
    """
    if not (tolerance >= 0 and math.isfinite(tolerance)):
        raise ValueError(f"tolerance is {tolerance}; allowed is a finite number >= 0")
    (slacks,) = real_points(slack=slack)
    worst = np.unravel_index(np.argmin(slacks), slacks.shape)  # argmin puts NaN first
    smallest = float(slacks[worst])
    note = f"{slacks.size} points, smallest slack {smallest:.3g} at {at(worst)}, median {np.median(slacks):.3g}"
    tried, attack = smallest, None
    if falsified is None:
        note += "; not attacked"
    else:
        attack = Attack(falsified.slack, len(falsified.by_start), falsified.evaluations, falsified.not_finite)
        note += (
            f"; attack from {attack.starts} starts, {attack.evaluations} evaluations "
            f"({attack.not_finite} not finite), reached {attack.slack:.3g}"
        )
        # an attack that never saw a finite slack is no attack; np.minimum keeps NaN, min does not
        found = falsified.slack if math.isfinite(falsified.slack) else math.nan
        smallest = float(np.minimum(smallest, found))
    evidence = judged("bound", 0.0, smallest, smallest >= -tolerance, note, tolerance=tolerance)
    return evidence._replace(slack=tried, attack=attack)
