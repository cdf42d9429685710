"""Computes what is missing of one shard of a sweep: python -m launch.worker <sweep folder> --shard=I --of=N [flags].

Shard I of N is every N-th batch of the sweep, from batch I on. A worker claims nothing: any scheduler may kill it,
start it again or start it twice. What it has finished is safe in `parts/`; the same command computes the rest.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from launch.table import flag_lines


def main(argv: Sequence[str]) -> int:
    """Works on one shard; returns the exit status: 1 when points failed, 75 when it was asked to stop."""
    from absl import flags

    from core.run.main import guarded
    from core.run.request import new_flags, parse

    values = new_flags()
    flags.DEFINE_integer("shard", 0, "which shard, from 0", lower_bound=0, flag_values=values)
    flags.DEFINE_integer("of", 1, "number of shards", lower_bound=1, upper_bound=10**6, flag_values=values)
    flags.DEFINE_float("flush_seconds", 10.0, "write a part that often", lower_bound=0.0, flag_values=values)
    flags.DEFINE_bool("keep-arrays", False, "store the arrays of each point in runs/", flag_values=values)
    flags.DEFINE_integer("parent", 0, "end when this process does", flag_values=values)
    if "--help" in argv or "-h" in argv:
        names = ("shard", "of", "flush_seconds", "keep-arrays", "parent", "devices", "debug")
        print(__doc__, *flag_lines(values, names), sep="\n")
        return 0

    def act() -> int:
        request = parse(argv, values)
        if len(request.names) != 1:
            raise ValueError("name the folder of one sweep; python -m launch.sweep --list shows them")
        if values.shard >= values.of:
            raise ValueError(f"--shard={values.shard}: must be below --of={values.of}; shards are counted from 0")
        return run(Path(request.names[0]), request, values)

    return guarded(act, debug="--debug" in argv)


def run(folder: Path, request: Any, values: Any) -> int:
    """Works, and says what was done."""
    from core.run.main import prepare
    from core.run.store import check_writable
    from launch.sweeps.points import PARTS, read_sweep
    from launch.sweeps.work import Shard, work

    sweep = read_sweep(folder)
    check_writable(folder / PARTS)
    prepare(request)
    shard = Shard(values.shard, values.of, values.flush_seconds, values["keep-arrays"].value, values.parent)
    done, failed = work(sweep, shard)
    print(f"shard {shard.index} of {shard.of}: {done} points computed, {failed} failed -> {folder}")
    return int(failed > 0)


if __name__ == "__main__":
    from core.run.complain import leave

    leave(main)
