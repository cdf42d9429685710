"""Times our code against installed peers: python -m launch.bench [<name> ...] [--json=FILE] [--quick] [--rounds=7].

Both sides run in this process, in turn, warm, on the same work; the ratio is taken round by round, so that a machine
whose speed drifts does not decide. The cost is CPU time, of all threads; wall-clock time is shown beside it. Lines are
found in launch/benches: each module has `lines(quick) -> list[Line]`.
"""

import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from launch.table import table


class Line(NamedTuple):
    """One comparison."""

    name: str
    unit: str  # of the cost, such as "ns per leaf-vote"
    work: float  # how many units one call does
    ours: Callable[[], Any]  # blocks until it is done
    peer: Callable[[], Any] | None  # None: the peer is not installed
    peer_name: str
    agree: Callable[[Any, Any], bool]  # whether the two results are the same, or the same in law
    ceiling: Callable[[], Any] | None = None  # the same work at the limit of its scarcest resource


def main(argv: Sequence[str]) -> int:
    """Runs the lines whose names begin with one of those given; returns the exit status."""
    from absl import flags

    from core.run.main import guarded
    from core.run.platform import use_compile_cache
    from core.run.store import check_writable, write_json

    values = flags.FlagValues()
    flags.DEFINE_string("json", None, "also write the rows to this file", flag_values=values)
    flags.DEFINE_bool("quick", False, "smaller work, for a first look", flag_values=values)
    flags.DEFINE_integer("rounds", 7, "rounds of each pair", lower_bound=1, flag_values=values)
    flags.DEFINE_bool("debug", False, "show tracebacks", flag_values=values)
    if "--help" in argv or "-h" in argv:
        print(__doc__, "", *(f"  --{name}  {values[name].help}" for name in sorted(values)), sep="\n")
        return 0

    def act() -> int:
        try:
            names = values(["bench", *argv])[1:]
        except flags.Error as error:
            raise ValueError(" ".join(str(error).split())) from None
        file = Path(values.json) if values.json else None
        if file:
            check_writable(file.resolve().parent)
        use_compile_cache()
        chosen = [line for line in all_lines(values.quick) if not names or line.name.startswith(tuple(names))]
        if not chosen:
            raise ValueError(
                f"no line begins with {names[0]!r}; there are: {', '.join(n.name for n in all_lines(True))}"
            )
        rows = [measured(line, values.rounds) for line in chosen]
        print(table(("line", "unit", "ours", "peer", "ratio", "spread", "of limit"), [shown(row) for row in rows]))
        if file:
            write_json(file, rows)
        return int(any(row["ratio"] == "wrong result" for row in rows))

    return guarded(act, debug="--debug" in argv)


def all_lines(quick: bool) -> list[Line]:
    """Every line that there is."""
    files = sorted((Path(__file__).parent / "benches").glob("[a-z]*.py"))
    return [line for file in files for line in import_module(f"launch.benches.{file.stem}").lines(quick)]


def measured(line: Line, rounds: int) -> dict[str, Any]:
    """Warms up, asserts that both sides agree, and takes turns."""
    result = line.ours()
    row: dict[str, Any] = {"name": line.name, "unit": line.unit, "peer": None, "ratio": None, "spread": None}
    row["limit_fraction"] = None
    if line.peer is not None and not line.agree(result, line.peer()):
        return {**row, "ours": None, "ratio": "wrong result"}
    if line.ceiling is not None:
        line.ceiling()
    sides = [side for side in (line.ours, line.peer, line.ceiling) if side is not None]
    costs = np.array([[cpu_seconds(side) for side in sides] for _ in range(rounds)]) / line.work * 1e9
    medians = dict(zip(sides, np.median(costs, axis=0), strict=True))
    row |= {"ours": float(medians[line.ours]), "wall": float(wall_seconds(line.ours) / line.work * 1e9)}
    if line.peer is not None:
        ratios = costs[:, 1] / costs[:, 0]
        row |= {
            "peer": float(medians[line.peer]),
            "peer_name": line.peer_name,
            "ratio": float(np.median(ratios)),
            "spread": [float(ratios.min()), float(ratios.max())],
        }
    if line.ceiling is not None:
        row["limit_fraction"] = float(medians[line.ceiling] / medians[line.ours])
    return row


def cpu_seconds(side: Callable[[], Any]) -> float:
    """CPU time of all threads of this process over one call."""
    started = time.process_time()
    side()
    return time.process_time() - started


def wall_seconds(side: Callable[[], Any]) -> float:
    """Wall-clock time of one call, the best of three."""
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        side()
        best = min(best, time.perf_counter() - started)
    return best


def shown(row: dict[str, Any]) -> tuple[str, ...]:
    """A row as the table prints it."""
    number = ["" if row[key] is None else f"{row[key]:.3g}" for key in ("ours", "peer")]
    ratio = (
        row["ratio"] if isinstance(row["ratio"], str) else "no peer" if row["ratio"] is None else f"{row['ratio']:.1f}"
    )
    spread = "" if row["spread"] is None else "{:.1f} to {:.1f}".format(*row["spread"])
    limit = "" if row["limit_fraction"] is None else f"{100 * row['limit_fraction']:.0f} %"
    return (row["name"], row["unit"], *number, ratio, spread, limit)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
