"""How the cost of a piece of work grows with its size, and whether it grows as the mathematics says."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from figures.style import BLUE, DOUBLE, GREY, VERMILION, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS, PANEL = 3, 1.75  # panels side by side; height of one, in inches
FEWEST = 3  # sizes that a slope is fitted through


class Growth(NamedTuple):
    """A curve of cost against size."""

    of: str
    variable: str
    exponent: float  # expected
    sizes: np.ndarray
    seconds: np.ndarray
    slope: float  # fitted in logarithms over the larger half of the sizes, where overheads are small
    factor: float  # of the fitted power law


def growths(rows: Sequence[Mapping[str, Any]]) -> list[Growth]:
    """The curves in the rows of a benchmark, those of at least `FEWEST` sizes.

    >>> rows = [{"curve": {"of": "a", "variable": "n", "value": n, "exponent": 2}, "seconds": n**2} for n in (1, 2, 4)]
    >>> print(f"{growths(rows)[0].slope:.3f}")
    2.000
    """
    found: dict[tuple[str, str], dict[float, tuple[float, float]]] = {}
    for row in rows:
        curve, cost = row.get("curve"), row.get("seconds")
        if curve and cost:
            points = found.setdefault((curve["of"], curve["variable"]), {})
            points[float(curve["value"])] = (float(cost), float(curve["exponent"]))
    return [_fitted(*key, points) for key, points in found.items() if len(points) >= FEWEST]


def _fitted(of: str, variable: str, points: Mapping[float, tuple[float, float]]) -> Growth:
    sizes = np.array(sorted(points))
    seconds, exponents = np.array([points[size] for size in sizes]).T
    used = slice(-max(FEWEST, (len(sizes) + 1) // 2), None)
    slope, factor = np.polyfit(np.log(sizes[used]), np.log(seconds[used]), 1)
    return Growth(of, variable, float(exponents[0]), sizes, seconds, float(slope), float(np.exp(factor)))


def draw_growths(found: Sequence[Growth]) -> "Figure":
    """One panel a curve: the costs, the fitted power law, and dotted the expected one through the largest size.

    >>> curve = Growth("a", "n", 2.0, np.array([1.0, 2.0, 4.0]), np.array([1.0, 4.0, 16.0]), 2.0, 1.0)
    >>> draw_growths([curve]).axes[0].get_title(loc="left")
    'a: slope 2.00, expected 2'
    """
    lines = -(-len(found) // COLUMNS)
    with house_style():
        figure, axes = new_figure(DOUBLE, PANEL * lines, lines, COLUMNS, squeeze=False)
        for ax, growth in zip(axes.flat, found, strict=False):
            _panel(ax, growth)
        for ax in axes.flat[len(found) :]:
            ax.set_axis_off()
        axes.flat[0].legend(loc="best")
    return figure


def _panel(ax: Any, growth: Growth) -> None:
    sizes, seconds = growth.sizes, growth.seconds
    ax.plot(sizes, 1e3 * seconds[-1] * (sizes / sizes[-1]) ** growth.exponent, ":", color=GREY, label="expected")
    ax.plot(sizes, 1e3 * growth.factor * sizes**growth.slope, color=VERMILION, label="fitted")
    ax.plot(sizes, 1e3 * seconds, "o", color=BLUE, markersize=3.5, label="measured")
    ax.set(xscale="log", yscale="log", xlabel=growth.variable, ylabel="ms (CPU)")
    ax.set_title(f"{growth.of}: slope {growth.slope:.2f}, expected {growth.exponent:g}")
    middle = np.sqrt(seconds.min() * seconds.max()) * 1e3
    reach = max(2.0 * np.sqrt(seconds.max() / seconds.min()), 10**0.75)  # so that at least one power of ten has a label
    ax.set_ylim(middle / reach, middle * reach)
    shown = sizes[[0, len(sizes) // 2, -1]]
    ax.set_xticks(shown, [f"{size:,.0f}" for size in shown])
    ax.xaxis.set_minor_formatter("")
    ax.yaxis.set_minor_formatter("")
