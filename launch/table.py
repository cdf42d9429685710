"""Aligned columns for people; colour only on a terminal that wants it."""

import os
import shutil
import sys
from collections.abc import Sequence
from typing import TextIO

_COLORS = {"holds": "32", "holds-if": "33", "refuted": "35", "reported": "36", "fails": "1;31", "done": "32"}


def table(header: Sequence[str], rows: Sequence[Sequence[str]], stream: TextIO = sys.stdout) -> str:
    """The rows under their header; on a terminal the last column is cut at its edge."""
    columns = list(zip(header, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    width = shutil.get_terminal_size((120, 24)).columns if stream.isatty() else None

    def line(cells: Sequence[str]) -> str:
        text = "  ".join(cell.ljust(size) for cell, size in zip(cells, widths, strict=True)).rstrip()
        return text if width is None or len(text) <= width else text[: width - 1] + "…"

    lines = [line(header), *map(line, rows)]
    return "\n".join(lines[:1] + [paint(text, row, stream) for text, row in zip(lines[1:], rows, strict=True)])


def paint(text: str, row: Sequence[str], stream: TextIO) -> str:
    """Colours the word of a row that has a colour."""
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    for word in row:
        if word in _COLORS:
            return text.replace(f" {word} ", f" \033[{_COLORS[word]}m{word}\033[0m ", 1)
    return text
