"""Saved figures: PNG, PDF and SVG that carry their provenance, the same bytes for the same data in every process."""

import json
import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from core.run.store import write_whole
from figures.style import house_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "pdf", "svg")

# Where each format has room for free text; a date or a user's name never goes in.
_FIELD = {"png": "Provenance", "pdf": "Keywords", "svg": "Description"}
_NO_DATE = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"


def save(figure: "Figure", folder: Path | str, provenance: Mapping[str, str]) -> list[Path]:
    """Write figure.png (300 dpi), figure.pdf and figure.svg into a folder, each whole or not at all.

    Equal data and provenance give equal bytes in every process with the same matplotlib: there are no dates, and ids
    are hashes with a fixed salt.

    Args:
        figure: drawn inside `house_style()`. Its layout is settled here and then stays, so that the three formats and
            a second save agree on it: each pass of the constrained layout would move the axes a little further.
        folder: made if it isn't there.
        provenance: what made the figure (paper, configuration, seed, commit...), text to text; it is kept
            in the files themselves and read back by `read_provenance`.

    Returns:
        The three paths, in the order of `FORMATS`.

    >>> from tempfile import TemporaryDirectory
    >>> from matplotlib.figure import Figure
    >>> with TemporaryDirectory() as folder:
    ...     [path.name for path in save(Figure((0.1, 0.1)), folder, {"seed": "4"})]
    ['figure.png', 'figure.pdf', 'figure.svg']
    """
    stamp = _stamp(provenance)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with house_style():
        if engine := figure.get_layout_engine():
            engine.execute(figure)
        figure.set_layout_engine("none")
        drawn = {kind: _render(figure, kind, stamp) for kind in FORMATS}
    return [write_whole(folder / f"figure.{kind}", content) for kind, content in drawn.items()]


def read_provenance(path: Path | str) -> dict[str, str]:
    """The provenance inside a PNG, PDF or SVG that `save` wrote.

    Raises:
        ValueError: the file is of another format, or carries no provenance.

    >>> from tempfile import TemporaryDirectory
    >>> from matplotlib.figure import Figure
    >>> with TemporaryDirectory() as folder:
    ...     read_provenance(save(Figure((0.1, 0.1)), folder, {"seed": "4"})[0])
    {'seed': '4'}
    """
    path = Path(path)
    readers = {"png": _png_text, "pdf": _pdf_text, "svg": _svg_text}
    reader = readers.get(path.suffix.removeprefix("."))
    if reader is None:
        raise ValueError(f"path={path}: must end in one of {', '.join(FORMATS)}")
    try:
        return json.loads(reader(path.read_bytes()) or "")
    except json.JSONDecodeError:
        raise ValueError(f"path={path}: holds no provenance of ours") from None


def _stamp(provenance: Mapping[str, str]) -> str:
    for key, value in provenance.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise ValueError(f"provenance[{key!r}]={value!r}: keys and values must be text")
    return json.dumps(dict(provenance), sort_keys=True)  # ASCII, which all three formats take without escapes of theirs


def _render(figure: "Figure", kind: str, stamp: str) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format=kind, metadata={_FIELD[kind]: stamp, **_NO_DATE[kind]})
    return buffer.getvalue()


def _png_text(content: bytes) -> str | None:
    place = 8  # after the signature come chunks: length, type, data, checksum
    while place + 8 <= len(content):
        length = int.from_bytes(content[place : place + 4], "big")
        data = content[place + 8 : place + 8 + length]
        if content[place + 4 : place + 8] == b"tEXt" and data.startswith(b"Provenance\0"):
            return data.split(b"\0", 1)[1].decode("latin-1")
        place += length + 12
    return None


def _pdf_text(content: bytes) -> str | None:
    found = re.search(rb"/Keywords \(((?:\\.|[^\\()])*)\)", content, re.DOTALL)
    if found is None:
        return None
    return re.sub(rb"\\([\\()])", rb"\1", found[1]).decode("ascii")


def _svg_text(content: bytes) -> str | None:
    return ElementTree.fromstring(content).findtext(f".//{_DUBLIN_CORE}description")
