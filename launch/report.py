"""Builds the report from what is in the results folder: python -m launch.report [--out=FOLDER] [--json=FILE]."""

import json
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from absl import flags

from core.run.catalogue import ROOT, Card, figures, papers, read_card
from core.run.complain import leave
from core.run.main import guarded
from core.run.request import new_flags, parse
from core.run.store import check_writable, intact_rows, is_drawn, read_record, write_json
from figures.report import FigureRow, Paper, build
from launch.equations import places_of_claims, theory_modules
from launch.table import flag_lines


def main(argv: Sequence[str]) -> int:
    """Builds it; returns the exit status."""
    values = new_flags()
    flags.DEFINE_string("json", None, "also write what was built to this file", flag_values=values)
    if "--help" in argv or "-h" in argv:
        print(__doc__, "", *flag_lines(values, ("out", "preset", "json", "debug")), sep="\n")
        return 0

    def act() -> int:
        request = parse(argv, values)
        if request.names or request.config:
            raise ValueError(f"unexpected {[*request.names, *request.config][0]!r}; the report shows all that is there")
        file = Path(values.json) if values.json else None
        for folder in {request.out, file.resolve().parent} if file else {request.out}:
            check_writable(folder)
        built = built_from(request.out, request.preset)
        print("report: {drawn} of {figures} figures, {claims} claims -> {page}".format(**built))
        if file:
            write_json(file, built)
        return 0

    return guarded(act, debug="--debug" in argv)


def built_from(out: Path, preset: str) -> dict[str, Any]:
    """Builds the report of a results folder; says where, and of how much."""
    known = ordered(papers())
    rows = [row for paper in known for row in figure_rows(paper, out, preset)]
    ledger = out / "ledger.json"
    claims = [row for row in intact_rows(rows_of(ledger, "launch.verify"), ledger) if row.get("paper") in known]
    page = build(
        [paper_of(name) for name in known], rows, placed(claims), out / "report",
        source=source_address(), root=ROOT, bench=rows_of(out / "bench.json", "launch.bench"),
        chapters=theory_modules(),
    )  # fmt: skip
    drawn = sum(row.folder.exists() for row in rows)
    return {"page": str(page), "papers": len(known), "drawn": drawn, "figures": len(rows), "claims": len(claims)}


def ordered(names: Sequence[str]) -> list[str]:
    """Families with the most figures first, and within each the papers likewise."""
    sizes = {name: len(figures(name)) for name in names}
    families = {name: paper_of(name).family for name in names}
    totals = {family: sum(sizes[name] for name in names if families[name] == family) for family in families.values()}
    return sorted(names, key=lambda name: (-totals[families[name]], families[name], -sizes[name], name))


def placed(claims: Sequence[dict]) -> list[dict]:
    """Each claim with the line where it stands today, and what of theory it uses."""
    places = places_of_claims(ROOT)
    rows = []
    for claim in claims:
        source, uses = places.get((claim["paper"], claim.get("claim")), (claim.get("source"), []))
        rows.append({**claim, "source": source, "uses": uses})
    return rows


def paper_of(name: str) -> Paper:
    """A paper's card."""
    card: Card = read_card(ROOT / "experiments" / name / "__init__.py")
    arxiv = tuple(re.split(r",\s*", card.fields["arXiv"])) if "arXiv" in card.fields else ()
    return Paper(name, card.title or name, arxiv, card.caption, card.fields.get("Family", "other"))


def figure_rows(paper: str, out: Path, preset: str) -> list[FigureRow]:
    """Each figure with its newest complete result, of the wanted preset where there is one, or with none at all."""
    rows = []
    for figure in figures(paper):
        found = []
        for folder in (out / paper / figure.name).glob("[!.]*-seed*"):
            record = read_record(folder)
            if record and is_drawn(folder, record):
                found.append(
                    (record["preset"] == preset and not record["overrides"], record["finished"], folder, record)
                )
        if found:
            _, _, folder, record = max(found, key=lambda entry: entry[:2])
        else:
            card = read_card(figure.path)
            folder = out / paper / figure.name / "none"
            record = {"title": card.title, "caption": card.caption, "command": f"python -m {figure.module}"}
        source = figure.path.relative_to(ROOT).as_posix()
        rows.append(FigureRow(paper, figure.name, record["title"], record["caption"], folder, record, source))
    return rows


def rows_of(path: Path, writer: str) -> list[dict]:
    """The rows that a command left; none where it has not run."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return []
    except ValueError:
        rows = None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{path}: damaged; remove it, or write it again with python -m {writer}")
    return rows


def source_address(project: Path = ROOT / "pyproject.toml") -> str | None:
    """Where the sources can be read: the entry Source under [project.urls], such as https://host/project/blob/main."""
    if not project.exists():
        return None
    return tomllib.loads(project.read_text(encoding="utf-8")).get("project", {}).get("urls", {}).get("Source")


if __name__ == "__main__":
    leave(main)
