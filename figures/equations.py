"""The pages of equations: what each function of `theory/` computes, and the claims and tests that check it."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import NamedTuple

from figures.docstring import docstring
from figures.frame import Site, counted, equation_address, masthead, page, source_link
from figures.markup import Claim, badge, claim_anchor
from figures.typeset import typeset

EQUATIONS = "equations/index.html"
_SHORT = 8  # checks that are listed without being asked for


class Equation(NamedTuple):
    """A function of the theory, or one of its types."""

    name: str
    signature: str  # '' of a type
    text: str  # its docstring
    source: str  # path:line
    claims: tuple[tuple[str, str], ...]  # (paper, claim) of the claims that use it
    tests: tuple[str, ...]  # 'path:line name' of the tests that use it
    users: tuple[tuple[str, str], ...] = ()  # (module, name) of what is computed with it


class Chapter(NamedTuple):
    """A module of the theory."""

    pillar: str  # modules of a pillar stand on one page
    path: str  # from the repository's root
    text: str  # its docstring
    functions: Sequence[Equation]


def equation_pages(
    chapters: Sequence[Chapter], titles: Mapping[str, str], claims: Sequence[Claim], site: Site
) -> dict[str, str]:
    """Address and content of every page; `titles` are those of the papers by name.

    >>> half = Equation("half", "half(x)", "x/2", "theory/trees/halves.py:7", (), ())
    >>> chapter = Chapter("Trees", "theory/trees/halves.py", "Halves.", [half])
    >>> list(equation_pages([chapter], {}, [], Site(())))
    ['equations/index.html', 'equations/trees.html']
    """
    ledger = {(claim["paper"], claim["claim"]): claim for claim in claims}
    pillars = [(name, list(group)) for name, group in groupby(chapters, lambda chapter: chapter.pillar)]
    pages = {EQUATIONS: _contents(pillars, site)}
    for pillar, group in pillars:
        here = equation_address(group[0].path).partition("#")[0]
        lede = (
            "From the equation to the function that computes it, and from there to the claims and tests that check it."
        )
        body = masthead("Equations", pillar, lede, _list(group, here))
        body += "".join(_chapter(chapter, titles, ledger, here, site) for chapter in group)
        pages[here] = page(f"Equations: {pillar} · Tipping", body, here, site)
    return pages


def _contents(pillars: Sequence[tuple[str, Sequence[Chapter]]], site: Site) -> str:
    lede = """What is computed, one idea a module: derivations as they stand beside the code,
each formula with the claims and tests that check it."""
    parts = [masthead("All pillars", "Equations", lede)]
    for pillar, chapters in pillars:
        address = equation_address(chapters[0].path).partition("#")[0].partition("/")[2]
        parts.append(
            f'<section><h2><a href="{address}">{escape(pillar)}</a></h2>{_list(chapters, EQUATIONS)}</section>'
        )
    return page("Equations · Tipping", "".join(parts), EQUATIONS, site)


def _list(chapters: Sequence[Chapter], here: str) -> str:
    """The modules of a pillar with their first lines and how much checks them."""
    rows = []
    for chapter in chapters:
        page_of, _, fragment = equation_address(chapter.path).partition("#")
        address = f"#{fragment}" if page_of == here else f"{page_of.partition('/')[2]}#{fragment}"
        title = chapter.text.partition("\n")[0].rstrip(".")
        used = {claim for function in chapter.functions for claim in function.claims}
        counts = f"{counted(len(chapter.functions), 'entry', 'entries')}, {counted(len(used), 'claim')}"
        rows.append(f'<li><a href="{address}">{typeset(title)}</a> <span class="count">{counts}</span></li>')
    return f'\n<ul class="contents">{"".join(rows)}</ul>'


def _chapter(
    chapter: Chapter, titles: Mapping[str, str], ledger: Mapping[tuple[str, str], Claim], here: str, site: Site
) -> str:
    title, _, rest = chapter.text.partition("\n")
    module = chapter.path.rpartition("/")[2].removesuffix(".py")
    papers = dict.fromkeys(paper for function in chapter.functions for paper, _ in function.claims if paper in titles)
    links = ", ".join(f'<a href="../papers/{escape(name)}.html">{escape(titles[name])}</a>' for name in papers)
    used = f'<p class="within">Claims of: {links}</p>' if links else ""
    functions = "".join(_equation(function, module, ledger, here, site) for function in chapter.functions)
    return f"""
<section class="chapter" aria-labelledby="{module}">
<h2 id="{module}">{typeset(title.rstrip("."))}</h2>
<div class="text">{docstring(rest)}</div>
<p class="id">{source_link(chapter.path, here, site)}</p>{used}{functions}
</section>"""


def _equation(function: Equation, module: str, ledger: Mapping[tuple[str, str], Claim], here: str, site: Site) -> str:
    name = escape(function.name)
    signature = f'<p class="signature"><code>{escape(function.signature)}</code></p>' if function.signature else ""
    checks = [_claim(ledger[key]) for key in function.claims if key in ledger]
    claims = len(checks)
    checks += [f"<li>Test {source_link(place, here, site, name)}</li>" for place, _, name in map(_cut, function.tests)]
    many = " open" * (len(checks) <= _SHORT)
    said = " and ".join(counted(n, word) for n, word in ((claims, "claim"), (len(checks) - claims, "test")) if n)
    listed = f"<details{many}><summary>Checked by {said}</summary><ul>{''.join(checks)}</ul></details>"
    return f"""
<article class="equation" id="{module}.{name}">
<h3><code>{name}</code></h3>{signature}
<div class="text">{docstring(function.text)}</div>
<p class="id">{source_link(function.source, here, site)}</p>{listed if checks else _users(function)}
</article>"""


def _users(function: Equation) -> str:
    """Of what has no check of its own: what is checked with it in it."""
    names = (f'<a href="../{equation_address(*key)}">{escape(key[1])}</a>' for key in function.users)
    return f'<p class="within">Checked within {", ".join(names)}</p>' if function.users else ""


def _cut(test: str) -> tuple[str, str, str]:
    return test.partition(" ")


def _claim(claim: Claim) -> str:
    address = f"../papers/{escape(claim['paper'])}.html#{claim_anchor(claim)}"
    name = f'<a href="{address}">{escape(claim["claim"])}</a>'
    return f"<li>{badge(claim['verdict'])} {typeset(claim['statement'])} <span>{name}</span></li>"
