"""The page of what is wrong or conditional in the papers."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from figures.frame import Site, masthead, page
from figures.markup import Claim, badge, given, margin, number, where
from figures.typeset import typeset

if TYPE_CHECKING:
    from figures.report import Paper

FINDINGS = "findings.html"

_HEADS = {
    "fails": ("Checks that do not pass", "A fault, here or in the paper: it is not known yet which."),
    "refuted": ("Refuted", "False as stated: at the counterexample the claim's own check is contradicted."),
    "holds-if": ("True on a condition", "True with the assumption named, contradicted without it."),
}


def findings_page(papers: Sequence["Paper"], claims: Sequence[Claim], site: Site) -> str:
    """Everything that a reader of the papers should know and would not learn from them.

    >>> from figures.report import Paper
    >>> claim = {"paper": "trees", "claim": "slope", "statement": "The slope is 3/2.", "kind": "law"}
    >>> claim |= {"verdict": "refuted", "predicted": 1.5, "measured": 1.0, "tolerance": 0.1, "interval": None}
    >>> paper = Paper("trees", "Trees", (), "", "trees")
    >>> page = findings_page([paper], [claim | {"note": "", "given": "b = 1"}], Site(()))
    >>> "<dt>Counterexample</dt>" in page, "Checks that do not pass" in page
    (True, False)
    """
    titles = {paper.name: paper.title for paper in papers}
    found = {verdict: [claim for claim in claims if claim["verdict"] == verdict] for verdict in _HEADS}
    sections = "".join(
        f'<section aria-labelledby="{verdict}"><h2 id="{verdict}">{head} <span>{len(found[verdict])}</span></h2>'
        f'<p class="under">{meaning}</p>{"".join(_finding(claim, titles, site) for claim in found[verdict])}</section>'
        for verdict, (head, meaning) in _HEADS.items()
        if found[verdict]
    )
    none = '<p class="empty">No claim that was checked is refuted, or needs an assumption that its paper left out.</p>'
    lede = "Where a paper's statement is not the whole truth: the counterexample, or the assumption that was left out."
    body = masthead("All papers", "Refutations and conditions", lede) + (sections or none)
    return page("Refutations and conditions · Tipping", body, FINDINGS, site)


def _finding(claim: Claim, titles: Mapping[str, str], site: Site) -> str:
    term, words = given(claim)
    said = f"<div><dt>{term}</dt><dd>{typeset(words)}</dd></div>" if words else ""
    compared = (
        f"predicted {number(claim['predicted'])}, measured {number(claim['measured'])} {margin(claim)}"
        if claim["measured"] not in (None, "")
        else "nothing was measured"
    )
    rest = f'<p class="note">{typeset(claim["note"])}</p>' if claim["note"] else ""
    name = escape(claim["paper"])
    return f"""<article class="finding">
<p class="said">{badge(claim["verdict"])} <a href="papers/{name}.html">{escape(titles[claim["paper"]])}</a></p>
<h3>{typeset(claim["statement"])}</h3>
<dl>{said}<div><dt>{escape(claim["kind"]).capitalize()}</dt><dd>{compared}{rest}</dd></div></dl>
{where(claim, FINDINGS, site)}
</article>
"""
