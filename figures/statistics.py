"""The numbers behind the plots: bands over seeds, power laws, Poisson bars, cell edges. NumPy only, no drawing."""

from typing import NamedTuple

import numpy as np
import scipy  # which imports `special` where it is first used
from numpy.typing import ArrayLike

NORMAL_95 = 1.959963984540054  # half a normal 95 % interval, in standard errors
_ENOUGH_SEEDS = 40  # with fewer, the central 95 % reaches beyond every seed but the extremes


class Band(NamedTuple):
    """A line and what surrounds it."""

    middle: ArrayLike  # (points,)
    lower: ArrayLike  # (points,)
    upper: ArrayLike  # (points,)
    meaning: str  # what the band is, in the words that a reader will see; '' says nothing


class PowerLaw(NamedTuple):
    """y = exp(intercept) x^slope."""

    slope: float
    half_width: float  # of the slope's 95 % interval (Student's t); nan with two points
    intercept: float


def seed_band(samples: ArrayLike) -> Band:
    """Median over seeds, and the central 95 % of them: how far from it a single run may be.

    Args:
        samples: (seeds, points). With fewer than 40 seeds that quantile can't be seen: the band is then the whole
            range, and says so.

    >>> band = seed_band([[0.0], [1.0], [5.0]])
    >>> band.middle.item(), band.upper.item(), band.meaning
    (1.0, 5.0, 'band: range of 3 seeds')
    """
    samples = finite("samples", samples, dimensions=2)
    seeds = len(samples)
    lower, middle, upper = np.quantile(samples, (0.025, 0.5, 0.975), axis=0)
    if seeds < _ENOUGH_SEEDS:
        return Band(middle, samples.min(0), samples.max(0), f"band: range of {seeds} seeds")
    return Band(middle, lower, upper, f"band: central 95 % of {seeds} seeds")


def mean_band(samples: ArrayLike) -> Band:
    """Mean over seeds and its 95 % interval (Student's t): how well the expectation is known.

    Args:
        samples: (seeds, points), two seeds or more.

    >>> mean_band([[-1.0], [1.0]]).upper.round(3).tolist()  # a standard error of 1, times t of one degree of freedom
    [12.706]
    """
    samples = finite("samples", samples, dimensions=2)
    seeds = len(samples)
    if seeds < 2:
        raise ValueError(f"samples has {seeds} seed: an interval needs two or more")
    middle = samples.mean(0)
    half = scipy.special.stdtrit(seeds - 1, 0.975) * samples.std(0, ddof=1) / np.sqrt(seeds)
    return Band(middle, middle - half, middle + half, f"band: 95 % interval of the mean of {seeds} seeds")


def fit_power_law(x: ArrayLike, y: ArrayLike) -> PowerLaw:
    """Least squares of log y on log x.

    Example:
        >>> round(fit_power_law([1.0, 2.0, 4.0], [3.0, 12.0, 48.0]).slope, 9)
        2.0
    """
    u, v = np.log(positive("x", x)), np.log(positive("y", y))
    if len(np.unique(u)) < 2:
        raise ValueError(f"x={np.exp(u)}: a slope needs two different points or more")
    du = u - u.mean()
    slope = du @ v / (du @ du)
    residual = v - v.mean() - slope * du
    free = len(u) - 2
    half = scipy.special.stdtrit(free, 0.975) * np.sqrt(residual @ residual / free / (du @ du)) if free else np.nan
    return PowerLaw(float(slope), float(half), float(v.mean() - slope * u.mean()))


def poisson_interval(counts: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Exact (Garwood) 95 % interval of a Poisson mean; unlike count ± sqrt(count), it is honest at 0, 1, 2...

    Example:
        >>> [round(float(end), 2) for end in poisson_interval(0)]
        [0.0, 3.69]
    """
    counts = np.asarray(counts, dtype=float)
    lower = np.where(counts > 0, scipy.special.gammaincinv(np.maximum(counts, 1), 0.025), 0.0)
    return lower, scipy.special.gammaincinv(counts + 1, 0.975)


def cell_edges(centres: ArrayLike, scale: str = "linear") -> np.ndarray:
    """Edges (n + 1,) half-way between centres (n,), in the scale of the axis ('linear' or 'log').

    Example:
        >>> cell_edges([1.0, 10.0, 100.0], "log").round(3).tolist()
        [0.316, 3.162, 31.623, 316.228]
    """
    if scale not in ("linear", "log"):
        raise ValueError(f"scale={scale!r}: must be 'linear' or 'log'")
    c = np.log(positive("centres", centres)) if scale == "log" else finite("centres", centres, dimensions=1)
    if len(c) < 2 or not (np.all(np.diff(c) > 0) or np.all(np.diff(c) < 0)):
        raise ValueError(f"centres={np.asarray(centres)}: must be two or more, in order")
    inner = (c[1:] + c[:-1]) / 2
    edges = np.concatenate([[2 * c[0] - inner[0]], inner, [2 * c[-1] - inner[-1]]])
    return np.exp(edges) if scale == "log" else edges


def finite(name: str, values: ArrayLike, dimensions: int | None = None) -> np.ndarray:
    """The values as floats, or a ValueError: a plot would drop a not-a-number without a word.

    >>> finite("x", [1.0, float("nan")])
    Traceback (most recent call last):
    ValueError: x has 1 non-finite of 2 values: none allowed
    """
    array = np.asarray(values, dtype=float)
    if dimensions is not None and array.ndim != dimensions:
        raise ValueError(f"{name} has shape {array.shape}: must have {dimensions} dimension(s)")
    if not array.size or not np.isfinite(array).all():
        raise ValueError(f"{name} has {np.sum(~np.isfinite(array))} non-finite of {array.size} values: none allowed")
    return array


def positive(name: str, values: ArrayLike) -> np.ndarray:
    """The values as floats, or a ValueError: what a log scale or a standard error can take.

    >>> positive("x", [0.0, 1.0])
    Traceback (most recent call last):
    ValueError: x goes down to 0: must be positive
    """
    array = finite(name, values)
    if not (array > 0).all():
        raise ValueError(f"{name} goes down to {array.min():g}: must be positive")
    return array
