"""The report: a folder of plain HTML that opens from disk, figures with their provenance, claims with their checks."""

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from core.run import store
from figures import pages
from figures.equations import EQUATIONS, Chapter, equation_pages
from figures.explore import EXPLORABLES, address_of, explore_page
from figures.findings import FINDINGS, findings_page
from figures.frame import GENERATOR, Site
from figures.markup import VERDICTS
from figures.pages_bench import BENCHMARKS, check_bench, write_benchmarks
from figures.sources import source_pages

_DOWNLOADS = ("figure.png", "figure.pdf", "figure.svg", "arrays.npz", "run.json")
_ASSETS = Path(__file__).parent / "assets"
_CLAIM_KEYS = frozenset(
    ("paper", "claim", "statement", "kind", "predicted", "measured", "tolerance", "interval", "verdict", "note")
)


class Paper(NamedTuple):
    """What the report says of a paper."""

    name: str  # of its folder under experiments/: letters, digits, - and _
    title: str
    arxiv: Sequence[str]  # such as ('2601.17311',); empty where there is no such address
    abstract: str  # a sentence or two
    family: str  # papers of a family stand together


class FigureRow(NamedTuple):
    """A figure that was drawn, or that is still to be drawn."""

    paper: str  # Paper.name
    figure: str  # letters, digits, - and _
    title: str
    caption: str
    folder: Path  # with figure.png/.pdf/.svg, arrays.npz and run.json; what is missing is left out
    record: Mapping[str, Any]  # contents of run.json; what is missing is called not recorded
    source: str | None = None  # path of the script from the repository's root


def build(
    papers: Sequence[Paper],
    figures: Sequence[FigureRow],
    ledger: Sequence[Mapping[str, Any]],
    out: Path,
    *,
    source: str | None = None,
    root: Path | None = None,
    bench: Sequence[Mapping[str, Any]] = (),
    chapters: Sequence[Chapter] = (),
) -> Path:
    """Write the report, and put it in the place of an older one only when it is complete.

    Args:
        papers: in the order of the report.
        figures: each of a paper above; numbered in this order.
        ledger: each claim of a paper above, with the keys paper, claim, statement, kind, predicted, measured,
            tolerance, interval, verdict (one of `markup.VERDICTS`), note and, where there are such, seconds, source
            (path:line) and uses (pairs of a path under theory/ and a function's name).
        out: folder to be made, or an older report to be replaced. Anything else there is an error.
        source: address of the repository's files, to which `/path#Lline` is added.
        root: the repository; without an address the files spoken of get pages in the report, without either they
            are named and not linked.
        bench: measurements of speed with the keys of `pages_bench.BENCH_KEYS`; without any the page is left out.
        chapters: the modules of the theory, for the pages of equations; likewise.

    Returns:
        Path of index.html.

    >>> from tempfile import TemporaryDirectory
    >>> paper = Paper("halves", "Halves", (), "Half of x.", "trees")
    >>> with TemporaryDirectory() as folder:
    ...     sorted(page.name for page in build([paper], [], [], Path(folder) / "report").parent.glob("*.html"))
    ['findings.html', 'index.html', 'ledger.html']
    """
    _check(papers, figures, ledger)
    check_bench(bench)
    if source is not None and not re.fullmatch(r"https?://[^\s\"'<>]+", source):
        raise ValueError(f"source={source!r}: must be an address that begins with http:// or https://")
    out = Path(out).absolute()
    if out.exists() and not _replaceable(out):
        raise ValueError(f"out={out}: exists and is no report; give a new folder, or an older report's")
    sections = [("index.html", "Papers"), ("ledger.html", "Ledger"), (FINDINGS, "Refutations")]
    sections += [(EQUATIONS, "Equations")] * bool(chapters)
    sections += [(address_of(EXPLORABLES[0]), "Explore")] + [(BENCHMARKS, "Benchmarks")] * bool(bench)
    aside = store.new_folder(out)
    try:
        shown = frozenset(() if source or root is None else _sources(figures, ledger, chapters, root))
        site = Site(tuple(sections), source, shown)
        _fill(aside, papers, figures, ledger, site)
        _write(
            aside,
            equation_pages(chapters, {paper.name: paper.title for paper in papers}, ledger, site) if chapters else {},
        )
        _write(aside, source_pages(sorted(shown), root, site) if root else {})
        if bench:
            write_benchmarks(bench, site, aside)
        store.publish(aside, out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return out / "index.html"


def _fill(
    folder: Path,
    papers: Sequence[Paper],
    figures: Sequence[FigureRow],
    ledger: Sequence[Mapping[str, Any]],
    site: Site,
) -> None:
    shutil.copytree(_ASSETS, folder / "assets")
    drawn = [pages.Drawn(row, _copy(row, folder), _pixels(row.folder / "figure.png")) for row in figures]
    ledger = sorted(ledger, key=lambda claim: list(VERDICTS).index(claim["verdict"]))  # stable: else as it came
    summaries = [
        pages.Summary(
            paper,
            [figure for figure in drawn if figure.row.paper == paper.name],
            [claim for claim in ledger if claim["paper"] == paper.name],
        )
        for paper in papers
    ]
    write = {
        "index.html": pages.overview_page(summaries, site),
        "ledger.html": pages.ledger_page(papers, ledger, site),
        FINDINGS: findings_page(papers, ledger, site),
        **{address_of(one): explore_page(one, site) for one in EXPLORABLES},
    }
    for before, summary, after in zip([None, *papers], summaries, [*papers[1:], None], strict=False):
        write[f"papers/{summary.paper.name}.html"] = pages.paper_page(summary, before, after, site)
    _write(folder, write)


def _write(folder: Path, pages: Mapping[str, str]) -> None:
    for name, content in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


def _sources(
    figures: Sequence[FigureRow], ledger: Sequence[Mapping[str, Any]], chapters: Sequence[Chapter], root: Path
) -> set[str]:
    """The files that the report speaks of and that are there."""
    functions = [function for chapter in chapters for function in chapter.functions]
    places = [row.source for row in figures] + [claim.get("source") for claim in ledger]
    places += [place for function in functions for place in (function.source, *function.tests)]
    return {path for place in places if place and (root / (path := place.partition(":")[0])).is_file()}


def _copy(row: FigureRow, folder: Path) -> dict[str, tuple[str, int]]:
    """What there is to show and download: name -> (address in the report, bytes)."""
    place = Path("figures") / row.paper / row.figure
    copied = {}
    for name in _DOWNLOADS:
        source = Path(row.folder) / name
        if source.is_file():
            (folder / place).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / place / name)
            copied[name] = ((place / name).as_posix(), source.stat().st_size)
    return copied


def _pixels(png: Path) -> tuple[int, int] | None:
    """Width and height, which the format keeps in bytes 16 to 24, so that a page does not jump while it loads."""
    if not png.is_file():
        return None
    with png.open("rb") as file:
        head = file.read(24)
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def _replaceable(out: Path) -> bool:
    if not out.is_dir():
        return False
    index = out / "index.html"
    return not any(out.iterdir()) or (index.is_file() and GENERATOR in index.read_text(errors="replace"))


def _check(papers: Sequence[Paper], figures: Sequence[FigureRow], ledger: Sequence[Mapping[str, Any]]) -> None:
    known = [paper.name for paper in papers]
    _once("papers", known)
    _once("figures", [f"{row.paper}/{row.figure}" for row in figures])
    for name in [*known, *(row.figure for row in figures)]:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name):  # it becomes a file's name
            raise ValueError(f"name {name!r}: only letters, digits, - and _ are allowed")
    for paper in papers:
        for arxiv in paper.arxiv:
            if not re.fullmatch(r"(\d{4}\.\d{4,5}|[a-z-]+/\d{7})(v\d+)?", arxiv):
                raise ValueError(f"arxiv={arxiv!r} of {paper.name}: must look like '2601.17311'")
    for row in figures:
        _member("paper", row.paper, known, f"figure {row.figure!r}")
    for claim in ledger:
        missing = _CLAIM_KEYS - claim.keys()
        if missing:
            raise ValueError(f"claim {claim.get('claim')!r}: lacks {', '.join(sorted(missing))}")
        _member("paper", claim["paper"], known, f"claim {claim['claim']!r}")
        _member("verdict", claim["verdict"], list(VERDICTS), f"claim {claim['claim']!r}")


def _once(what: str, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{what}: {', '.join(twice)} given more than once")


def _member(what: str, value: str, allowed: Sequence[str], of: str) -> None:
    if value not in allowed:
        raise ValueError(f"{what}={value!r} of {of}: must be one of {', '.join(allowed) or '(none given)'}")
