"""What a worker does with its shard of a sweep."""

import hashlib
import io
import os
import socket
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

import jax
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.run.catalogue import select
from core.run.experiment import Experiment
from core.run.stopping import Preempted
from core.run.store import write_whole
from launch.sweeps.batches import TRACING, Result, compute_alone, compute_vmapped
from launch.sweeps.parts import Row, good_ids, read_parts, rows_table, set_aside, write_part
from launch.sweeps.points import PARTS, RUNS, Sweep, code_of, config_of


class Shard(NamedTuple):
    """Which part of a sweep, and how."""

    index: int
    of: int
    flush_seconds: float = 10.0  # a part is written that often
    keep_arrays: bool = False
    parent: int = 0  # leave when this process is gone; 0: nobody's child


class Batch(NamedTuple):
    """Points of one config."""

    rows: list[dict[str, Any]]  # of points
    missing: list[dict[str, Any]]  # those without a result


def work(sweep: Sweep, shard: Shard) -> tuple[int, int]:
    """Computes what is missing of a shard; returns how many points have a result now, and how many failed.

    Raises:
        ValueError: when the code is not the one that the sweep was begun with.
    """
    done = failed = 0
    tables: list[pa.Table] = []
    about = {"code": sweep.about["code"], "host": socket.gethostname(), "shard": f"{shard.index} of {shard.of}"}
    written = time.monotonic()
    try:
        for table in _results(sweep, shard):
            tables.append(table)
            good = table["error"].null_count
            done, failed = done + good, failed + table.num_rows - good
            if time.monotonic() - written >= shard.flush_seconds:
                write_part(sweep.folder / PARTS, shard.index, tables, about)
                tables, written = [], time.monotonic()
    finally:  # whatever stopped it: what was computed is kept
        if tables:
            write_part(sweep.folder / PARTS, shard.index, tables, about)
    return done, failed


def batches(sweep: Sweep, shard: Shard) -> Iterator[Batch]:
    """The batches of the shard that have points missing; damaged parts are named and set aside."""
    parts = read_parts(sweep.folder / PARTS, sweep.about["code"], columns=("id", "error"))
    set_aside(parts.bad)
    there = pc.is_in(sweep.points["id"], value_set=good_ids(parts)).to_numpy()
    numbers = sweep.points["batch"].to_numpy()
    mine = np.flatnonzero(numbers % shard.of == shard.index)
    for places in np.split(mine, np.flatnonzero(np.diff(numbers[mine])) + 1):
        if not there[places].all():
            rows = sweep.points.take(places).to_pylist()
            yield Batch(rows, [row for row, known in zip(rows, there[places], strict=True) if not known])


def load(name: str) -> tuple[Experiment, Any]:
    """The experiment `paper/figure`, and where it stands."""
    (figure,) = select([name])
    return import_module(figure.module).EXPERIMENT, figure


def _results(sweep: Sweep, shard: Shard) -> Iterator[pa.Table]:
    """A table for each batch that was computed in one program, and for each point of the others."""
    experiment, figure = load(sweep.about["experiment"])
    if code_of(figure) != sweep.about["code"]:
        raise ValueError(
            f"{sweep.folder} was begun by other code or another jaxlib; sweep again with --force or --name"
        )
    jax.config.update("jax_enable_x64", sweep.about["x64"])
    kind, vmaps = type(next(iter(experiment.presets.values()))), True
    for batch in batches(sweep, shard):
        _leave_with_parent(shard)
        config = config_of(kind, batch.rows[0])
        if vmaps and len(batch.rows) > 1:
            found = compute_vmapped(experiment, config, [row["seed"] for row in batch.rows])
            if not isinstance(found, str):
                yield _table(sweep, shard, batch.rows, found)
                continue
            vmaps = found not in TRACING  # what refuses once is not tried with every config
        for row in batch.missing:
            _leave_with_parent(shard)
            yield _table(sweep, shard, [row], [compute_alone(experiment, config, row["seed"])])


def _table(sweep: Sweep, shard: Shard, points: list[dict[str, Any]], results: list[Result]) -> pa.Table:
    rows = []
    for point, result in zip(points, results, strict=True):
        kept = _keep(sweep, point["id"], result) if shard.keep_arrays and result.error is None else None
        rows.append(Row(point["id"], *result, kept))
    return rows_table(rows)


def _keep(sweep: Sweep, point: str, result: Result) -> str:
    """Stores the arrays of a point; returns their checksum."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{name: result.arrays[name] for name in sorted(result.arrays)})
    path = sweep.folder / RUNS / point[:2] / f"{point}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, buffer.getvalue())
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def _leave_with_parent(shard: Shard) -> None:
    if shard.parent and os.getppid() != shard.parent:
        raise Preempted
