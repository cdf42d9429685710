"""All commands on one screen: python -m launch [<command> ...]."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from core.run.catalogue import read_card
from core.run.complain import complain, leave
from launch.table import flag_lines

_EXAMPLES = """\
  python -m launch run --list                      what there is, what is done
  python -m launch run <paper>[/<figure>]          some figures
  python -m experiments.<paper>.<figure> --help    parameters of one figure
  make reproduce                                   everything, and the report"""


def main(argv: Sequence[str]) -> int:
    """Hands over to the command that is named, or shows them all; returns the exit status."""
    found = commands()
    if not argv or argv[0] in ("--help", "-h", "help"):
        print(overview(found))
        return 0
    if argv[0] not in found:
        complain(f"no command {argv[0]!r}; there are: {', '.join(found)}")
        return 2
    return import_module(f"launch.{argv[0]}").main(list(argv[1:]))


def commands() -> dict[str, tuple[str, str]]:
    """Name of each command, with what it does and how it is called, from the first line of its file."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        does, _, call = read_card(path).title.partition(": python -m ")
        if call and path.stem != "__main__":
            found[path.stem] = (does, call.partition(" ")[2])
    return found


def overview(found: dict[str, tuple[str, str]]) -> str:
    """The help: 80 columns, 24 lines."""
    from core.run.request import new_flags

    width = max(map(len, found), default=0)
    lines = ["Commands of tipping: python -m launch <command> ...", ""]
    lines += [f"  {name:{width}}  {does}" for name, (does, _) in found.items()]
    lines += ["", "flags of all that compute (each command knows more: --help):"]
    lines += flag_lines(new_flags(), ("preset", "seed", "out", "devices", "x64"), short=True)
    return "\n".join([*lines, "", _EXAMPLES])


if __name__ == "__main__":
    leave(main)
