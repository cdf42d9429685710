"""The command line of one experiment: `python -m experiments.<paper>.<figure>`."""

import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from core.run.catalogue import FIRST_PARTY, ROOT, Figure
from core.run.complain import complain
from core.run.distributed import join, leave_lost, leave_now, membership
from core.run.execute import Outcome, Render, execute
from core.run.experiment import Experiment
from core.run.loop import NotFinite
from core.run.platform import collect_rarely, set_devices, use_compile_cache, use_wide_vectors
from core.run.request import Request, new_flags, parse
from core.run.stopping import exit_status, farewell, preemptible
from core.run.together import is_leader

EXIT_OK, EXIT_FAILED, EXIT_USAGE = 0, 1, 2


def main(experiment: Experiment, render: Render, argv: Sequence[str] | None = None) -> int:
    """Runs `experiment` as the command line asks; returns the exit status.

    >>> from contextlib import redirect_stderr
    >>> experiment = Experiment({}, lambda config, key, run: {}, lambda config, arrays: None)
    >>> with redirect_stderr(sys.stdout):
    ...     main(experiment, lambda draw, folder, provenance: None, ["--seed=-1"])
    error: flag --seed=-1: -1 is not an integer in the range [0, 4294967295]
    2
    """
    argv = sys.argv[1:] if argv is None else argv
    figure = _figure_of(experiment)
    if "--help" in argv or "-h" in argv:
        print(_help_text(experiment, figure))
        return EXIT_OK

    def act() -> int:
        request = parse(argv)
        if request.names:
            raise ValueError(f"unexpected {request.names[0]!r}; flags begin with --")
        prepare(request)
        outcome = execute(experiment, figure, request, render)
        if is_leader():
            print(describe(figure, outcome))
        return EXIT_OK

    return guarded(act, debug="--debug" in argv)


def prepare(request: Request) -> None:
    """Sets what must be set before JAX is used."""
    if request.devices:
        set_devices(request.devices)
    use_wide_vectors()
    use_compile_cache()
    collect_rarely()
    if request.distributed:
        join(membership(request.coordinator, request.processes, request.process))


def describe(figure: Figure, outcome: Outcome) -> str:
    """One line for people.

    >>> describe(Figure("paper", "figure", Path()), Outcome(Path("results/run"), "kept", 1.5))
    'paper/figure: kept in 1.5 s -> results/run'
    """
    return f"{figure.paper}/{figure.name}: {outcome.did} in {outcome.seconds:.1f} s -> {outcome.folder}"


def guarded(act: Callable[[], int], *, debug: bool) -> int:
    """Turns what went wrong into one line and an exit status; `debug` asks for the traceback too.

    One of several processes ends here and now when something went wrong: the others can't go on without it.

    >>> from contextlib import redirect_stderr
    >>> with redirect_stderr(sys.stdout):
    ...     guarded(lambda: 1 // 0, debug=False)
    error: ZeroDivisionError: integer division or modulo by zero (--debug shows where)
    1
    """
    try:
        with preemptible():
            return act()
    except KeyboardInterrupt as stop:
        print(farewell(stop), file=sys.stderr)
        leave_now(exit_status(stop))
        return exit_status(stop)
    except BrokenPipeError:
        raise  # nobody reads any more: not to be told to anybody
    except Exception as error:
        if debug:
            traceback.print_exc()
        leave_lost(error)
        usage = type(error) is ValueError and _ours(error)
        hint = "" if debug or usage or isinstance(error, NotFinite) else " (--debug shows where)"
        kind = "" if usage or isinstance(error, NotFinite) else f"{type(error).__name__}: "
        said = str(error).strip() or "no message"
        complain(f"{kind}{said if usage else said.splitlines()[0]}{hint}")
        status = EXIT_USAGE if usage else EXIT_FAILED
        leave_now(status)
        return status


def _ours(error: BaseException) -> bool:
    """Whether our own code raised an error; a message from deeper down may not explain itself."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    file = Path(trace.tb_frame.f_code.co_filename) if trace else Path()
    return file.is_relative_to(ROOT) and file.relative_to(ROOT).parts[0] in FIRST_PARTY


def _figure_of(experiment: Experiment) -> Figure:
    """Which script an experiment stands in, also when that script is the program."""
    module = sys.modules[experiment.compute.__module__]
    spec, file = module.__spec__, module.__file__
    if spec is None or file is None:
        raise ValueError("run experiments as modules: python -m experiments.<paper>.<figure>")
    paper, name = spec.name.split(".")[-2:]
    return Figure(paper, name, Path(file).resolve())


def _help_text(experiment: Experiment, figure: Figure) -> str:
    """The script's own docstring, its config with the defaults of each preset, and the flags."""
    lines = [(sys.modules[experiment.compute.__module__].__doc__ or figure.name).strip(), "", "config:"]
    presets = experiment.presets
    first = next(iter(presets.values()))
    for field in first.__dataclass_fields__:
        values = ", ".join(f"{name} {getattr(config, field)!r}" for name, config in presets.items())
        lines.append(f"  --config.{field}=...  ({values})")
    lines += ["", "flags:", *flag_lines()]
    return "\n".join(lines)


def flag_lines() -> list[str]:
    """One line a flag.

    >>> [line for line in flag_lines() if "--seed" in line]
    ['  --seed  seed of the one random key (default: 0)']
    """
    values = new_flags()
    return [f"  --{name}  {values[name].help} (default: {values[name].default})" for name in sorted(values)]
