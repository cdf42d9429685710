"""Results of a sweep: parts, which are written once, whole, and never changed.

    parts/<shard>-<time in ns>-<first 16 digits of its SHA-256>.parquet

The name carries the checksum of the bytes, so a part that was cut short or in which a bit fell over is found by
reading it; it is named, set aside as `<name>.bad`, and its points are missing again.
"""

import hashlib
import io
import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.run import store
from core.run.complain import warn

MOST_NUMBERS = 64  # an array of more is named with its shape, and left to `runs/`
OWN = ("id", "seconds", "vmapped", "error", "arrays_sha256")  # the columns that are no results


class Row(NamedTuple):
    """What became of one point."""

    id: str
    arrays: Mapping[str, np.ndarray]  # empty where it failed
    error: str | None
    seconds: float
    vmapped: bool
    arrays_sha256: str | None = None  # of the npz in `runs/`, where arrays are kept


class Parts(NamedTuple):
    """The parts that are good, and what was wrong with the others."""

    tables: list[pa.Table]  # in the order in which they were written
    written: list[int]  # when each was, in ns since 1970
    bad: list[tuple[Path, str]]


def rows_table(rows: Sequence[Row]) -> pa.Table:
    """Rows of one config as a table: numbers as columns, short arrays as lists; the metadata name the longer ones."""
    good = [row for row in rows if row.error is None]
    columns, left_out = {}, {}
    for name, first in good[0].arrays.items() if good else ():
        if first.size > MOST_NUMBERS or (kind := _arrow(first.dtype)) is None:
            left_out[name] = list(first.shape)
            continue
        depth = 0 if first.size == 1 else first.ndim
        for _ in range(depth):
            kind = pa.list_(kind)
        values = [row.arrays[name] if row.error is None else None for row in rows]
        columns[_free(name)] = pa.array([v if v is None else (v.tolist() if depth else v.item()) for v in values], kind)
    own = {
        "id": pa.array([row.id for row in rows], pa.string()),
        "seconds": pa.array([row.seconds for row in rows], pa.float64()),
        "vmapped": pa.array([row.vmapped for row in rows], pa.bool_()),
        "error": pa.array([row.error for row in rows], pa.string()),
        "arrays_sha256": pa.array([row.arrays_sha256 for row in rows], pa.string()),
    }
    table = pa.table({"id": own.pop("id"), **columns, **own})
    return table.replace_schema_metadata({"left_out": json.dumps(left_out)})


def write_part(folder: Path, shard: int, tables: Sequence[pa.Table], about: Mapping[str, str]) -> Path:
    """Writes the tables as one part, whole or not at all; `about` says who computed it, the code first of all."""
    left_out = {k: v for table in tables for k, v in left_out_of(table).items()}
    meta = {"left_out": json.dumps(left_out), **about}
    buffer = io.BytesIO()
    pq.write_table(joined(tables).replace_schema_metadata(meta), buffer, compression="zstd")
    content = buffer.getvalue()
    return store.write_whole(folder / f"{shard:05d}-{time.time_ns()}-{_sha(content)}.parquet", content)


def read_parts(folder: Path, code: str, columns: Sequence[str] | None = None) -> Parts:
    """All parts; those that are damaged, or that other code made, are returned as bad."""
    found = Parts([], [], [])
    for path in sorted(folder.glob("*.parquet"), key=_written):
        try:
            content = path.read_bytes()
            if _sha(content) != path.stem.rpartition("-")[2]:
                raise ValueError("differs from the checksum in its name")
            # seven times faster than read_table, which makes a data set of every part
            file = pq.ParquetFile(pa.BufferReader(content))
            table = file.read(columns=columns and list(columns), use_threads=False)
            if table.schema.metadata.get(b"code", b"").decode() != code:
                raise ValueError("was computed by other code")
        except FileNotFoundError:
            continue  # another worker has just set it aside
        except (OSError, ValueError, pa.ArrowException) as error:
            found.bad.append((path, (error.strerror if isinstance(error, OSError) else None) or str(error)))
        else:
            found.tables.append(table)
            found.written.append(_written(path)[0])
    return found


def set_aside(bad: Sequence[tuple[Path, str]]) -> None:
    """Names the bad parts and takes them out of the way of whoever reads `parts/*.parquet`."""
    for path, reason in bad:
        warn(f"{path} {reason}: its points are computed again")
        try:
            os.replace(path, path.with_suffix(".bad"))
        except OSError:
            pass  # gone already, or not ours to move: it counts as missing all the same


def good_ids(parts: Parts) -> pa.ChunkedArray:
    """The points that have a result; a point that failed has none."""
    ids = [table["id"].filter(pc.is_null(table["error"])) for table in parts.tables]
    return pa.chunked_array([chunk for column in ids for chunk in column.chunks], pa.string())


def left_out_of(table: pa.Table) -> dict[str, list[int]]:
    """The arrays that were too long for the table, with their shapes."""
    return json.loads((table.schema.metadata or {}).get(b"left_out", b"{}"))


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """One table of all; a result that is a number here and a list there becomes a list everywhere."""
    depths: dict[str, int] = {}
    for table in tables:
        for field in table.schema:
            depths[field.name] = max(depths.get(field.name, 0), _depth(field.type))
    deepened = [
        pa.table({name: _deepened(table[name], depths[name]) for name in table.column_names}) for table in tables
    ]
    return pa.concat_tables(deepened, promote_options="permissive")


def _deepened(column: pa.ChunkedArray, depth: int) -> pa.Array | pa.ChunkedArray:
    deeper: pa.Array | pa.ChunkedArray = column
    for _ in range(depth - _depth(column.type)):
        deeper = pa.array([None if v is None else [v] for v in deeper.to_pylist()], pa.list_(deeper.type))
    return deeper


def _depth(kind: pa.DataType) -> int:
    return 1 + _depth(kind.value_type) if pa.types.is_list(kind) else 0


def _arrow(dtype: np.dtype) -> pa.DataType | None:
    try:
        return pa.from_numpy_dtype(dtype) if dtype.kind != "U" else pa.string()
    except (pa.ArrowNotImplementedError, TypeError):
        return None  # complex numbers, small floats: not in tables


def _free(name: str) -> str:
    """The column of a result; our own columns keep their names."""
    return f"result.{name}" if name in OWN else name


def _written(path: Path) -> tuple[int, str]:
    _, _, rest = path.stem.partition("-")
    when = rest.partition("-")[0]
    return (int(when) if when.isdecimal() else 0), path.name


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
