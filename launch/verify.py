"""Checks the claims of papers: python -m launch.verify [<paper>[/<claim>] ...] [--json=FILE] [--preset=...] [flags].

Formulas are checked in float64. The exit status is 1 when a claim that should hold does not.
"""

import json
import sys
from collections.abc import Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from launch.table import flag_lines, table

COLUMNS = ("paper", "claim", "kind", "predicted", "measured", "tolerance or interval", "verdict", "seconds", "note")


def main(argv: Sequence[str]) -> int:
    """Checks what was named, or everything; returns the exit status."""
    from absl import flags

    from core.run.main import guarded
    from core.run.request import new_flags, parse
    from launch.jobs import JOBS

    values = new_flags()
    flags.DEFINE_string("json", None, "also write the rows to this file", flag_values=values)
    flags.DEFINE_integer("jobs", 1, JOBS, lower_bound=0, upper_bound=1024, flag_values=values)
    if "--help" in argv or "-h" in argv:
        print(__doc__, *flag_lines(values), sep="\n")
        return 0

    def act() -> int:
        request = parse(argv, values)
        if request.config:
            raise ValueError(f"--{request.config[0]}: claims have no config fields")
        return verify_all(request, Path(values.json) if values.json else None, values.jobs)

    return guarded(act, debug="--debug" in argv)


def verify_all(request: Any, json_file: Path | None, jobs: int = 1) -> int:
    """Prints the table, keeps the ledger in the results folder, and judges."""
    from core.run.store import check_writable, seal, write_json
    from launch.jobs import each

    claims = chosen_claims(request.names)
    for folder in {request.out, json_file.resolve().parent} if json_file else {request.out}:
        check_writable(folder)
    # Claims of one file share what was compiled, so they are checked by one process.
    files = [[*group] for _, group in groupby(claims, lambda claim: claim.check.__module__)]
    found = {}
    for _, rows in each(partial(check, request), files, jobs, partial(begin, request)):
        found |= {(row["paper"], row["claim"]): row for row in rows}
        if sys.stderr.isatty():
            print(f"\r{len(found)} of {len(claims)} claims checked", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    rows = [found[claim.paper, claim.name] for claim in claims]
    print(table(COLUMNS, [shown(row) for row in rows]))
    print(summary(rows))
    write_json(request.out / "ledger.json", [seal(row) for row in merged(request.out / "ledger.json", rows)])
    if json_file:
        write_json(json_file, rows)
    return int(any(row["verdict"] == "fails" for row in rows))


def begin(request: Any) -> None:
    """What a process does before it checks claims."""
    import jax

    from core.run.main import prepare

    prepare(request)
    jax.config.update("jax_enable_x64", True)


def check(request: Any, claims: Sequence[Any]) -> list[dict[str, Any]]:
    """The rows of some claims."""
    from core.run.mesh import device_mesh
    from core.verify.ledger import verify

    return list(verify(claims, request.preset, device_mesh(), request.seed))


def chosen_claims(names: Sequence[str]) -> list[Any]:
    """The claims that "paper" or "paper/claim" speak of; all when nothing is named."""
    from importlib import import_module

    from core.run.catalogue import claims_files, papers
    from core.verify.ledger import claims_of

    known = [paper for paper in papers() if claims_files(paper)]
    chosen = []
    for name in names or known:
        paper, _, wanted = name.strip("/").partition("/")
        if paper not in known:
            raise ValueError(f"no claims for {paper!r}; there are some for: {', '.join(known) or 'none'}")
        modules = [import_module(f"experiments.{paper}.{file.stem}") for file in claims_files(paper)]
        claims = [claim for module in modules for claim in claims_of(paper, module)]
        found = [claim for claim in claims if not wanted or claim.name == wanted]
        if not found:
            raise ValueError(f"no claim {wanted!r} in {paper}; there are: {', '.join(c.name for c in claims)}")
        chosen += [claim for claim in found if claim not in chosen]
    return chosen


def merged(path: Path, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The ledger with the new rows in place of older ones for the same claims, and none for claims that are gone."""
    from core.run.catalogue import claims_files, public_functions
    from core.run.complain import warn
    from core.run.store import intact_rows

    try:
        old = intact_rows(json.loads(path.read_text(encoding="utf-8")), path) if path.exists() else []
    except (OSError, ValueError, TypeError) as error:
        warn(f"{path} is damaged and written anew, with these claims alone: {error}")
        old = []
    new = {(row["paper"], row["claim"]) for row in rows}
    kept = []
    for row in old:
        there = [name for file in claims_files(row["paper"]) for name in public_functions(file)]
        if (row["paper"], row["claim"]) not in new and row["claim"] in there:
            kept.append(row)
    return sorted(kept + rows, key=lambda row: row["paper"])


def shown(row: dict[str, Any]) -> tuple[str, ...]:
    """A row as the table prints it."""
    if row["interval"] is not None:
        bound = "[" + ", ".join(map(_number, row["interval"])) + "]"
    else:
        bound = _number(row["tolerance"])
    seconds = f"{row['seconds']:.2f}"
    numbers = (_number(row["predicted"]), _number(row["measured"]), bound)
    given = f"{'counterexample' if row['verdict'] == 'refuted' else 'if'} {row['given']}: " if row["given"] else ""
    return (row["paper"], row["claim"], row["kind"], *numbers, row["verdict"], seconds, given + row["note"])


def summary(rows: Sequence[dict[str, Any]]) -> str:
    """How many claims have which verdict."""
    verdicts = [row["verdict"] for row in rows]
    counts = [f"{verdicts.count(v)} {v}" for v in ("holds", "holds-if", "refuted", "reported", "fails")]
    return f"{len(rows)} claims: {', '.join(counts)}; {sum(row['seconds'] for row in rows):.1f} s"


def _number(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else f"{value:.6g}"


if __name__ == "__main__":
    from core.run.complain import leave

    leave(main)
