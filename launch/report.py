"""Builds the report from what is in the results folder: python -m launch.report [--out=FOLDER] [--preset=...]."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from core.run.catalogue import ROOT, Card, figures, papers, read_card
from core.run.main import guarded
from core.run.request import new_flags, parse
from core.run.store import FIGURE_FILES, check_writable, read_record
from figures.report import FigureRow, Paper, build


def main(argv: Sequence[str]) -> int:
    """Builds it; returns the exit status."""
    if "--help" in argv or "-h" in argv:
        print(__doc__, "", *(f"  --{name}  {flag.help}" for name, flag in new_flags()._flags().items()), sep="\n")
        return 0

    def act() -> int:
        request = parse(argv)
        if request.names or request.config:
            raise ValueError(f"unexpected {[*request.names, *request.config][0]!r}; the report shows all that is there")
        check_writable(request.out)
        rows = [row for paper in papers() for row in figure_rows(paper, request.out, request.preset)]
        page = build([paper_of(name) for name in papers()], rows, ledger(request.out), request.out / "report")
        print(f"report: {len(rows)} figures -> {page}")
        return 0

    return guarded(act, debug="--debug" in argv)


def paper_of(name: str) -> Paper:
    """A paper's card."""
    card: Card = read_card(ROOT / "experiments" / name / "__init__.py")
    return Paper(name, card.title or name, card.fields.get("arXiv"), card.caption, card.fields.get("Family", "other"))


def figure_rows(paper: str, out: Path, preset: str) -> list[FigureRow]:
    """The newest complete result of each figure, of the wanted preset where there is one."""
    rows = []
    for figure in figures(paper):
        found = []
        for folder in (out / paper / figure.name).glob("*-seed*"):
            record = read_record(folder)
            if record and all((folder / name).exists() for name in FIGURE_FILES):
                found.append(
                    (record["preset"] == preset and not record["overrides"], record["finished"], folder, record)
                )
        if found:
            _, _, folder, record = max(found, key=lambda entry: entry[:2])
            rows.append(FigureRow(paper, figure.name, record["title"], record["caption"], folder, record))
    return rows


def ledger(out: Path) -> list[dict]:
    """The rows that the last verification left."""
    try:
        return json.loads((out / "ledger.json").read_text(encoding="utf-8"))
    except OSError:
        return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
