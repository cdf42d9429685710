"""Makes one table of a sweep's results: python -m launch.collect <sweep folder>.

Writes table.parquet: a row a point that was tried, with id, the config fields that vary, seed, the results, and how the
point was computed. The fields that do not vary, and the arrays that were too long, are in the metadata of the table.
"""

import io
import json
from collections.abc import Sequence
from pathlib import Path

from launch.table import flag_lines

_SHOWN = 5


def main(argv: Sequence[str]) -> int:
    """Writes the table; returns the exit status: 1 when results disagree or parts were damaged."""
    from core.run.main import guarded
    from core.run.request import new_flags, parse

    if "--help" in argv or "-h" in argv:
        print(__doc__, *flag_lines(new_flags(), ("debug",)), sep="\n")
        return 0

    def act() -> int:
        request = parse(argv)
        if len(request.names) != 1 or request.config:
            raise ValueError("name the folder of one sweep, and nothing else; python -m launch.sweep --list shows them")
        return write_table(Path(request.names[0]))

    return guarded(act, debug="--debug" in argv)


def write_table(folder: Path) -> int:
    """Collects, writes, and says what is in the table and what is not."""
    import pyarrow.parquet as pq

    from core.run.complain import warn
    from core.run.store import write_whole
    from launch.sweeps.collected import collect
    from launch.sweeps.points import TABLE, read_sweep

    sweep = read_sweep(folder)
    found = collect(sweep)
    buffer = io.BytesIO()
    pq.write_table(found.table, buffer, compression="zstd")
    write_whole(folder / TABLE, buffer.getvalue())
    rows, points = found.table.num_rows, sweep.points.num_rows
    failed = rows - found.table["error"].null_count if "error" in found.table.column_names else 0
    said = [f"{rows - failed} of {points} points", *([f"{failed} failed"] if failed else [])]
    said += [f"{points - rows} not tried"] if points > rows else []
    print(f"{sweep.about['experiment']}: {', '.join(said)} -> {folder / TABLE}")
    if left_out := json.loads(found.table.schema.metadata[b"left_out"]):
        shapes = ", ".join(f"{name} {tuple(shape)}" for name, shape in left_out.items())
        print(f"too long for the table: {shapes}; launch.sweep --keep-arrays stores them in runs/")
    for path, reason in found.bad:
        warn(f"{path} {reason}: not used; the sweep's command computes its points again")
    for conflict in found.conflicts[:_SHOWN]:
        warn(conflict)
    if len(found.conflicts) > _SHOWN:
        warn(f"... and {len(found.conflicts) - _SHOWN} more points whose results disagree")
    return int(bool(found.bad or found.conflicts))


if __name__ == "__main__":
    from core.run.complain import leave

    leave(main)
