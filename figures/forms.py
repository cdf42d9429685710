"""The plots that come back in every paper. Each takes axes and data, knows no equation, and returns its artists.

Every bar and band says on the axes what it is. Draw inside `figures.style.house_style()`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from figures.annotate import legend_above, small_print
from figures.statistics import (
    NORMAL_95,
    Band,
    PowerLaw,
    cell_edges,
    finite,
    fit_power_law,
    mean_band,
    poisson_interval,
    positive,
    seed_band,
)
from figures.style import BLUE, COLORS, DIVERGING, GREY, HAIRLINE, INK, SEQUENTIAL

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.colorbar import Colorbar
    from matplotlib.container import ErrorbarContainer
    from matplotlib.lines import Line2D

_AGREEMENT = "agreement"


def line_with_band(
    ax: "Axes", x: ArrayLike, y: ArrayLike | Band, label: str | None = None, color: str | None = None, **line
) -> tuple["Line2D", "Artist"]:
    """A line inside a band, with the meaning of the band in small print.

    At `x` (points,) stand samples `y` (seeds, points), shown as `seed_band`, or a `Band`, such as `mean_band(samples)`.
    The colour is by default the cycle's next, `label` is for `direct_labels` or a legend, `line` for `Axes.plot`.

    >>> from figures.style import new_figure
    >>> line_with_band(new_figure()[1], [0, 1], [[0, 1], [1, 2], [5, 3]])[0].get_ydata().tolist()  # medians
    [1.0, 2.0]
    """
    band = y if isinstance(y, Band) else seed_band(y)
    x = np.asarray(x)
    (curve,) = ax.plot(x, np.asarray(band.middle), label=label, color=color, **line)
    area = ax.fill_between(
        x, np.asarray(band.lower), np.asarray(band.upper), color=curve.get_color(), alpha=0.2, linewidth=0,
        zorder=curve.get_zorder() - 0.5)  # fmt: skip
    if band.meaning:
        small_print(ax, band.meaning)
    return curve, area


def method_curves(
    axes: Sequence["Axes"], x: ArrayLike, panels: Mapping[str, ArrayLike], methods: Sequence[str]
) -> None:
    """One panel a quantity, one line a method: the mean over seeds inside its 95 % interval.

    `panels` goes from the label of a y axis to samples (methods, seeds, points) at `x` (points,); x labels, scales and
    the legend are the caller's. At most eight `methods` have one colour in all panels; the last may have no samples.

    >>> from figures.style import new_figure
    >>> ax = new_figure()[1]
    >>> method_curves([ax], [0, 1], {"reward": [[[0, 1], [2, 3]]]}, ["plain"])
    >>> ax.get_ylabel(), ax.lines[0].get_label(), ax.lines[0].get_ydata().tolist()
    ('reward', 'plain', [1.0, 2.0])
    """
    for ax, (quantity, samples) in zip(axes, panels.items(), strict=True):
        runs = np.asarray(samples)
        if len(runs) > min(len(methods), len(COLORS)):
            raise ValueError(f"{quantity} has {len(runs)} methods: {len(methods)} names and {len(COLORS)} colours")
        for which, samples_of_one in enumerate(runs):
            line_with_band(ax, x, mean_band(samples_of_one), methods[which], COLORS[which])
        ax.set_ylabel(quantity)


def phase_diagram(
    ax: "Axes",
    x: ArrayLike,
    y: ArrayLike,
    values: ArrayLike,
    boundary: tuple[ArrayLike, ArrayLike] | None = None,
    points: tuple[ArrayLike, ArrayLike, ArrayLike] | None = None,
    label: str = "",
    limits: tuple[float, float] | None = None,
    centre: float | None = None,
) -> tuple["QuadMesh", list["Artist"]]:
    """Values over a plane of two parameters, the boundary that theory draws, and measured dots in the same colours.

    Args:
        ax: its scales (linear or log) are kept: set them first.
        x: (columns,) centres of the cells.
        y: (rows,) centres of the cells.
        values: (rows, columns); not-a-number shows as grey.
        boundary: curve (x, y), black on a white halo.
        points: (x, y, value) measured: dots in the cells' colours; one that agrees leaves only its outline.
        label: of the colour bar; '' draws none (`color_bar` draws one for several axes).
        limits: of the colours; by default the range of all that is shown.
        centre: makes the colours diverge from this value, with equal reach to both sides.

    Returns:
        The cells, and what was drawn over them.

    >>> from figures.style import new_figure
    >>> phase_diagram(new_figure()[1], [0, 1], [0, 1], [[0, 1], [2, 3]])[0].get_clim()
    (0.0, 3.0)
    """
    x, y, values = finite("x", x, 1), finite("y", y, 1), np.asarray(values, dtype=float)
    if values.shape != (len(y), len(x)):
        raise ValueError(f"values has shape {values.shape}: must be (rows of y, columns of x) = {(len(y), len(x))}")
    low, high = limits or _color_limits(values if points is None else np.append(values, points[2]), centre)
    cells = ax.pcolormesh(
        cell_edges(x, ax.get_xscale()), cell_edges(y, ax.get_yscale()), np.ma.masked_invalid(values),
        cmap=SEQUENTIAL if centre is None else DIVERGING, vmin=low, vmax=high, rasterized=True, zorder=0)  # fmt: skip
    ax.set(facecolor="#d4d4d4", xlim=ax.get_xlim(), ylim=ax.get_ylim())  # the plane keeps its edges
    over: list[Artist] = []
    if boundary is not None:
        over += ax.plot(*map(np.asarray, boundary), color=INK, label="predicted", path_effects=_halo())
    if points is not None:
        at_x, at_y, value = map(np.asarray, points)
        over.append(
            ax.scatter(
                at_x, at_y, c=value, cmap=cells.cmap, norm=cells.norm, s=20, edgecolors="white", linewidths=0.7,
                label="measured", zorder=3, path_effects=_halo(1.5, INK)))  # fmt: skip
    if over:
        legend_above(ax)
    if label:
        color_bar(cells, [ax], label)
    return cells, over


def color_bar(cells: "QuadMesh", axes: Sequence["Axes"], label: str) -> "Colorbar":
    """One slim colour bar for axes that share their colours (give each `phase_diagram` the same `limits`).

    >>> from figures.style import new_figure
    >>> ax = new_figure()[1]
    >>> color_bar(phase_diagram(ax, [0, 1], [0, 1], [[0, 1], [2, 3]])[0], [ax], "gain").ax.get_ylabel()
    'gain'
    """
    bar = axes[0].figure.colorbar(cells, ax=list(np.ravel(np.asarray(axes, dtype=object))), aspect=26, pad=0.02)
    bar.set_label(label)
    bar.outline.set_visible(False)
    return bar


def order_plot(
    ax: "Axes",
    step_sizes: ArrayLike,
    errors: ArrayLike,
    expected_slope: float,
    label: str = "",
    color: str | None = None,
    floor: float = 0.0,
) -> tuple["Line2D", "Line2D", PowerLaw]:
    """Errors against step size, log-log: the fitted slope in the legend, the expected slope as a line.

    Both are (points,) and positive; errors at or below `floor` are rounding: drawn hollow, not fitted. The expected
    slope is dashed through the middle of the fitted points, since only the slope is predicted; `label` goes before it.

    Returns:
        The points, the line of the expected slope, and the fitted law.

    >>> from figures.style import new_figure
    >>> order_plot(new_figure()[1], [1.0, 2.0], [3.0, 12.0], 2)[0].get_label()
    'slope 2.000 (expected 2)'
    """
    step, error = positive("step_sizes", step_sizes), positive("errors", errors)
    fitted = error > floor
    law = fit_power_law(step[fitted], error[fitted])
    ax.set(xscale="log", yscale="log")
    spread = "" if np.isnan(law.half_width) else f" ± {law.half_width:.3f}"
    name = f"{label}: slope {law.slope:.3f}{spread} (expected {expected_slope:g})".removeprefix(": ")
    (dots,) = ax.plot(step[fitted], error[fitted], "o", label=name, color=color, zorder=3)
    if not fitted.all():
        ax.plot(step[~fitted], error[~fitted], "o", color=dots.get_color(), markerfacecolor="white", zorder=3)
        small_print(ax, "hollow: rounding, not fitted")
    centre_step, centre_error = np.exp(np.log(step[fitted]).mean()), np.exp(np.log(error[fitted]).mean())
    ends = np.array([step[fitted].min(), step[fitted].max()])
    (line,) = ax.plot(
        ends, centre_error * (ends / centre_step) ** expected_slope, "--", color=dots.get_color(),
        linewidth=1.5 * HAIRLINE)  # fmt: skip
    small_print(ax, "±: 95 % of the fit")
    ax.legend()
    return dots, line, law


def predicted_measured(
    ax: "Axes",
    predicted: ArrayLike,
    measured: ArrayLike,
    error: ArrayLike | None = None,
    label: str | None = None,
    color: str | None = None,
    scale: str = "linear",
) -> "ErrorbarContainer":
    """Measured against predicted on equal axes; the diagonal is agreement, the worst deviation is written out.

    The limits hold the (points,) of every call. With `error`, the standard error of `measured`, bars show 95 % (1.96
    of them) and the deviation is counted in them; without, it is relative where `scale` is 'log' and not 'linear'.

    >>> from figures.style import new_figure
    >>> predicted_measured(new_figure()[1], [1.0, 2.0], [1.0, 2.5])[0].axes.texts[0].get_text()
    'largest deviation 0.5 of 2'
    """
    if scale not in ("linear", "log"):
        raise ValueError(f"scale={scale!r}: must be 'linear' or 'log'")
    check = finite if scale == "linear" else positive
    p, m = check("predicted", predicted), check("measured", measured)
    if p.shape != m.shape:
        raise ValueError(f"predicted has shape {p.shape}, measured {m.shape}: must be equal")
    e = None if error is None else np.broadcast_to(positive("error", error), m.shape)
    ax.set(xscale=scale, yscale=scale, aspect="equal", adjustable="box")
    if all(line.get_gid() != _AGREEMENT for line in ax.lines):  # corner to corner, since the limits are equal
        ax.plot([0, 1], [0, 1], transform=ax.transAxes, color=GREY, linewidth=HAIRLINE, zorder=1, gid=_AGREEMENT)
    bars = ax.errorbar(
        p, m, None if e is None else NORMAL_95 * e, fmt="o", label=label, color=color, elinewidth=0.8,
        markeredgecolor="white", markeredgewidth=0.35)  # fmt: skip
    _equal_limits(ax, scale)
    small_print(ax, (f"{label}: " if label else "") + _worst(p, m, e, scale))
    return bars


def histogram_density(
    ax: "Axes",
    samples: ArrayLike,
    x: ArrayLike,
    density: ArrayLike,
    bins: int | None = None,
    label: str = "measured",
    color: str = BLUE,
) -> tuple["ErrorbarContainer", "Line2D"]:
    """Samples as a normalised histogram with exact Poisson bars, against the density that they should have.

    The histogram spans `x` (points,), where `density` (points,) is exact; samples outside are not drawn, but they count
    in the norm, and their number is said. `bins` are by default twice the cube root of the number of samples, at
    most 60; `label` and `color` are the histogram's.

    >>> from figures.style import new_figure
    >>> bars, _ = histogram_density(new_figure()[1], [0.1, 0.2, 0.3, 0.7], [0, 1], [1, 1], bins=2)
    >>> bars[0].get_ydata().tolist()  # 3 and 1 of 4 samples in half of the range
    [1.5, 0.5]
    """
    samples, x, density = finite("samples", samples).ravel(), finite("x", x, 1), finite("density", density, 1)
    if bins is None:
        bins = int(np.clip(2 * np.cbrt(len(samples)), 5, 60))
    counts, edges = np.histogram(samples, bins=bins, range=(x.min(), x.max()))
    norm = len(samples) * np.diff(edges)
    height, (lower, upper) = counts / norm, (end / norm for end in poisson_interval(counts))
    ax.stairs(height, edges, fill=True, color=color, alpha=0.2, linewidth=0)
    bars = ax.errorbar(
        (edges[1:] + edges[:-1]) / 2, height, (height - lower, upper - height), fmt="o", markersize=2.2, color=color,
        elinewidth=0.8, label=label)  # fmt: skip
    (exact,) = ax.plot(x, density, color=INK, label="exact", zorder=1.9)
    ax.set_ylim(bottom=0)
    outside = len(samples) - counts.sum()
    small_print(ax, f"bars: 95 % (Poisson), n = {len(samples):,}" + (f", {outside:,} outside" if outside else ""))
    return bars, exact


def _color_limits(values: np.ndarray, centre: float | None) -> tuple[float, float]:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if centre is None:
        return low, high
    reach = max(high - centre, centre - low)
    return centre - reach, centre + reach


def _halo(width: float = 2.6, color: str = "white") -> list:
    """An outline that keeps an artist visible on every colour of a plane."""
    from matplotlib.patheffects import withStroke  # drags in the backends: not at import

    return [withStroke(linewidth=width, foreground=color)]


def _equal_limits(ax: "Axes", scale: str) -> None:
    """Both axes over the points and bars of every call so far, with a margin."""
    shown = [part for dots, _, bars in ax.containers for part in (*dots.get_data(), *(b.get_segments() for b in bars))]
    values = np.concatenate([np.ravel(part) for part in shown])
    if scale == "log":
        values = np.log(values[values > 0])  # a bar may cross zero
    margin = 0.04 * np.ptp(values) or 0.05
    ends = np.array([values.min() - margin, values.max() + margin])
    ends = np.exp(ends) if scale == "log" else ends
    ax.set(xlim=ends, ylim=ends)


def _worst(p: np.ndarray, m: np.ndarray, e: np.ndarray | None, scale: str) -> str:
    if e is not None:
        return f"largest deviation {np.max(np.abs(m - p) / e):.1f} standard errors of {p.size}; bars: 95 %"
    if scale == "log":
        return f"largest deviation {np.max(np.abs(m / p - 1)):.2%} of {p.size}"
    return f"largest deviation {np.max(np.abs(m - p)):.2g} of {p.size}"
