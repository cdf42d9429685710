"""A figure on a page: its picture, its files, the command that draws it, its record. All that is foreign is escaped."""

from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any

Files = Mapping[str, tuple[str, int]]  # name -> (address from the report's root, bytes)

_LARGEST_SVG = 1_500_000  # bytes; beyond it a browser is quicker with the PNG
_FILE_NAMES = {
    "figure.pdf": "PDF",
    "figure.svg": "SVG",
    "figure.png": "PNG",
    "arrays.npz": "Arrays",
    "run.json": "Record",
}


def picture(files: Files, alt: str, width_height: tuple[int, int] | None, root: str) -> str:
    """The image in the sharper of its formats, linked to the file itself; '' where nothing was drawn.

    >>> picture({"figure.png": ("a.png", 9)}, "A line", None, "../")
    '<a class="plate" href="../a.png"><img src="../a.png" alt="A line" loading="lazy"></a>'
    """
    drawn = [name for name in ("figure.svg", "figure.png") if name in files]
    if not drawn:
        return ""
    light = [name for name in drawn if name == "figure.png" or files[name][1] <= _LARGEST_SVG]
    address = root + files[(light or drawn)[0]][0]
    # The width in print, times 1.6: a page is read from further away on a screen than on paper.
    shape, style = "", ""
    if width_height:
        width, height = width_height
        shape = f' width="{width}" height="{height}"'
        style = f' style="max-width:{1.6 * width / 300:.3g}in"'
    return (
        f'<a class="plate" href="{address}"{style}>'
        f'<img src="{address}" alt="{escape(alt)}" loading="lazy"{shape}></a>')  # fmt: skip


def copyable(command: str) -> str:
    """A command with a button that copies it; its lines break between words, never inside an option.

    >>> copyable("make report").partition("<button")[0]
    '<div class="command"><code><span>make</span> <span>report</span></code>'
    """
    words = " ".join(f"<span>{escape(word)}</span>" for word in command.split(" "))
    return f'<div class="command"><code>{words}</code><button type="button" class="copy" hidden>Copy</button></div>'


def downloads(files: Files, root: str) -> str:
    """Links to what there is, with sizes.

    >>> downloads({"run.json": ("a.json", 2300)}, "../")
    '<li><a href="../a.json" download>Record</a> <span>2 kB</span></li>'
    """
    return "".join(
        f'<li><a href="{root}{files[name][0]}" download>{kind}</a> <span>{_size(files[name][1])}</span></li>'
        for name, kind in _FILE_NAMES.items()
        if name in files
    )


def provenance(record: Mapping[str, Any]) -> str:
    """Where a figure comes from, as a list of terms.

    >>> "<dt>Seed</dt><dd>4</dd>" in provenance({"seed": 4})
    True
    """
    git, x64 = record.get("git") or {}, record.get("x64")
    commit = git.get("commit") and f"{git['commit'][:12]}{', with changes not committed' if git.get('dirty') else ''}"
    terms = {
        "Preset": record.get("preset"),
        "Configuration": _settings(record.get("config")),
        "Set by hand": ", ".join(map(str, record.get("overrides") or [])) or "nothing",
        "Seed": record.get("seed"),
        "Precision": None if x64 is None else "64 bit" if x64 else "32 bit",
        "Device": record.get("device"),
        "Versions": ", ".join(f"{name} {version}" for name, version in (record.get("versions") or {}).items()),
        "Commit": commit,
        "Computed in": None if record.get("seconds") is None else f"{record['seconds']:.3g} s",
        "Finished": record.get("finished") and _Html(when(record["finished"])),
        "SHA-256 of arrays": record.get("arrays_sha256"),
    }
    return (
        "<dl>" + "".join(f"<div><dt>{term}</dt><dd>{_told(said)}</dd></div>" for term, said in terms.items()) + "</dl>"
    )


class _Html(str):
    """Text that is HTML already."""


def when(finished: str) -> str:
    """A moment as a person writes it, with the exact one for machines; as it came where it can't be read.

    >>> when("2026-11-21T07:38:12+00:00")
    '<time datetime="2026-11-21T07:38:12+00:00">21 November 2026, 07:38 UTC</time>'
    """
    try:
        moment = datetime.fromisoformat(finished)
    except ValueError:
        return escape(finished)
    zone = "" if moment.tzinfo is None else f" {moment.tzname()}"
    words = f"{moment.day} {moment:%B %Y, %H:%M}{zone}"
    return f'<time datetime="{escape(finished)}">{escape(words)}</time>'


def _told(said: Any) -> str:
    if said is None or said == "":
        return '<span class="nothing">not recorded</span>'
    return said if isinstance(said, _Html) else escape(str(said))


def _settings(config: Mapping[str, Any] | None) -> _Html | None:
    if not config:
        return None
    return _Html(" ".join(f"<code>{escape(name)}={escape(str(value))}</code>" for name, value in config.items()))


def _size(size: int) -> str:
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
