"""Times our code against installed peers: python -m launch.bench [<name> ...] [--json=FILE] [--quick] [--rounds=7].

Both sides run in one process, in turn, warm, on the same work, and their results are compared first; the ratio is
taken round by round, so that a machine whose speed drifts does not decide. The cost is CPU time of all threads, with
wall-clock time beside it. "Of limit" is what the work would cost if only its scarcest resource were used, over ours.
Memory: what the compiled program sets aside on a device on the way, plus for its arguments and results.
Each module of launch/benches has `lines(quick)`, whose names begin with its own, and a process of its own, so that
it doesn't pay for threads and memory that the others leave behind. Peers: pip install -e '.[peers]'.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from core.run.complain import leave
from launch.jobs import each
from launch.measure import Line, measured
from launch.table import table

HEADER = ("line", "unit", "ours", "wall", "peer", "", "ratio", "spread", "wall ratio", "of limit", "memory", "goal")


def main(argv: Sequence[str]) -> int:
    """Runs the lines whose names begin with one of those given; returns the exit status."""
    from absl import flags

    from core.run.main import guarded
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
        kinds, rows = kinds_of(names), []
        work = partial(rows_of, names=names, quick=values.quick, rounds=values.rounds)
        for kind in kinds:
            for _, found in each(work, [kind], 1, prepare, apart=len(kinds) > 1):
                rows += found
        if not rows:
            raise ValueError(f"no line begins with {' or '.join(map(repr, names))}")
        print("", table(HEADER, [shown(row) for row in rows]), sep="\n")
        if file:
            write_json(file, rows)
        return int(any(row["ratio"] == "wrong result" for row in rows))

    return guarded(act, debug="--debug" in argv)


def kinds_of(names: Sequence[str]) -> list[str]:
    """The modules of launch/benches that have lines whose names begin with one of `names`; all where none is given."""
    kinds = sorted(path.stem for path in (Path(__file__).parent / "benches").glob("[a-z]*.py"))
    for name in names:
        if not any(kind.startswith(name.split()[0]) for kind in kinds):
            raise ValueError(f"no line begins with {name!r}; lines begin with {', '.join(kinds)}")
    return [kind for kind in kinds if not names or any(kind.startswith(name.split()[0]) for name in names)]


def chosen(kind: str, names: Sequence[str], quick: bool) -> Iterator[Line]:
    """The lines of a module whose names begin with one of `names`; made one by one, as they are timed."""
    lines = import_module(f"launch.benches.{kind}").lines(quick)
    return (line for line in lines if not names or line.name.startswith(tuple(names)))


def rows_of(kind: str, names: Sequence[str], quick: bool, rounds: int) -> list[dict[str, Any]]:
    """Times the lines of a module, and prints each as soon as it is known."""
    rows = []
    for line in chosen(kind, names, quick):
        rows.append(measured(line, rounds))
        print(" | ".join(cell for cell in shown(rows[-1]) if cell), flush=True)
    return rows


def prepare() -> None:
    """What comes before JAX is used."""
    from core.run.platform import use_compile_cache, use_wide_vectors

    use_wide_vectors()
    use_compile_cache()


def shown(row: dict[str, Any]) -> tuple[str, ...]:
    """A row as the table prints it."""

    def number(key: str) -> str:
        return "" if row[key] is None else row[key] if isinstance(row[key], str) else f"{row[key]:.3g}"

    spread = "" if row["spread"] is None else "{:.1f} to {:.1f}".format(*row["spread"])
    limit = "" if row["limit_fraction"] is None else f"{100 * row['limit_fraction']:.0f} % of {row['limit']}"
    held = row["memory"]
    memory = f"{held['temporary'] / 1e6:.3g} + {(held['arguments'] + held['results']) / 1e6:.3g} MB" if held else ""
    costs = (number("ours"), number("wall"), number("peer"), row["peer_name"] or "")
    return (row["name"], row["unit"], *costs, number("ratio"), spread, number("wall_ratio"), limit, memory, row["goal"])


if __name__ == "__main__":
    leave(main)
