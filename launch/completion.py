"""Completes the command line in a shell: python -m launch.completion bash|zsh prints what to evaluate there.

`eval "$(python -m launch.completion bash)"` completes `python -m launch...` and `python -m experiments...`: commands,
papers, figures, claims, flags and config fields, read from the files without importing JAX.
"""

import ast
import re
from collections.abc import Callable, Sequence

from core.run.catalogue import ROOT, Figure, claims_files, figures, papers, public_functions
from core.run.complain import complain, leave

_BASH = """\
_tipping() {
  local words="${COMP_LINE:0:COMP_POINT}"
  COMPREPLY=()
  case "$words" in
    *" -m launch"*|*" -m experiments"*|*" -m ")
      local IFS=$'\\n'
      COMPREPLY=($("$1" -m launch.completion candidates "$words" 2>/dev/null))
      [[ "${COMPREPLY[0]}" == *= || "${COMPREPLY[0]}" == */ || "${COMPREPLY[0]}" == *. ]] && compopt -o nospace ;;
  esac
}
complete -o default -o bashdefault -F _tipping python python3
# = and : end a word in bash; our flags and values hold =
COMP_WORDBREAKS="${COMP_WORDBREAKS//=/}"
"""
SCRIPTS = {"bash": _BASH, "zsh": "autoload -Uz compinit bashcompinit && compinit -u && bashcompinit\n" + _BASH}


def main(argv: Sequence[str]) -> int:
    """Prints a shell's script, or the candidates for a line; returns the exit status."""
    if "--help" in argv or "-h" in argv:
        print(__doc__)
        return 0
    if list(argv[:1]) == ["candidates"] and len(argv) == 2:
        print(*candidates(argv[1]), sep="\n")
        return 0
    if len(argv) != 1 or argv[0] not in SCRIPTS:
        complain(f"name a shell: {' or '.join(SCRIPTS)}" + (f"; {' '.join(argv)!r} is none" if argv else ""))
        return 2
    print(SCRIPTS[argv[0]], end="")
    return 0


def candidates(line: str) -> list[str]:
    """What the last word of `line` may become.

    >>> candidates("python -m launch.run phase_tr")
    ['phase_transition', 'phase_transition/']
    """
    words = line.split(" ")
    last = words[-1]
    try:
        module = words[words.index("-m") + 1]
    except (ValueError, IndexError):
        return []
    if module == last and words[-2] == "-m":
        return sorted(name for name in _modules(last) if name.startswith(last))
    done = [word for word in words[words.index("-m") + 2 : -1] if word]
    if module == "launch":
        if not done:
            return _matching(last, [*_commands(), "--help"])
        module = f"launch.{done[0]}"
    top, _, command = module.partition(".")
    if last.startswith("-"):
        return _matching(last, _values(last) or _flags(top, command))
    names = {"run": _figures, "sweep": _figures, "verify": _claims, "completion": lambda _: list(SCRIPTS)}
    return _matching(last, names[command](last)) if top == "launch" and command in names else []


def _matching(last: str, names: Sequence[str]) -> list[str]:
    return [name for name in names if name.startswith(last)]


def _modules(last: str) -> list[str]:
    """Modules for `python -m`; figures of a paper only once the paper is there."""
    paper = last.removeprefix("experiments.").partition(".")[0]
    if last.startswith("experiments.") and paper in papers():
        return [figure.module for figure in figures(paper)]
    return [f"experiments.{name}." for name in papers()] + ["launch"] + [f"launch.{name}" for name in _commands()]


def _commands() -> list[str]:
    from launch.__main__ import commands

    return list(commands())


def _figures(last: str) -> list[str]:
    return _in_papers(last, lambda paper: [figure.name for figure in figures(paper)])


def _claims(last: str) -> list[str]:
    return _in_papers(last, lambda paper: [name for file in claims_files(paper) for name in public_functions(file)])


def _in_papers(last: str, things: Callable[[str], list[str]]) -> list[str]:
    """Papers; and what one holds, once it is named with a slash."""
    paper, slash, _ = last.partition("/")
    if slash:
        return [f"{paper}/{name}" for name in things(paper)]
    return [word for name in papers() for word in (name, f"{name}/")]


def _flags(top: str, command: str) -> list[str]:
    from core.run.request import new_flags

    known = new_flags()
    flags = [f"--{name}" if known[name].boolean else f"--{name}=" for name in sorted(known)]
    if top == "launch":  # what a command adds to them stands in its own file
        source = (ROOT / "launch" / f"{command}.py").read_text(encoding="utf-8") if command in _commands() else ""
        added = re.findall(r'DEFINE_(\w+)\(\s*"(\w+)"', source)
        flags += [f"--{name}" if kind == "bool" else f"--{name}=" for kind, name in added]
    else:
        paper, _, name = command.partition(".")
        flags += [f"--config.{field}=" for figure in figures(paper) if figure.name == name for field in _fields(figure)]
    return sorted({*flags, "--help"})


def _values(last: str) -> list[str]:
    from core.run.request import PRESETS

    return [f"--preset={name}" for name in PRESETS] if last.startswith("--preset=") else []


def _fields(figure: Figure) -> list[str]:
    """Fields of the config class that a script defines."""
    tree = ast.parse(figure.path.read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Config"]
    return [line.target.id for node in classes for line in node.body if isinstance(line, ast.AnnAssign)]


if __name__ == "__main__":
    leave(main)
