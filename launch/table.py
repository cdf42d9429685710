"""Aligned columns for people; colour only on a terminal that wants it."""

import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

_COLORS = {"holds": "32", "holds-if": "33", "refuted": "35", "reported": "36", "fails": "1;31", "done": "32"}


_NAMES, _LEAST = 2, 14  # columns that name a thing are never cut; the others to no less than this


def table(header: Sequence[str], rows: Sequence[Sequence[str]], stream: TextIO = sys.stdout) -> str:
    """The rows under their header; on a terminal the widest columns give way, and what is left is cut at its edge."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    edge = shutil.get_terminal_size((120, 24)).columns if stream.isatty() else None
    if edge is not None:
        widths = _fitted(widths, edge)

    def line(cells: Sequence[str]) -> str:
        kept = [_cut(cell, size).ljust(size) for cell, size in zip(cells, widths, strict=True)]
        return _cut("  ".join(kept).rstrip(), edge)

    lines = [line(header), *map(line, rows)]
    return "\n".join(lines[:1] + [paint(text, row, stream) for text, row in zip(lines[1:], rows, strict=True)])


def _fitted(widths: Sequence[int], edge: int) -> list[int]:
    """Takes from the widest column, one character at a time, until the line fits or nothing more can be taken."""
    fitted = list(widths)
    while sum(fitted) + 2 * (len(fitted) - 1) > edge and max(fitted[_NAMES:], default=0) > _LEAST:
        fitted[_NAMES + fitted[_NAMES:].index(max(fitted[_NAMES:]))] -= 1
    return fitted


def _cut(text: str, width: int | None) -> str:
    return text if width is None or len(text) <= width else text[: width - 1] + "…"


def paint(text: str, row: Sequence[str], stream: TextIO) -> str:
    """Colours the word of a row that has a colour."""
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    for word in row:
        if word in _COLORS:
            return re.sub(rf"(?<= ){word}(?= |$)", f"\033[{_COLORS[word]}m{word}\033[0m", text, count=1)
    return text


def flag_lines(values: Any, names: Iterable[str] | None = None, *, short: bool = False) -> list[str]:
    """One line a flag of `absl.flags.FlagValues`, aligned; `short` leaves out what stands in brackets."""
    chosen = [values[name] for name in (sorted(values) if names is None else names)]
    # absl puts the choices before the words
    rows = [(_spelled(flag), flag.help.split(">: ")[-1]) for flag in chosen]
    width = max(len(spelled) for spelled, _ in rows)
    return [f"  {spelled:{width}}  {help.split(' (')[0] if short else help}" for spelled, help in rows]


def _spelled(flag: Any) -> str:
    if choices := getattr(flag.parser, "enum_values", None):
        return f"--{flag.name}={'|'.join(choices)}"
    return f"--{flag.name}" if flag.boolean else f"--{flag.name}=..."
