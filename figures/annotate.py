"""Words on axes: labels beside the lines they name, panel letters, thresholds, small print."""

import string
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import to_rgb

from figures.style import GREY, HAIRLINE, INK, SMALL, TEXT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D
    from matplotlib.text import Annotation, Text
    from matplotlib.typing import ColorType

_SMALL_PRINT = "small print"


def direct_labels(ax: "Axes", lines: Iterable["Line2D"] | None = None, gap: float = 3.0) -> list["Annotation"]:
    """Write each line's label at its right end, in its colour, where a legend would make the eye travel.

    Call it last: labels that would overlap are pushed apart for the limits that the axes have then.

    Args:
        ax: with lines drawn.
        lines: to be labelled; by default those of `ax` that were given a label.
        gap: between line and label, in points.

    >>> from figures.style import new_figure
    >>> ax = new_figure()[1]
    >>> _ = ax.plot([0, 1], [0, 2], label="slope 2")
    >>> [(label.get_text(), *map(float, label.xy)) for label in direct_labels(ax)]
    [('slope 2', 1.0, 2.0)]
    """
    chosen = [line for line in (ax.lines if lines is None else lines) if not str(line.get_label()).startswith("_")]
    if not chosen:
        raise ValueError("lines: none has a label")
    ends = np.asarray([_last_point(line) for line in chosen])
    ax.autoscale_view()  # the limits are otherwise settled only when the figure is drawn
    at = ax.transData.transform(ends)[:, 1] * 72 / ax.figure.dpi
    return [
        ax.annotate(
            str(line.get_label()), tuple(end), (gap, shift), textcoords="offset points", va="center",
            color=_darker(line.get_color()), fontsize=SMALL, annotation_clip=False)
        for line, end, shift in zip(chosen, ends, spread_apart(at, 1.1 * SMALL) - at, strict=True)
    ]  # fmt: skip


def spread_apart(places: np.ndarray, distance: float) -> np.ndarray:
    """Numbers near the given ones, in the same order and at least `distance` apart.

    Least squares: with `places` sorted, `places - distance * rank` must become non-decreasing, which pooling adjacent
    violators does.

    Example:
        >>> spread_apart(np.array([0.0, 1.0, 9.0]), 4.0)
        array([-1.5,  2.5,  9. ])
    """
    order = np.argsort(places, kind="stable")
    steps = distance * np.arange(len(places))
    pools: list[list[float]] = []
    for value in places[order] - steps:
        pools.append([value])
        while len(pools) > 1 and np.mean(pools[-2]) > np.mean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    apart = np.empty(len(places))
    apart[order] = [np.mean(pool) for pool in pools for _ in pool] + steps
    return apart


def panel_letters(axes: Iterable["Axes"]) -> list["Text"]:
    """Bold a, b, c... at the upper left corners, in reading order.

    >>> from figures.style import new_figure
    >>> [letter.get_text() for letter in panel_letters(new_figure(cols=3)[1])]
    ['a', 'b', 'c']
    """
    return [
        ax.set_title(letter, loc="left", fontweight="bold", fontsize=TEXT)
        for ax, letter in zip(np.ravel(np.asarray(axes, dtype=object)), string.ascii_lowercase, strict=False)
    ]


def threshold(ax: "Axes", at: float, text: str = "", axis: str = "x", color: str = INK) -> "Line2D":
    """A dashed line across the axes where theory puts a threshold, with its name beside it.

    >>> from figures.style import new_figure
    >>> threshold(new_figure()[1], 1.5, "critical").get_xdata()
    [1.5, 1.5]
    """
    if axis not in ("x", "y"):
        raise ValueError(f"axis={axis!r}: must be 'x' or 'y'")
    style = {"color": color, "linewidth": 1.5 * HAIRLINE, "linestyle": (0, (4, 2)), "zorder": 1.5}
    words = {"textcoords": "offset points", "fontsize": SMALL, "color": color, "annotation_clip": False}
    if axis == "x":
        ax.annotate(text, (at, 1), (3, 0), xycoords=ax.get_xaxis_transform(), ha="left", va="top", **words)
        return ax.axvline(at, **style)
    ax.annotate(text, (1, at), (0, 2), xycoords=ax.get_yaxis_transform(), ha="right", va="bottom", **words)
    return ax.axhline(at, **style)


def legend_above(ax: "Axes") -> "Legend":
    """What the axes hold, in one row above them: inside, it would cover data.

    >>> from figures.style import new_figure
    >>> ax = new_figure()[1]
    >>> _ = ax.plot([0, 1], label="rising")
    >>> [text.get_text() for text in legend_above(ax).get_texts()]
    ['rising']
    """
    return ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2)


def small_print(ax: "Axes", text: str) -> "Text":
    """Say once, in grey, what bars and bands mean; a second, different saying goes on a new line.

    >>> from figures.style import new_figure
    >>> ax = new_figure()[1]
    >>> said = [small_print(ax, words) for words in ("bars: 95 %", "n = 9", "bars: 95 %")]
    >>> print(said[-1].get_text())
    bars: 95 %
    n = 9
    """
    for old in ax.texts:
        if old.get_gid() == _SMALL_PRINT:
            said = old.get_text().split("\n")
            old.set_text("\n".join(said if text in said else [*said, text]))
            return old
    return ax.annotate(
        text, (1, 1), (0, 2), xycoords="axes fraction", textcoords="offset points", ha="right", va="bottom",
        fontsize=SMALL - 1, color=GREY, gid=_SMALL_PRINT)  # fmt: skip


def _darker(color: "ColorType") -> tuple[float, ...]:
    """Letters are thinner than lines and need more contrast."""
    return tuple(0.8 * part for part in to_rgb(color))


def _last_point(line: "Line2D") -> tuple[float, float]:
    x, y = (np.asarray(part, dtype=float) for part in line.get_data())
    drawn = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if not drawn.size:
        raise ValueError(f"line {line.get_label()!r}: has no finite point to put a label at")
    last = drawn[np.argmax(x[drawn])]
    return float(x[last]), float(y[last])
