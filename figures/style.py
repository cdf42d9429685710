"""House style: widths of a journal column, colours that all eyes can tell apart, and figures without global state.

Draw inside `with house_style():`. Matplotlib reads its parameters when an artist is made and again when a file is
written, and keeps them in one table a process: the context starts from matplotlib's own defaults (so that nobody's
`matplotlibrc` changes a figure), puts the table back at its end, and lets one thread in at a time.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from cycler import cycler

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SINGLE = 3.3
"""Width of one journal column, in inches."""
DOUBLE = 6.9
"""Width of a page of two columns, in inches."""
GOLDEN = 0.618
"""Height over width of a plot that has no shape of its own."""

# Okabe & Ito, "Color Universal Design" (2008).
BLUE = "#0072B2"
VERMILION = "#D55E00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
ORANGE = "#E69F00"
SKY = "#56B4E9"
YELLOW = "#F0E442"  # not in the cycle: a thin yellow line on white has a contrast of 1.3
BLACK = "#000000"
GREY = "#767676"  # the lightest grey that is still legible as text on white (contrast 4.5)
COLORS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK, GREY)

SEQUENTIAL = "viridis"
DIVERGING = "RdBu_r"

INK = "#222222"
HAIRLINE = 0.5
SMALL = 7.0
TEXT = 8.0

_STYLE = {
    # STIX: the Times-like face of most journals, with its whole alphabet of mathematics, shipped with matplotlib.
    "font.family": "serif",
    "font.serif": ["STIXGeneral"],
    "mathtext.fontset": "stix",
    "font.size": TEXT,
    "axes.labelsize": TEXT,
    "axes.titlesize": TEXT,
    "figure.titlesize": TEXT,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "axes.unicode_minus": True,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    # Lines: the data are heavier than the frame, and the frame has two sides.
    "axes.linewidth": HAIRLINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "axes.titlepad": 4.0,
    "axes.labelpad": 2.5,
    "axes.xmargin": 0.03,
    "axes.ymargin": 0.05,
    "axes.formatter.limits": (-3, 4),
    "axes.formatter.use_mathtext": True,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.2,
    "lines.solid_capstyle": "round",
    "lines.dash_capstyle": "butt",
    "lines.dashed_pattern": (4.0, 2.0),
    "patch.linewidth": HAIRLINE,
    "hatch.linewidth": HAIRLINE,
    "errorbar.capsize": 0.0,
    **{f"{axis}tick.{part}": value
       for axis in "xy"
       for part, value in {
           "direction": "out", "major.size": 2.6, "minor.size": 1.5, "major.width": HAIRLINE,
           "minor.width": 0.35, "major.pad": 2.2, "minor.pad": 2.2}.items()},
    "legend.frameon": False,
    "legend.handlelength": 1.5,
    "legend.handletextpad": 0.5,
    "legend.labelspacing": 0.3,
    "legend.columnspacing": 1.2,
    "legend.borderaxespad": 0.3,
    "axes.prop_cycle": cycler(color=COLORS),
    "image.cmap": SEQUENTIAL,
    # Pages.
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.03,
    "figure.figsize": (SINGLE, SINGLE * GOLDEN),
    "figure.dpi": 300,  # as it is saved: what the layout measures is what the PNG shows, and is typeset once for both
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # TrueType: journals refuse Type 3, and text stays text
    "svg.fonttype": "path",  # a reader's machine has no STIX: outlines look alike everywhere
    "svg.hashsalt": "tipping",  # otherwise the ids in an SVG are random
}  # fmt: skip

# What belongs to the process and not to the look of a figure.
_PROCESS = ("backend", "interactive", "toolbar", "webagg", "tk.", "macosx", "keymap", "savefig.directory", "date.epoch")
_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def house_style() -> Iterator[None]:
    """Matplotlib in the style of the house, inside the `with` only.

    Example:
        >>> with house_style():
        ...     figure, axes = new_figure()
        ...     _ = axes.plot([0, 1], [0, 1])
    """
    defaults: dict = {key: value for key, value in matplotlib.rcParamsDefault.items() if not key.startswith(_PROCESS)}
    with _ONE_AT_A_TIME, matplotlib.rc_context(defaults | _STYLE):
        yield


def new_figure(
    width: float = SINGLE, height: float | None = None, rows: int = 1, cols: int = 1, **subplots
) -> tuple["Figure", np.ndarray]:
    """A figure that no global list holds, and its axes.

    Args:
        width: in inches, best `SINGLE` or `DOUBLE`.
        height: in inches; by default each plot is as wide as `1 / GOLDEN` times its height.
        rows: of plots.
        cols: of plots.
        **subplots: passed to `Figure.subplots`, such as `sharey=True` or `width_ratios=(2, 1)`.

    Returns:
        The figure, and one `Axes` where rows = cols = 1, otherwise an array (rows, cols) of them, squeezed.

    >>> figure, axes = new_figure(DOUBLE, 2.0, cols=3)
    >>> figure.get_size_inches().tolist(), axes.shape
    ([6.9, 2.0], (3,))
    """
    for name, value in {"width": width, "height": height, "rows": rows, "cols": cols}.items():
        if value is not None and not value > 0:
            raise ValueError(f"{name}={value}: must be positive")
    # Imported here because half of all that matplotlib costs at import is its Figure, and most commands draw nothing.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with house_style():
        figure = Figure(figsize=(width, height or width / cols * rows * GOLDEN))
        FigureCanvasAgg(figure)
        return figure, figure.subplots(rows, cols, **subplots)
