"""One table of a sweep: a row a point that was tried, whatever was computed twice, or failed first and worked later."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from launch.sweeps.parts import OWN, joined, left_out_of, read_parts
from launch.sweeps.points import FIELD, PARTS, Sweep, varying


class Collected(NamedTuple):
    """The table of a sweep, and what there is to say about it."""

    table: pa.Table  # id, the config fields that vary, seed, results, seconds, vmapped, error if any failed
    bad: list[tuple[Path, str]]  # parts that were not used, and why
    conflicts: list[str]  # points that were computed twice, with different results


def collect(sweep: Sweep) -> Collected:
    """The first good result of each point, or else its last error, in the order of the points.

    The metadata of the table hold, as JSON: `sweep` (experiment, code, precision, versions, commit), `fields` (those
    that vary), `constant` (the values of the others), and `left_out` (arrays that were too long, with their shapes).
    """
    parts = read_parts(sweep.folder / PARTS, sweep.about["code"])
    fields = varying(sweep.points)
    names = [name.removeprefix(FIELD) for name in sweep.points.column_names if name.startswith(FIELD)]
    constant = {name: sweep.points[FIELD + name][0].as_py() for name in names if name not in fields}
    left_out = {name: shape for table in parts.tables for name, shape in left_out_of(table).items()}
    keys = sweep.points.select(["id", *(FIELD + name for name in fields), "seed"])
    keys = pa.table(
        [_of_ones(column) for column in keys.columns],
        ["id", *(FIELD + name if name in ("id", "seed") else name for name in fields), "seed"],
    )
    table, conflicts = _results(keys, names, parts.tables)
    meta = {"sweep": json.dumps(sweep.about), "fields": json.dumps(fields)}
    meta |= {"constant": json.dumps(constant), "left_out": json.dumps(left_out)}
    return Collected(table.replace_schema_metadata(meta), parts.bad, conflicts)


def _of_ones(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column, of numbers where it is of tuples of one."""
    single = pa.types.is_list(column.type) and pc.all(pc.equal(pc.list_value_length(column), 1)).as_py()
    return pc.list_flatten(column) if single else column


def _results(keys: pa.Table, fields: Sequence[str], tables: Sequence[pa.Table]) -> tuple[pa.Table, list[str]]:
    """The rows of `keys` that were tried, with what came of it."""
    if not tables:
        return keys.slice(0, 0), []
    results, conflicts = _deduplicated(joined(tables))
    where = pc.index_in(keys["id"], value_set=results["id"])
    table, results = keys.filter(pc.is_valid(where)), results.take(where.filter(pc.is_valid(where)))
    for name in results.column_names[1:]:
        if name not in ("error", "arrays_sha256") or results[name].null_count < results.num_rows:
            taken = name not in OWN and (name in fields or name in keys.column_names)
            table = table.append_column(f"result.{name}" if taken else name, results[name])
    return table, conflicts


def _deduplicated(results: pa.Table) -> tuple[pa.Table, list[str]]:
    good = results["error"].is_null().to_numpy()
    place = np.arange(len(good))
    number = results["id"].combine_chunks().dictionary_encode().indices.to_numpy()
    order = np.lexsort((np.where(good, place, -place), ~good, number))  # good ones first, in order; bad ones backwards
    first = np.append(True, np.diff(number[order]) > 0)
    kept = order[np.maximum.accumulate(np.where(first, place, 0))]
    again = ~first & good[order]
    return results.take(np.sort(order[first])), _conflicts(results.take(kept[again]), results.take(order[again]))


def _conflicts(kept: pa.Table, other: pa.Table) -> list[str]:
    found: dict[str, str] = {}
    for name in kept.column_names:
        if name not in OWN:
            pairs: Any = zip(kept["id"].to_pylist(), kept[name].to_pylist(), other[name].to_pylist(), strict=True)
            for point, one, two in pairs:
                if repr(one) != repr(two):  # as text, so that a gap (NaN) is equal to itself
                    found.setdefault(point, f"point {point} was computed twice: {name} is {one} and {two}")
    return list(found.values())
