"""The pages of what is wrong or conditional in the papers, and of speed."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from figures.frame import Site, counted, masthead, page
from figures.markup import Claim, badge, given, margin, number, sort_key, where
from figures.typeset import typeset

if TYPE_CHECKING:
    from figures.report import Paper

FINDINGS, BENCHMARKS = "findings.html", "benchmarks.html"
BENCH_KEYS = ("name", "ours", "peer", "ratio", "limit_fraction", "unit", "spread")

_HEADS = {
    "fails": ("Checks that do not pass", "A fault, here or in the paper: it is not known yet which."),
    "refuted": ("Refuted", "False as stated: at the counterexample the claim's own check is contradicted."),
    "holds-if": ("True on a condition", "True with the assumption named, contradicted without it."),
}


def findings_page(papers: Sequence["Paper"], claims: Sequence[Claim], site: Site) -> str:
    """Everything that a reader of the papers should know and would not learn from them."""
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


def benchmarks_page(rows: Sequence[Mapping[str, Any]], site: Site) -> str:
    """Speed beside peers and beside what the machine can do."""
    columns = ("What", "Ours", "Peer", "Unit", "Ratio", "Spread", "Share of limit")
    head = "".join(f'<th scope="col"{"" if name in ("What", "Unit") else " class=n"}>{name}</th>' for name in columns)
    lede = f"{counted(len(rows), 'measurement')}, ours and the peer's in one process, turn by turn."
    body = f"""{masthead("Speed", "Benchmarks", lede)}
<div class="scroll" tabindex="0" role="region" aria-label="Benchmarks">
<table class="claims bench"><thead><tr>{head}</tr></thead><tbody>{"".join(map(_bench_row, rows))}</tbody></table></div>
<p class="under">Costs: less is better. Ratio: the peer's cost over ours, its median and its range over the rounds.
Share of limit: what the same work costs at the limit of its scarcest resource, over ours. A dash: nothing comparable
was there.</p>"""
    return page("Benchmarks · Tipping", body, BENCHMARKS, site)


def check_bench(rows: Any) -> None:
    """Raises a ValueError unless `rows` is a list of measurements with the keys of `BENCH_KEYS`."""
    if not isinstance(rows, list | tuple) or not all(isinstance(row, Mapping) for row in rows):
        raise ValueError(f"bench: must be a list of rows with the keys {', '.join(BENCH_KEYS)}")
    for row in rows:
        missing = [key for key in BENCH_KEYS if key not in row]
        if missing:
            raise ValueError(f"bench {row.get('name')!r}: lacks {', '.join(missing)}")


def _bench_row(row: Mapping[str, Any]) -> str:
    def cells(*keys: str) -> str:
        return "".join(f'<td class="n" data-value="{sort_key(row[key])}">{_range(row[key])}</td>' for key in keys)

    return (
        f'<tr><th scope="row">{escape(str(row["name"]))}</th>{cells("ours", "peer")}'
        f"<td>{escape(str(row['unit']))}</td>{cells('ratio', 'spread', 'limit_fraction')}</tr>"
    )


def _range(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " to ".join(map(number, value))
    return number(value)
