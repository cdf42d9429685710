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
    source: str | None = None  # address of the folder that the sources are read in
    pages: frozenset[str] = frozenset()  # files that have a page in the report itself, where there is no such address


def page(title: str, body: str, here: str, site: Site, scripts: Sequence[str] = (), styles: Sequence[str] = ()) -> str:
    """A whole page.

    Args:
        title: of the window.
        body: HTML of the main part.
        here: address of the page from the report's root.
        site: see `Site`.
        scripts: files of `assets` that the page runs besides its own of all pages.
        styles: style sheets of `assets`, likewise.

    >>> "<title>a &lt; b</title>" in page("a < b", "<h1>Order</h1>", "index.html", Site(()))
    True
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
    """The head of a page; the texts are escaped, `after` is HTML.

    >>> '<p class="lede">Half of <math><mi>x</mi></math></p>' in masthead("Trees", "Halves", "Half of x")
    True
    """
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


def source_link(source: str | None, here: str, site: Site, words: str = "") -> str:
    """Where code stands, `path` or `path:line`: a link to its address, to its page in the report, or the words alone.

    >>> source_link("b.py:7", "papers/a.html", Site((), "https://host/tree"))
    '<a class="source" href="https://host/tree/b.py#L7">b.py:7</a>'
    >>> source_link("b.py:7", "papers/a.html", Site((), None, frozenset(["b.py"])))
    '<a class="source" href="../source/b.py.html#L7">b.py:7</a>'
    >>> source_link("a/b.py:7", "papers/a.html", Site(()))
    '<span class="source">a/<wbr>b.py:7</span>'
    """
    if not source:
        return ""
    shown = escape(words or source).replace("/", "/<wbr>")  # a long path breaks at its slashes
    path, _, line = source.partition(":")
    anchor = f"#L{line}" if line.isdecimal() else ""
    if site.source is not None:
        address = f"{site.source.rstrip('/')}/{quote(path)}"
    elif path in site.pages:
        address = f"{root_of(here)}source/{quote(path)}.html"
    else:
        return f'<span class="source">{shown}</span>'
    return f'<a class="source" href="{escape(address + anchor)}">{shown}</a>'


def equation_address(path: str, name: str = "") -> str:
    """Where a module, or one of its functions, stands in the report.

    >>> equation_address("theory/trees/majority.py", "majority_slope")
    'equations/trees.html#majority.majority_slope'
    """
    _, folder, file = path.split("/")
    module = file.removesuffix(".py")
    return f"equations/{folder}.html#{module}" + (f".{name}" if name else "")


def noun(count: int, word: str, words: str = "") -> str:
    """The word for so many.

    >>> noun(1, "claim"), noun(0, "claim")
    ('claim', 'claims')
    """
    return word if count == 1 else words or f"{word}s"


def counted(count: int, word: str, words: str = "") -> str:
    """Number and word.

    >>> counted(1, "entry", "entries"), counted(2, "claim")
    ('1 entry', '2 claims')
    """
    return f"{count} {noun(count, word, words)}"
