"""How far a sweep is, from its folder alone: any machine that sees the folder can tell."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from launch.sweeps.parts import Parts, good_ids, read_parts
from launch.sweeps.points import ABOUT, PARTS, read_sweep

_RECENT = 600.0  # seconds that count for the rate


class Progress(NamedTuple):
    """One sweep."""

    folder: Path
    experiment: str
    points: int
    done: int
    failed: int  # tried, and without a result
    rate: float  # results a second, of the last ten minutes; 0 when nothing was written
    left: float | None  # seconds left at that rate; None when there is no telling
    bad: int  # parts that are damaged


def sweep_folders(out: Path, names: Sequence[str] = ()) -> list[Path]:
    """The folders of all sweeps under `out`, or of the papers and figures that are named."""
    under = [out / name.strip("/") for name in names] or [out]
    return sorted({path.parent for root in under for path in root.rglob(f"sweep-*/{ABOUT}")})


def look(folder: Path) -> Progress:
    """Reads the points and all parts, and verifies their checksums; changes nothing."""
    sweep = read_sweep(folder)
    parts = read_parts(folder / PARTS, sweep.about["code"], columns=("id", "error"))
    done, failed = count(sweep.points["id"], parts)
    rate = _rate(parts)
    missing = sweep.points.num_rows - done
    left = 0.0 if missing == 0 else missing / rate if rate else None
    return Progress(folder, sweep.about["experiment"], sweep.points.num_rows, done, failed, rate, left, len(parts.bad))


def count(ids: pa.ChunkedArray, parts: Parts) -> tuple[int, int]:
    """How many of the points have a result, and how many were tried without getting one."""
    good = good_ids(parts)
    chunks = [c for table in parts.tables for c in table["id"].filter(pc.is_valid(table["error"])).chunks]
    tried = pc.is_in(ids, value_set=pa.chunked_array(chunks, pa.string()))
    there = pc.is_in(ids, value_set=good)
    return _sum(there), _sum(pc.and_not(tried, there))


def duration(seconds: float) -> str:
    """For people.

    >>> duration(2.5), duration(7200)
    ('2.5 s', '2 h')
    """
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def _rate(parts: Parts) -> float:
    now = time.time()
    recent = [(at / 1e9, table.num_rows) for at, table in zip(parts.written, parts.tables, strict=True)]
    recent = [(at, rows) for at, rows in recent if 0 <= now - at < _RECENT]
    if len(recent) < 2:
        return 0.0
    return sum(rows for _, rows in recent[1:]) / max(now - recent[0][0], 1e-3)


def _sum(mask: pa.ChunkedArray) -> int:
    return pc.sum(mask).as_py() or 0
