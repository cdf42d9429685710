"""The one way from an experiment's `draw` to files: in the house style, with provenance, in three formats."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from figures.save import save
from figures.style import house_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def render(draw: "Callable[[], Figure]", folder: Path, provenance: Mapping[str, str]) -> list[Path]:
    """Draws and saves; the style holds for both, because matplotlib reads it at both.

    >>> from tempfile import TemporaryDirectory
    >>> from matplotlib.figure import Figure
    >>> with TemporaryDirectory() as folder:
    ...     [path.name for path in render(lambda: Figure((0.1, 0.1)), Path(folder), {"seed": "4"})]
    ['figure.png', 'figure.pdf', 'figure.svg']
    """
    with house_style():
        return save(draw(), folder, provenance)
