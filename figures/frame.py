"""What all pages of the report share: head, running head, what the report as a whole knows, and words that count."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple
from urllib.parse import quote

from figures.typeset import typeset

GENERATOR = '<meta name="generator" content="tipping figures.report">'


class Site(NamedTuple):
    """What every page knows of the report that it is in."""

    sections: tuple[tuple[str, str], ...]  # (address from the report's root, name), for the running head
    source: str | None = None  # address of the folder that the sources are read in; None shows paths as text


def page(title: str, body: str, here: str, site: Site, scripts: Sequence[str] = (), styles: Sequence[str] = ()) -> str:
    """A whole page.

    Args:
        title: of the window.
        body: HTML of the main part.
        here: address of the page from the report's root.
        site: see `Site`.
        scripts: files of `assets` that the page runs besides its own of all pages.
        styles: style sheets of `assets`, likewise.
    """
    root = root_of(here)
    links = "".join(f'<a href="{root}{address}"{_current(address, here)}>{name}</a>' for address, name in site.sections)
    sheets = "".join(f'\n<link rel="stylesheet" href="{root}assets/{name}">' for name in ("report.css", *styles))
    programs = "".join(f'\n<script src="{root}assets/{name}" defer></script>' for name in ("report.js", *scripts))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{GENERATOR}
<title>{escape(title)}</title>
<link rel="icon" href="data:,">{sheets}{programs}
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<nav class="site" aria-label="Report"><a class="home" href="{root}index.html">Tipping</a>{links}</nav>
<main id="content">{body}
</main>
</body>
</html>
"""


def _current(address: str, here: str) -> str:
    if address == here:
        return " aria-current=page"
    return " aria-current=true" if address.split("/")[0] == here.split("/")[0] else ""  # a neighbour of the page


def masthead(eyebrow: str, title: str, lede: str, after: str = "") -> str:
    """The head of a page; the texts are escaped, `after` is HTML."""
    return f"""
<header class="masthead">
  <p class="eyebrow">{escape(eyebrow)}</p>
  <h1>{escape(title)}</h1>
  <p class="lede">{typeset(lede)}</p>{after}
</header>"""


def root_of(here: str) -> str:
    """The way from a page to the report's root.

    >>> root_of("papers/a.html"), root_of("index.html")
    ('../', '')
    """
    return "../" * here.count("/")


def source_link(source: str | None, site: Site) -> str:
    """Where code stands, `path` or `path:line`: a link where the report knows an address, else the words.

    >>> source_link("b.py:7", Site((), "https://host/tree"))
    '<a class="source" href="https://host/tree/b.py#L7">b.py:7</a>'
    >>> source_link("a/b.py:7", Site(()))
    '<span class="source">a/<wbr>b.py:7</span>'
    """
    if not source:
        return ""
    shown = escape(source).replace("/", "/<wbr>")  # a long path breaks at its slashes
    if site.source is None:
        return f'<span class="source">{shown}</span>'
    path, _, line = source.partition(":")
    address = f"{site.source.rstrip('/')}/{quote(path)}" + (f"#L{line}" if line.isdecimal() else "")
    return f'<a class="source" href="{escape(address)}">{shown}</a>'


def noun(count: int, word: str) -> str:
    """The word for so many.

    >>> noun(1, "claim"), noun(0, "claim")
    ('claim', 'claims')
    """
    return word if count == 1 else f"{word}s"


def counted(count: int, word: str) -> str:
    """Number and word."""
    return f"{count} {noun(count, word)}"
