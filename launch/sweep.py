"""Computes many points of one figure, and one table of them: python -m launch.sweep <paper>/<figure> [flags].

  --config.a=1,2,3      these values                 --config.a=0:1:21   21 values from 0 to 1, both included
  --config.b='3,5;7'    of a field that is a tuple: first (3, 5), then (7,)
  --seeds=64            64 seeds of each, from --seed on

Points that differ in nothing but the seed are computed in one program where the experiment allows it. The same command
again computes what is missing; --name=<name> lets other flags add points to the same table.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from launch.table import flag_lines, table

_FLAGS = ("preset", "seed", "seeds", "name", "workers", "batch", "keep-arrays", "slurm", "dry-run", "list", "json")
_SHARED = ("out", "flush_seconds", "x64", "devices", "force", "debug")
_TABLE = ("experiment", "sweep", "points", "done", "failed", "a minute", "left")


def main(argv: Sequence[str]) -> int:
    """Sweeps, or shows what there is; returns the exit status: 1 when points have no result."""
    from core.run.request import parse

    values = _flags()
    if "--help" in argv or "-h" in argv:
        print(__doc__, *flag_lines(values, (*_FLAGS, *_SHARED)), sep="\n")
        return 0
    if "--list" in argv:  # without JAX, so that it answers at once
        from core.run.complain import complain

        try:
            show(parse(argv, values), as_json=values.json)
        except ValueError as error:
            complain(str(error))
            return 2
        return 0

    from core.run.main import guarded

    def act() -> int:
        from core.run.main import prepare
        from launch.sweeps.children import command
        from launch.sweeps.dry_run import dry_run
        from launch.sweeps.plan import plan, worker_count
        from launch.sweeps.slurm import sbatch_command

        request = parse(argv, values)
        planned = plan(request, seeds=values.seeds, batch=values.batch, name=values.name)
        workers, folder = worker_count(planned, values.workers, slurm=values.slurm), planned.sweep.folder
        if not values["dry-run"].value:
            return sweep(planned, request, workers, values)
        prepare(request)
        each = sbatch_command(folder, workers) if values.slurm else command(folder, f"0..{workers - 1}", workers)
        print(*dry_run(planned, request, batch=values.batch, workers=workers, command=each), sep="\n")
        return 0

    return guarded(act, debug="--debug" in argv)


def sweep(planned: Any, request: Any, workers: int, values: Any) -> int:
    """Computes what is missing, here or on a cluster, and collects."""
    from core.run.store import check_writable
    from launch.collect import write_table
    from launch.sweeps.children import last_line, run_children
    from launch.sweeps.plan import begin
    from launch.sweeps.progress import look
    from launch.sweeps.slurm import submit

    folder, points = planned.sweep.folder, planned.sweep.points
    check_writable(folder)
    begin(planned, force=request.force)
    flags = [f"--flush_seconds={values.flush_seconds:g}", *(["--keep-arrays"] if values["keep-arrays"].value else [])]
    flags += [f"--devices={request.devices}"] if request.devices else []
    if values.slurm:
        print(f"{submit(folder, workers, flags)}: {points.num_rows} points -> {folder}")
        print(f"progress: python -m launch.sweep --list    table: python -m launch.collect {folder}")
        return 0
    before, started = look(folder), time.perf_counter()
    if before.done < points.num_rows:
        with _bar(folder, points.num_rows, before.done) as tick:
            failed = run_children(folder, workers, flags, tick)
        for shard, status in failed.items():
            if status != 1 or look(folder).failed == 0:
                print(f"worker {shard} ended with status {status}: {last_line(folder, shard)}", file=sys.stderr)
    after = look(folder)
    seconds = time.perf_counter() - started
    print(f"{after.done - before.done} computed in {seconds:.1f} s by {workers} workers, {before.done} were there")
    return max(write_table(folder), int(after.done < after.points))


def show(request: Any, *, as_json: bool) -> None:
    """Prints a line for each sweep under --out, without importing any experiment."""
    from launch.sweeps.progress import duration, look, sweep_folders

    found = [look(folder) for folder in sweep_folders(request.out, request.names)]
    if as_json:
        print(json.dumps([{**p._asdict(), "folder": str(p.folder)} for p in found], indent=1))
        return
    rows = []
    for p in found:
        left = "done" if p.done == p.points else "-" if p.left is None else duration(p.left)
        name = p.folder.name.removeprefix("sweep-")
        rows.append((p.experiment, name, str(p.points), str(p.done), str(p.failed), f"{60 * p.rate:.0f}", left))
    print(table(_TABLE, rows))


def _flags() -> Any:
    from absl import flags

    from core.run.request import new_flags

    values = new_flags()
    kwargs: dict[str, Any] = {"flag_values": values}
    flags.DEFINE_integer("seeds", 1, "number of seeds, from --seed on", lower_bound=1, upper_bound=10**6, **kwargs)
    flags.DEFINE_integer(
        "workers", None, "processes, or tasks of the job array", lower_bound=1, upper_bound=10**5, **kwargs
    )
    flags.DEFINE_integer(
        "batch", 16, "most seeds in one program (1: never together)", lower_bound=1, upper_bound=10**6, **kwargs
    )
    flags.DEFINE_string("name", None, "name of the sweep (default: a hash of its points)", **kwargs)
    flags.DEFINE_float("flush_seconds", 10.0, "a worker writes that often", lower_bound=0.0, **kwargs)
    flags.DEFINE_bool("keep-arrays", False, "store all arrays of each point in runs/", **kwargs)
    flags.DEFINE_bool("slurm", False, "submit workers as a SLURM job array", **kwargs)
    flags.DEFINE_bool("dry-run", False, "show what would run and what it costs", **kwargs)
    flags.DEFINE_bool("list", False, "show all sweeps and how far they are", **kwargs)
    flags.DEFINE_bool("json", False, "with --list: as JSON", **kwargs)
    return values


@contextmanager
def _bar(folder: Path, total: int, done: int) -> Iterator[Callable[[], None]]:
    """A bar on a terminal, from the parts that appear."""
    import pyarrow.parquet as pq
    from tqdm import tqdm

    from launch.sweeps.points import PARTS

    seen = {path.name for path in (folder / PARTS).glob("*.parquet")}
    with tqdm(total=total, initial=done, unit="point", file=sys.stderr, disable=None, leave=False) as bar:

        def tick() -> None:
            if not bar.disable:
                new = [p for p in (folder / PARTS).glob("*.parquet") if p.name not in seen]
                seen.update(p.name for p in new)
                bar.update(sum(pq.read_metadata(p).num_rows for p in new))

        yield tick


if __name__ == "__main__":
    from core.run.complain import leave

    leave(main)
