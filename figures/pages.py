"""The pages of the report: plain data in, HTML out."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from figures.markup import (
    VERDICTS,
    Claim,
    badge,
    claims_table,
    copyable,
    downloads,
    picture,
    provenance,
    verdict_bar,
    verdict_counts,
    when,
)

if TYPE_CHECKING:
    from figures.report import FigureRow, Paper

_PAGE_WIDE = 1400  # pixels of a PNG at 300 dpi: wider than one column and a half of a journal

GENERATOR = '<meta name="generator" content="tipping figures.report">'


class Drawn(NamedTuple):
    """A figure and what the report has of it."""

    row: "FigureRow"
    files: Mapping[str, tuple[str, int]]  # name -> (address from the report's root, bytes)
    pixels: tuple[int, int] | None  # width and height of the PNG


class Summary(NamedTuple):
    """A paper with all that belongs to it."""

    paper: "Paper"
    figures: Sequence[Drawn]
    claims: Sequence[Claim]


def overview_page(summaries: Sequence[Summary]) -> str:
    """Front page: what was checked, what came out, where and when."""
    claims = [claim for summary in summaries for claim in summary.claims]
    drawn = [figure for summary in summaries for figure in summary.figures if figure.files]
    families = dict.fromkeys(summary.paper.family for summary in summaries)
    body = f"""
<header class="masthead">
  <p class="eyebrow">Theory papers, checked by program</p>
  <h1>Tipping</h1>
  <p class="lede">Every claim of a paper as a pure function, a number that a program checks,
  and a picture that one command redraws.</p>
</header>
<ul class="tally">
  <li><b>{len(summaries)}</b> {_noun(len(summaries), "paper")}</li>
  <li><b>{len(drawn)}</b> {_noun(len(drawn), "figure")}</li>
  <li><b>{len(claims)}</b> {_noun(len(claims), "claim")}</li>
</ul>
{verdict_bar(claims) + _verdict_key(claims) if claims else '<p class="empty">No claim has been checked yet.</p>'}
{_computed([figure.row.record for figure in drawn])}
<section aria-labelledby="papers">
  <h2 id="papers">Papers</h2>
  {_papers_table(summaries, families) if summaries else '<p class="empty">No paper has been added yet.</p>'}
</section>"""
    return _page("Tipping: theory papers, checked by program", body, here="index.html")


def paper_page(summary: Summary, before: "Paper | None", after: "Paper | None") -> str:
    """One paper: its figures, large, and its claims."""
    paper, figures, claims = summary
    arxiv = (
        f'<a href="https://arxiv.org/abs/{escape(paper.arxiv)}">arXiv:{escape(paper.arxiv)}</a> · '
        if paper.arxiv
        else ""
    )
    plates = "".join(_figure(figure, place) for place, figure in enumerate(figures, 1))
    body = f"""
<header class="masthead">
  <p class="eyebrow">{escape(paper.family)}</p>
  <h1>{escape(paper.title)}</h1>
  <p class="lede">{escape(paper.abstract)}</p>
  <p class="byline">{arxiv}<a href="#figures">{_count(len(figures), "figure")}</a> · <a href="#claims">{
        _count(len(claims), "claim")
    }</a></p>
</header>
<section aria-labelledby="figures">
  <h2 id="figures">Figures</h2>
  {plates or '<p class="empty">This paper has no figures yet.</p>'}
</section>
<section aria-labelledby="claims">
  <h2 id="claims">Claims</h2>
  {
        verdict_bar(claims) + claims_table(claims)
        if claims
        else '<p class="empty">No claim of this paper has been checked yet.</p>'
    }
</section>
<nav class="turn" aria-label="Other papers">{_turn(before, "Previous")}{_turn(after, "Next")}</nav>"""
    return _page(f"{paper.title} · Tipping", body, here=f"papers/{paper.name}.html")


def ledger_page(papers: Iterable["Paper"], claims: Sequence[Claim]) -> str:
    """All claims in one table, to be searched, filtered and sorted."""
    titles = {paper.name: paper.title for paper in papers}
    present = {claim["paper"] for claim in claims}
    filters = "".join((
        _select("verdict", "Verdict", {verdict: verdict for verdict, _ in verdict_counts(claims)}),
        _select("kind", "Evidence", {kind: kind for kind in sorted({claim["kind"] for claim in claims})}),
        _select("paper", "Paper", {name: title for name, title in titles.items() if name in present}),
    ))  # fmt: skip
    table = f"""{verdict_bar(claims)}{_verdict_key(claims)}
<form class="filters" role="search" hidden>
  <label>Words<input type="search" name="words" autocomplete="off"></label>{filters}
  <p role="status"></p>
</form>
{claims_table(claims, titles)}"""
    none = "No claim has been checked yet. <code>python -m launch.verify</code> checks them all."
    body = f"""
<header class="masthead">
  <p class="eyebrow">All papers</p>
  <h1>Ledger of claims</h1>
  <p class="lede">What each paper says, what was measured, and whether the two agree.</p>
</header>
{table if claims else f'<p class="empty">{none}</p>'}"""
    return _page("Ledger of claims · Tipping", body, here="ledger.html")


def _page(title: str, body: str, here: str) -> str:
    root = "../" * here.count("/")
    links = "".join(
        f'<a href="{root}{address}"{" aria-current=page" if address == here else ""}>{name}</a>'
        for address, name in (("index.html", "Papers"), ("ledger.html", "Ledger"))
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{GENERATOR}
<title>{escape(title)}</title>
<link rel="stylesheet" href="{root}assets/report.css">
<script src="{root}assets/report.js" defer></script>
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<nav class="site" aria-label="Report"><a class="home" href="{root}index.html">Tipping</a>{links}</nav>
<main id="content">{body}
</main>
</body>
</html>
"""


def _papers_table(summaries: Sequence[Summary], families: Iterable[str]) -> str:
    groups = "".join(
        f'<tbody><tr class="family"><th colspan="4" scope="rowgroup">{escape(family)}</th></tr>'
        + "".join(_paper_row(summary) for summary in summaries if summary.paper.family == family)
        + "</tbody>"
        for family in families
    )
    heads = '<th scope="col">Paper</th><th scope="col" class="n">Figures</th><th scope="col">Claims</th>'
    return f"""<div class="scroll" tabindex="0" role="region" aria-label="Papers">
<table class="papers"><thead><tr>{heads}<th scope="col">Computed</th></tr></thead>{groups}</table></div>"""


def _paper_row(summary: Summary) -> str:
    paper, figures, claims = summary
    drawn = [figure for figure in figures if figure.files]
    few = f"{len(drawn)} of {len(figures)}" if len(drawn) < len(figures) else str(len(figures))
    counts = ", ".join(f"{count} {verdict}" for verdict, count in verdict_counts(claims))
    last = max((str(figure.row.record.get("finished") or "") for figure in drawn), default="")
    devices = ", ".join(dict.fromkeys(str(f.row.record["device"]) for f in drawn if f.row.record.get("device")))
    verdicts = f"{verdict_bar(claims)}<span>{counts}</span>" if claims else '<span class="nothing">none yet</span>'
    computed = f"{when(last)}<span>{escape(devices)}</span>" if last else '<span class="nothing">not yet</span>'
    return f"""<tr><th scope="row"><a href="papers/{paper.name}.html">{escape(paper.title)}</a></th>
<td class="n">{few}</td><td class="verdicts">{verdicts}</td><td class="computed">{computed}</td></tr>
"""


def _verdict_key(claims: Sequence[Claim]) -> str:
    """What each verdict means, with its count and a link to its claims."""
    return '<dl class="key">' + "".join(
        f'<div><dt><a href="ledger.html#verdict={verdict}">{badge(verdict)}</a> <b>{count}</b></dt>'
        f"<dd>{VERDICTS[verdict][1]}</dd></div>"
        for verdict, count in verdict_counts(claims)
    ) + "</dl>"  # fmt: skip


def _computed(records: Sequence[Mapping[str, Any]]) -> str:
    """When, on what and from which commits all that is shown was computed."""
    finished = sorted(str(record["finished"]) for record in records if record.get("finished"))
    if not finished:
        return ""
    devices = dict.fromkeys(str(record["device"]) for record in records if record.get("device"))
    commits = dict.fromkeys(str((record.get("git") or {}).get("commit") or "unknown")[:12] for record in records)
    seconds = sum(record.get("seconds") or 0.0 for record in records)
    span = when(finished[0]) + (f" to {when(finished[-1])}" if finished[-1] != finished[0] else "")
    return f"""<p class="computed">Figures computed {span}, in {seconds:.3g} seconds on {escape(", ".join(devices))},
from {_noun(len(commits), "commit")} {", ".join(f"<code>{escape(commit)}</code>" for commit in commits)}.</p>"""


def _figure(figure: Drawn, place: int) -> str:
    row, record = figure.row, figure.row.record
    shown = picture(figure.files, f"{row.title}. {row.caption}", figure.pixels, root="../")
    command = record.get("command")
    if not shown:
        how = "the command below draws it" if command else "no command is on record"
        shown = f'<p class="empty">This figure has not been drawn yet; {how}.</p>'
    narrow = figure.pixels is not None and figure.pixels[0] < _PAGE_WIDE
    redraw = copyable(str(command)) if command else ""
    links = f'<ul class="downloads">{downloads(figure.files, root="../")}</ul>' if figure.files else ""
    recorded = f"<details><summary>Provenance</summary>{provenance(record)}</details>" if record else ""
    return f"""<figure id="{row.figure}" class="{"column" if narrow else "page"}">
{shown}
<figcaption><p><b>Figure {place}. {escape(row.title)}.</b> {escape(row.caption)}</p>
{redraw}<div class="behind">{links}{recorded}</div></figcaption>
</figure>
"""


def _select(name: str, label: str, choices: Mapping[str, str]) -> str:
    options = "".join(f'<option value="{escape(value)}">{escape(shown)}</option>' for value, shown in choices.items())
    return f'<label>{label}<select name="{name}"><option value="">all</option>{options}</select></label>'


def _turn(paper: "Paper | None", label: str) -> str:
    if paper is None:
        return "<span></span>"
    return f'<a href="{paper.name}.html"><span>{label}</span>{escape(paper.title)}</a>'


def _noun(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"


def _count(count: int, noun: str) -> str:
    return f"{count} {_noun(count, noun)}"
