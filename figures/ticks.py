"""Numbers on a logarithmic axis that spans few powers of ten, where the default writes one number or none."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

if TYPE_CHECKING:
    from matplotlib.axis import Axis

_DECADES = 2.0  # from here on, powers of ten are numbers enough


def plain_numbers(*axes: "Axis") -> None:
    """Numbers at 1, 2, 3 and 5 times powers of ten, where there are few of those; call it last, the limits being set.

    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> ax.set(yscale="log", ylim=(0.4, 6.0)) and plain_numbers(ax.yaxis)
    >>> [f"{tick:g}" for tick in ax.get_yticks() if 0.4 <= tick <= 6]
    ['0.5', '1', '2', '3', '5']
    """
    for axis in axes:
        low, high = sorted(axis.get_view_interval())
        axis.set_minor_formatter(NullFormatter())
        if high < low * 10**_DECADES:
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 3.0, 5.0) if high < 30 * low else (1.0, 3.0)))
            axis.set_major_formatter("{x:g}")


def ticks_at(axis: "Axis", values: Sequence[float]) -> None:
    """A tick and its number at each of these values, and no other: sizes that were tried.

    >>> from matplotlib.figure import Figure
    >>> axis = Figure().subplots().yaxis
    >>> ticks_at(axis, (4, 16, 64))
    >>> [label.get_text() for label in axis.get_ticklabels()]
    ['4', '16', '64']
    """
    axis.set_ticks(list(values), [f"{value:g}" for value in values])
    axis.set_minor_locator(NullLocator())
