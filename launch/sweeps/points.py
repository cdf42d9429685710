"""A sweep on disk: which points it has, by whose code, and where their results go.

    <out>/<paper>/<figure>/sweep-<name>/   sweep.json  points.parquet  parts/  runs/  logs/  table.parquet

`sweep.json` says what computes (experiment, code, precision); it carries the checksum of `points.parquet`, and its own.
A point is a config and a seed; its id is the hash of both. Points of one config are gathered in batches, which never
change once they are written: a batch is computed together, so that its numbers do not depend on who computes it when.
"""

import dataclasses
import hashlib
import io
import json
import typing
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from core.run import store
from core.run.catalogue import Figure, fingerprint

POINTS, ABOUT, PARTS, RUNS, LOGS, TABLE = "points.parquet", "sweep.json", "parts", "runs", "logs", "table.parquet"
FIELD = "config."  # how the columns of config fields begin, beside id, batch and seed
_REPAIR = "give the command that made it again: it writes it anew, and the results stay"
_ARROW = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}


class Sweep(NamedTuple):
    """A sweep as it stands in its folder."""

    folder: Path
    about: dict[str, Any]  # experiment ("paper/figure"), code, x64, batch
    points: pa.Table  # id, batch, seed, and a column config.<field> for each field


def code_of(figure: Figure) -> str:
    """What numbers depend on besides the flags: our code and the compiler."""
    return f"{fingerprint(figure.path)}-{version('jaxlib')}"


def point_id(experiment: str, x64: bool, config: Any, seed: int) -> str:
    """Sixteen hex digits that name a point; they depend on nothing but what is computed."""
    return _seeded(_hash_of(experiment, x64, config), seed)


def make_points(experiment: str, x64: bool, configs: Iterable[Any], seeds: Sequence[int], batch: int) -> pa.Table:
    """The points of all configs and seeds, in batches of at most `batch` seeds of one config."""
    rows: dict[str, list[Any]] = {"id": [], "batch": [], "seed": []}
    fields: dict[str, list[Any]] = {}
    hints: dict[str, Any] = {}
    for config in configs:
        hints = hints or typing.get_type_hints(type(config))
        began, known = (rows["batch"][-1] + 1 if rows["batch"] else 0), _hash_of(experiment, x64, config)
        rows["id"] += [_seeded(known, seed) for seed in seeds]
        rows["batch"] += [began + place // batch for place in range(len(seeds))]
        rows["seed"] += seeds
        for name in hints:
            fields.setdefault(name, []).extend([getattr(config, name)] * len(seeds))
    columns = {FIELD + name: pa.array(values, _arrow(hints[name])) for name, values in fields.items()}
    batches = pa.array(rows["batch"], pa.int64())
    return pa.table({"id": rows["id"], "batch": batches, "seed": pa.array(rows["seed"], pa.int64()), **columns})


def config_of(kind: type, row: dict[str, Any]) -> Any:
    """The config of a row of points."""
    return kind(**{field.name: _tuples(row[FIELD + field.name]) for field in dataclasses.fields(kind)})


def grown(old: pa.Table, new: pa.Table) -> pa.Table:
    """The old points as they are, then those of `new` that are not among them, in batches of their own."""
    import pyarrow.compute as pc

    added = new.filter(pc.invert(pc.is_in(new["id"], value_set=old["id"])))
    shift = (pc.max(old["batch"]).as_py() or 0) + 1
    place = added.schema.get_field_index("batch")
    return pa.concat_tables([old, added.set_column(place, "batch", pc.add(added["batch"], shift))])


def write_sweep(folder: Path, about: dict[str, Any], points: pa.Table) -> Sweep:
    """Writes the points, then what vouches for them."""
    for name in (PARTS, LOGS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    pq.write_table(points, buffer, compression="zstd")
    store.write_whole(folder / POINTS, buffer.getvalue())
    content = {**about, "points": points.num_rows, "points_sha256": _sha(buffer.getvalue())}
    store.write_json(folder / ABOUT, store.seal(content))
    return Sweep(folder, content, points)


def read_about(folder: Path) -> dict[str, Any]:
    """What a sweep says about itself; a ValueError where there is no sweep or it is damaged."""
    try:
        content = json.loads((folder / ABOUT).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(f"{folder} is not the folder of a sweep: no {ABOUT} in it") from None
    except OSError as error:
        raise ValueError(f"{folder / ABOUT} can't be read ({error.strerror})") from None
    except ValueError:
        raise ValueError(f"{folder / ABOUT} is damaged; {_REPAIR}") from None
    if not store.is_intact(content):
        raise ValueError(f"{folder / ABOUT} is damaged; {_REPAIR}")
    return content


def read_sweep(folder: Path) -> Sweep:
    """A sweep from its folder; a ValueError where there is none or it is damaged."""
    about = read_about(folder)
    try:
        content = (folder / POINTS).read_bytes()
    except OSError as error:
        raise ValueError(f"{folder / POINTS} can't be read ({error.strerror}); {_REPAIR}") from None
    if _sha(content) != about["points_sha256"]:
        raise ValueError(f"{folder / POINTS} is damaged; {_REPAIR}")
    # not read_table, which makes a data set of it, and for that imports pandas where there is one
    return Sweep(folder, about, pq.ParquetFile(pa.BufferReader(content)).read())


def varying(points: pa.Table) -> list[str]:
    """The config fields that have more than one value, in order."""
    fields = [name for name in points.column_names if name.startswith(FIELD)]
    return [name.removeprefix(FIELD) for name in fields if not _constant(points[name])]


def _constant(column: pa.ChunkedArray) -> bool:
    if pa.types.is_nested(column.type):
        return len({json.dumps(value) for value in column.to_pylist()}) < 2
    return len(column.unique()) < 2


def _hash_of(experiment: str, x64: bool, config: Any) -> Any:
    content = json.dumps([experiment, x64, dataclasses.asdict(config)], sort_keys=True)
    return hashlib.sha256(content.encode())


def _seeded(known: Any, seed: int) -> str:
    digest = known.copy()
    digest.update(f" {seed}".encode())
    return digest.hexdigest()[:16]


def _arrow(hint: Any) -> pa.DataType:
    args = typing.get_args(hint)
    return pa.list_(_arrow(args[0])) if args else _ARROW[hint]


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
