"""The pages of the report that list papers and claims: plain data in, HTML out."""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from figures.explore import cards, explorables_of
from figures.frame import Site, counted, masthead, noun, page, source_link
from figures.markup import VERDICTS, Claim, badge, claims_table, verdict_bar, verdict_counts
from figures.plate import copyable, downloads, picture, provenance, when
from figures.typeset import typeset

if TYPE_CHECKING:
    from figures.report import FigureRow, Paper

_PAGE_WIDE = 1400  # pixels of a PNG at 300 dpi: wider than one column and a half of a journal


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


def overview_page(summaries: Sequence[Summary], site: Site) -> str:
    """Front page: what was checked, what came out, where and when; and what there is to play with.

    >>> "No paper has been added yet." in overview_page([], Site(()))
    True
    """
    claims = [claim for summary in summaries for claim in summary.claims]
    drawn = [figure for summary in summaries for figure in summary.figures if figure.files]
    lede = """Every claim of a paper as a pure function, a number that a program checks,
  and a picture that one command redraws."""
    body = f"""{masthead("Theory papers, checked by program", "Tipping", lede)}
<ul class="tally">
  <li><b>{len(summaries)}</b> {noun(len(summaries), "paper")}</li>
  <li><b>{len(drawn)}</b> {noun(len(drawn), "figure")}</li>
  <li><b>{len(claims)}</b> {noun(len(claims), "claim")}</li>
</ul>
{verdict_bar(claims) + _verdict_key(claims) if claims else '<p class="empty">No claim has been checked yet.</p>'}
{_computed([figure.row.record for figure in drawn])}
<section aria-labelledby="papers">
  <h2 id="papers">Papers</h2>
  {_papers_table(summaries) if summaries else '<p class="empty">No paper has been added yet.</p>'}
</section>
<section aria-labelledby="explore">
  <h2 id="explore">Explore</h2>
  {cards()}
</section>"""
    return page("Tipping: theory papers, checked by program", body, "index.html", site)


def paper_page(summary: Summary, before: "Paper | None", after: "Paper | None", site: Site) -> str:
    """One paper: its figures, large, and its claims.

    >>> from figures.report import Paper
    >>> paper = Paper("halves", "Halves", (), "Half of x.", "trees")
    >>> "<h1>Halves</h1>" in paper_page(Summary(paper, [], []), None, None, Site(()))
    True
    """
    paper, figures, claims = summary
    here = f"papers/{paper.name}.html"
    plates = "".join(_figure(figure, place, site) for place, figure in enumerate(figures, 1))
    none = '<p class="empty">No claim of this paper has been checked yet.</p>'
    sentence, rest = first_sentence(paper.abstract)
    more = f'\n  <p class="scope">{typeset(rest)}</p>' if rest else ""
    body = f"""{masthead(paper.family, paper.title, sentence, more + _byline(summary))}
<section aria-labelledby="figures">
  <h2 id="figures">Figures</h2>
  {plates or '<p class="empty">This paper has no figures yet.</p>'}
</section>
<section aria-labelledby="claims">
  <h2 id="claims">Claims</h2>
  {verdict_bar(claims) + claims_table(claims, here, site) if claims else none}
</section>
<nav class="turn" aria-label="Other papers">{_turn(before, "Previous")}{_turn(after, "Next")}</nav>"""
    return page(f"{paper.title} · Tipping", body, here, site)


def ledger_page(papers: Iterable["Paper"], claims: Sequence[Claim], site: Site) -> str:
    """All claims in one table, to be searched, filtered and sorted.

    >>> "No claim has been checked yet." in ledger_page([], [], Site(()))
    True
    """
    titles = {paper.name: paper.title for paper in papers}
    present = {claim["paper"] for claim in claims}
    filters = "".join((
        _select("verdict", "Verdict", {verdict: verdict for verdict, _ in verdict_counts(claims)}),
        _select("kind", "Evidence", {kind: kind for kind in sorted({claim["kind"] for claim in claims})}),
        _select("paper", "Paper", {name: title for name, title in titles.items() if name in present}),
    ))  # fmt: skip
    none = "No claim has been checked yet. <code>python -m launch.verify</code> checks them all."
    lede = "What each paper says, what was measured, and whether the two agree."
    table = f"""{verdict_bar(claims)}{_verdict_key(claims)}
<form class="filters" role="search" hidden>
  <label>Words<input type="search" name="words" autocomplete="off"></label>{filters}
  <p role="status"></p>
</form>
{claims_table(claims, "ledger.html", site, titles) if claims else ""}"""
    body = masthead("All papers", "Ledger of claims", lede) + (table if claims else f'<p class="empty">{none}</p>')
    return page("Ledger of claims · Tipping", body, "ledger.html", site)


def first_sentence(text: str) -> tuple[str, str]:
    """The first sentence, and the rest.

    >>> first_sentence("A law, e.g. R = -a e^H. Verified here: all.")
    ('A law, e.g. R = -a e^H.', 'Verified here: all.')
    """
    end = re.search(r"(?<!e\.g)(?<!i\.e)(?<!vs)\.\s+(?=[A-Z])", text)
    return (text[: end.start() + 1], text[end.end() :]) if end else (text, "")


def _byline(summary: Summary) -> str:
    paper, figures, claims = summary
    links = [f'<a href="https://arxiv.org/abs/{escape(name)}">arXiv:{escape(name)}</a>' for name in paper.arxiv]
    links += [
        f'<a href="#figures">{counted(len(figures), "figure")}</a>',
        f'<a href="#claims">{counted(len(claims), "claim")}</a>',
        *(f'<a href="../{address}">Explore: {name}</a>' for address, name in explorables_of(paper.family)),
    ]
    return f'\n  <p class="byline">{" · ".join(links)}</p>'


def _papers_table(summaries: Sequence[Summary]) -> str:
    families: dict[str, list[Summary]] = {}
    for summary in summaries:
        families.setdefault(summary.paper.family, []).append(summary)
    groups = "".join(
        f"<tbody>{_family_row(family, members)}{''.join(map(_paper_row, members))}</tbody>"
        for family, members in families.items()
    )
    heads = '<th scope="col">Paper</th><th scope="col" class="n">Figures</th><th scope="col">Claims</th>'
    return f"""<div class="scroll" tabindex="0" role="region" aria-label="Papers">
<table class="papers"><thead><tr>{heads}<th scope="col">Computed</th></tr></thead>{groups}</table></div>"""


def _family_row(family: str, members: Sequence[Summary]) -> str:
    """The family's name, and the verdicts of all its papers together."""
    claims = [claim for summary in members for claim in summary.claims]
    drawn = sum(bool(figure.files) for summary in members for figure in summary.figures)
    play = "".join(f'<a href="{address}">Explore</a>' for address, _ in explorables_of(family))
    return f"""<tr class="family"><th scope="rowgroup">{escape(family[:1].upper() + family[1:])}
<span>{counted(len(members), "paper")}</span></th><td class="n">{drawn}</td>
<td class="verdicts">{_verdicts_in_words(claims)}</td><td>{play}</td></tr>
"""


def _verdicts_in_words(claims: Sequence[Claim]) -> str:
    if not claims:
        return '<span class="nothing">none yet</span>'
    words = ", ".join(f"{count} {verdict}" for verdict, count in verdict_counts(claims))
    return f"{verdict_bar(claims)}<span>{words}</span>"


def _paper_row(summary: Summary) -> str:
    paper, figures, claims = summary
    drawn = [figure for figure in figures if figure.files]
    few = f"{len(drawn)} of {len(figures)}" if len(drawn) < len(figures) else str(len(figures))
    last = max((str(figure.row.record.get("finished") or "") for figure in drawn), default="")
    devices = ", ".join(dict.fromkeys(str(f.row.record["device"]) for f in drawn if f.row.record.get("device")))
    computed = f"{when(last)}<span>{escape(devices)}</span>" if last else '<span class="nothing">not yet</span>'
    return f"""<tr><th scope="row"><a href="papers/{paper.name}.html">{escape(paper.title)}</a></th>
<td class="n">{few}</td><td class="verdicts">{_verdicts_in_words(claims)}</td><td class="computed">{computed}</td></tr>
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
    return f"""<p class="computed">Figures computed {span}, in {_duration(seconds)} on {escape(", ".join(devices))},
from {noun(len(commits), "commit")} {", ".join(f"<code>{escape(commit)}</code>" for commit in commits)}.</p>"""


def _duration(seconds: float) -> str:
    return f"{seconds:.3g} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def _figure(figure: Drawn, place: int, site: Site) -> str:
    row, record = figure.row, figure.row.record
    shown = picture(figure.files, f"{row.title}. {row.caption}", figure.pixels, root="../")
    command = record.get("command")
    if not shown:
        how = "the command below draws it" if command else "no command is on record"
        shown = f'<p class="empty">This figure has not been drawn yet; {how}.</p>'
    narrow = figure.pixels is not None and figure.pixels[0] < _PAGE_WIDE
    redraw = copyable(str(command)) if command else ""
    code = source_link(row.source, f"papers/{row.paper}.html", site)
    links = downloads(figure.files, root="../") + (f'<li class="code">{code}</li>' if code else "")
    links = f'<ul class="downloads">{links}</ul>' if links else ""
    recorded = f"<details><summary>Provenance</summary>{provenance(record)}</details>" if figure.files else ""
    return f"""<figure id="{row.figure}" class="{"column" if narrow else "page"}">
{shown}
<figcaption><p><b>Figure {place}. {typeset(row.title)}.</b> {typeset(row.caption)}</p>
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
