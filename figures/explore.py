"""Pages to play with: the mathematics of a family in plain JavaScript, its formulas tested against the Python ones.

A page is a fragment of HTML under `explorables`, a script of pure formulas and a script that moves the picture.
"""

from html import escape
from pathlib import Path
from typing import NamedTuple

from figures.frame import Site, masthead, page

_FRAGMENTS = Path(__file__).parent / "explorables"
_SHARED = ("plot.js",)


class Explorable(NamedTuple):
    """A page to play with."""

    name: str  # of its files: <name>.html, <name>.js (formulas) and <name>_page.js
    family: str  # of the papers that it belongs to
    title: str
    lede: str


EXPLORABLES = (
    Explorable(
        "trees",
        "trees",
        "When a tree of voters tips",
        "Each level of the tree maps the bias of a vote to that of the level above. Whether a weak signal grows on its "
        "way up or is lost is decided by one number, the slope of the map at zero.",
    ),
    Explorable(
        "entropy",
        "entropy",
        "What one step does to entropy",
        "Push the logits of a softmax policy and see which tokens raise its entropy and which lower it, how far the "
        "first-order law carries, and where it lets go.",
    ),
    Explorable(
        "swarm",
        "consensus",
        "A swarm that finds a minimum",
        "Particles that only compare energies drift to a weighted mean of themselves, with noise in proportion to "
        "their distance from it. Cold swarms agree on the best, hot ones on the middle.",
    ),
)


def explore_page(explorable: Explorable, site: Site) -> str:
    """One page; without JavaScript it says so.

    >>> "it needs JavaScript" in explore_page(EXPLORABLES[0], Site(()))
    True
    """
    name = explorable.name
    here = address_of(explorable)
    fragment = (_FRAGMENTS / f"{name}.html").read_text(encoding="utf-8")
    silent = '<noscript><p class="empty">This page is a program: it needs JavaScript.</p></noscript>'
    others = "".join(
        f'<a href="{Path(address_of(other)).name}"><span>Explore</span>{escape(other.title)}</a>'
        for other in EXPLORABLES
        if other != explorable
    )
    body = f"""{masthead("Explore", explorable.title, explorable.lede)}
{silent}{fragment}
<nav class="turn" aria-label="Other pages to explore">{others}</nav>"""
    scripts = (*_SHARED, f"{name}.js", f"{name}_page.js")
    return page(f"{explorable.title} · Tipping", body, here, site, scripts, ("explore.css",))


def address_of(explorable: Explorable) -> str:
    """Address of its page from the report's root.

    >>> address_of(EXPLORABLES[0])
    'explore/trees.html'
    """
    return f"explore/{explorable.name}.html"


def explorables_of(family: str) -> list[tuple[str, str]]:
    """(address, title) of what there is to play with for a family of papers.

    >>> explorables_of("trees")
    [('explore/trees.html', 'When a tree of voters tips')]
    """
    return [(address_of(one), escape(one.title)) for one in EXPLORABLES if one.family == family]


def cards() -> str:
    """A link to each page, with what is there to see.

    >>> cards().count("<a href=") == len(EXPLORABLES)
    True
    """
    return '<ul class="cards">' + "".join(
        f'<li><a href="{address_of(one)}">{escape(one.title)}</a><p>{escape(one.lede)}</p></li>' for one in EXPLORABLES
    ) + "</ul>"  # fmt: skip
