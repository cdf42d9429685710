"""Computes figures: python -m launch.run [<paper>[/<figure>] ...] [--all] [--list [--json]] [flags].

Results that are complete are kept. The flags are those of a single experiment; --config.<field>=value needs one figure.
"""

import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from launch.table import flag_lines, table


def main(argv: Sequence[str]) -> int:
    """Lists, or runs what was named; returns the exit status."""
    from absl import flags

    from core.run.catalogue import select
    from core.run.complain import complain
    from core.run.request import new_flags, parse
    from launch.jobs import JOBS, count_of

    values = new_flags()
    flags.DEFINE_bool("all", False, "every figure of every paper", flag_values=values)
    flags.DEFINE_bool("list", False, "show what there is, and compute nothing", flag_values=values)
    flags.DEFINE_bool("json", False, "with --list: as JSON", flag_values=values)
    flags.DEFINE_integer("jobs", 1, JOBS, lower_bound=0, upper_bound=1024, flag_values=values)
    if "--help" in argv or "-h" in argv:
        print(__doc__, *flag_lines(values), sep="\n")
        return 0
    try:
        request = parse(argv, values)
        if not (values.list or values.all or request.names):
            raise ValueError("name a paper or paper/figure, or say --all; --list shows what there is")
        if values.all and request.names:
            raise ValueError(f"--all leaves nothing to choose; drop it, or {request.names[0]!r}")
        chosen = select(list(request.names))
        if request.config and len(chosen) != 1:
            raise ValueError(f"--{request.config[0]}: config fields need exactly one figure, not {len(chosen)}")
        jobs = count_of(values.jobs, len(chosen))
        if jobs > 1 and request.distributed:
            raise ValueError(f"--jobs={values.jobs}: does not go with --distributed, whose processes share one figure")
    except ValueError as error:
        complain(str(error))
        return 2
    if values.list:
        show(chosen, request.out, request.preset, as_json=values.json)
        return 0
    return run_all(chosen, request, jobs)


def show(chosen: Sequence[Any], out: Path, preset: str, *, as_json: bool) -> None:
    """Prints the catalogue, without importing any experiment."""
    from core.run.catalogue import read_card

    rows = []
    for figure in chosen:
        card, seconds = read_card(figure.path), done_in(figure, out, preset)
        cost = card.fields.get("Cost", "") if seconds is None else f"{seconds:.1f} s"
        rows.append((figure.paper, figure.name, card.title, cost, seconds is not None))
    if as_json:
        keys = ("paper", "figure", "title", "cost", "done")
        print(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=1))
    else:
        shown = [(p, f, "done" if done else "-", cost, title) for p, f, title, cost, done in rows]
        print(table(("paper", "figure", "state", "cost", "title"), shown))


def done_in(figure: Any, out: Path, preset: str) -> float | None:
    """Seconds that the complete result of a preset (seed 0) took; None when there is none for the code as it stands."""
    from core.run.catalogue import fingerprint

    for path in (out / figure.paper / figure.name).glob(f"{preset}-*-seed0/run.json"):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if record["sources"]["compute"] == fingerprint(figure.path):
            return float(record["seconds"])
    return None


def run_all(chosen: Sequence[Any], request: Any, jobs: int = 1) -> int:
    """Runs the figures, the longest first where several jobs share them; one that fails does not stop the rest."""
    from core.run.main import EXIT_FAILED, EXIT_OK, EXIT_USAGE, guarded, prepare
    from launch.jobs import each

    failed: list[str] = []
    worst = EXIT_OK

    def act() -> int:
        nonlocal worst
        ordered = sorted(chosen, key=partial(_cost, request.preset), reverse=True) if jobs > 1 else chosen
        for figure, status in each(partial(run_one, request), ordered, jobs, partial(prepare, request)):
            if status not in (EXIT_OK, EXIT_FAILED, EXIT_USAGE):  # to stop: by hand, a cluster, a newer copy
                return status
            if status:
                failed.append(f"{figure.paper}/{figure.name}")
            worst = max(worst, status)
        return worst

    worst = guarded(act, debug=request.debug)
    if failed and len(chosen) > 1:
        print(f"{len(failed)} of {len(chosen)} figures failed: {', '.join(sorted(failed))}", file=sys.stderr)
    return worst


def run_one(request: Any, figure: Any) -> int:
    """Runs a figure, and says what became of it."""
    from importlib import import_module

    from core.run.execute import execute
    from core.run.main import EXIT_OK, describe, guarded
    from figures.render import render

    def act() -> int:
        experiment = import_module(figure.module).EXPERIMENT
        print(describe(figure, execute(experiment, figure, request, render)), flush=True)
        return EXIT_OK

    return guarded(act, debug=request.debug)


def _cost(preset: str, figure: Any) -> float:
    from core.run.catalogue import cost_in_seconds, read_card

    return cost_in_seconds(read_card(figure.path).fields.get("Cost", ""), preset) or 0.0


if __name__ == "__main__":
    from core.run.complain import leave

    leave(main)
