"""What was asked for on the command line, read with absl flags."""

import dataclasses
import math
import re
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from absl import flags

PRESETS = ("smoke", "laptop", "paper")


class Request(NamedTuple):
    """One command line, parsed."""

    preset: str  # one of PRESETS
    seed: int  # of the one random key
    out: Path  # folder for results
    x64: bool | None  # None: what the experiment prefers
    devices: int | None  # None: what the machine has
    force: bool  # compute although a result is there
    redraw: bool  # draw again from the arrays that are there
    checkpoint_seconds: float  # between two saves of a loop
    debug: bool  # tracebacks instead of one line
    config: tuple[str, ...]  # the --config.field=value arguments, as given
    names: tuple[str, ...]  # what is not a flag
    distributed: bool = False  # this process is one of several
    coordinator: str | None = None  # HOST:PORT; None, like the two below: as SLURM says
    processes: int | None = None
    process: int | None = None
    watchdog_seconds: float | None = None  # the longest that a loop of one of several processes may stand still


def new_flags() -> flags.FlagValues:
    """The flags that every command which computes understands.

    >>> new_flags()["preset"].default
    'laptop'
    """
    values = flags.FlagValues()
    kwargs: dict[str, Any] = {"flag_values": values}
    flags.DEFINE_enum("preset", "laptop", PRESETS, "sizes: seconds, the default, or the paper's own", **kwargs)
    flags.DEFINE_integer("seed", 0, "seed of the one random key", lower_bound=0, upper_bound=2**32 - 1, **kwargs)
    flags.DEFINE_string("out", "results", "folder for results", **kwargs)
    flags.DEFINE_bool("x64", None, "float64 instead of float32 (default: what the experiment asks for)", **kwargs)
    flags.DEFINE_integer("devices", None, "virtual CPU devices", lower_bound=1, upper_bound=1024, **kwargs)
    flags.DEFINE_bool("force", False, "compute again although a complete result is there", **kwargs)
    flags.DEFINE_bool("redraw", False, "draw again from the stored arrays, without computing", **kwargs)
    flags.DEFINE_float("checkpoint_seconds", 30.0, "seconds between checkpoints", lower_bound=0.0, **kwargs)
    flags.DEFINE_bool("debug", False, "show tracebacks", **kwargs)
    flags.DEFINE_bool("distributed", False, "one of several processes; in a step of SLURM that is all", **kwargs)
    flags.DEFINE_string("coordinator", None, "with --distributed: HOST:PORT of process 0", **kwargs)
    flags.DEFINE_integer("processes", None, "with --distributed: how many", lower_bound=1, **kwargs)
    flags.DEFINE_integer("process", None, "with --distributed: which one this is", lower_bound=0, **kwargs)
    stuck = "with --distributed: leave with status 75 when a loop stands still for so long"
    flags.DEFINE_float("watchdog_seconds", 1800.0, stuck, lower_bound=1.0, **kwargs)
    return values


def parse(argv: Sequence[str], values: flags.FlagValues | None = None) -> Request:
    """Reads `argv` (without the program's name); refuses unknown flags with a `ValueError` of one line.

    >>> request = parse(["--seed=3", "--config.n=4", "paper/figure"])
    >>> request.seed, request.config, request.names
    (3, ('config.n=4',), ('paper/figure',))
    """
    values = values or new_flags()
    config = tuple(a.lstrip("-") for a in argv if a.lstrip("-").startswith("config.") and a.startswith("-"))
    rest = [a for a in argv if not (a.lstrip("-").startswith("config.") and a.startswith("-"))]
    for field in config:
        if "=" not in field:
            raise ValueError(f"--{field}: write it as --{field}=value")
    try:
        names = values(["command", *rest])[1:]
    except flags.UnrecognizedFlagError as error:
        known = ", ".join(f"--{name}" for name in sorted(values) if "." not in name)
        raise ValueError(f"unknown flag --{error.flagname}; there are: {known}, --config.<field>") from None
    except flags.Error as error:
        raise ValueError(" ".join(str(error).split())) from None
    if not values.out or re.search("[\0\ud800-\udfff]", values.out):  # what no file or no terminal can be told
        raise ValueError(f"--out={values.out}: must name a folder")
    alone = [name for name in ("coordinator", "processes", "process") if values[name].value is not None]
    if alone and not values.distributed:
        raise ValueError(f"--{alone[0]}: goes with --distributed")
    return Request(
        preset=values.preset,
        seed=values.seed,
        out=Path(values.out),
        x64=values.x64,
        devices=values.devices,
        force=values.force,
        redraw=values.redraw,
        checkpoint_seconds=values.checkpoint_seconds,
        debug=values.debug,
        config=config,
        names=tuple(names),
        distributed=values.distributed,
        coordinator=values.coordinator,
        processes=values.processes,
        process=values.process,
        watchdog_seconds=values.watchdog_seconds if values.distributed else None,
    )


def configure(presets: Mapping[str, Any], preset: str, overrides: Sequence[str]) -> Any:
    """The preset's frozen dataclass with the `config.field=value` overrides put in.

    Raises:
        ValueError: for a preset or a field that is not there (the valid ones are named) and a value of a wrong type.

    Examples:
        >>> config = dataclasses.make_dataclass("Config", [("n", int, 3), ("rates", tuple[float, ...], (0.5,))])()
        >>> configure({"smoke": config}, "smoke", ["config.n=4", "config.rates=1,2"])
        Config(n=4, rates=(1.0, 2.0))
    """
    return dataclasses.replace(preset_of(presets, preset), **overridden(preset_of(presets, preset), overrides))


def preset_of(presets: Mapping[str, Any], preset: str) -> Any:
    """The preset's config; a ValueError that names the others where there is none.

    >>> preset_of({"smoke": 1, "laptop": 2}, "paper")
    Traceback (most recent call last):
    ValueError: --preset=paper: this experiment has smoke, laptop
    """
    if preset not in presets:
        raise ValueError(f"--preset={preset}: this experiment has {', '.join(presets)}")
    return presets[preset]


def overridden(config: Any, overrides: Sequence[str]) -> dict[str, Any]:
    """What the `config.field=value` overrides put in place of the fields of `config`.

    >>> config = dataclasses.make_dataclass("Config", [("n", int, 3), ("width", int, 8)])()
    >>> overridden(config, ["config.n=4"])
    {'n': 4}
    """
    fields = {f.name: getattr(config, f.name) for f in dataclasses.fields(config)}
    for override in overrides:
        name = override.removeprefix("config.").partition("=")[0]
        if name not in fields:
            valid = ", ".join(f"--config.{field}={value!r}" for field, value in fields.items()) or "no fields"
            raise ValueError(f"--config.{name}: no such field; there are: {valid}")
    hints = typing.get_type_hints(type(config))
    return dict(_value(override, fields, hints) for override in overrides)


def _value(override: str, fields: dict[str, Any], hints: dict[str, Any]) -> tuple[str, Any]:
    """The value of one `config.name=text`, converted by the type of the default, elements of tuples included."""
    from ml_collections import ConfigDict, config_flags

    name, _, text = override.removeprefix("config.").partition("=")
    argv, values = ["command", f"--{override}"], flags.FlagValues()
    problem = ValueError(f"--config.{name}={text}: must be {_spelled(hints[name])} (default: {fields[name]!r})")
    try:
        holder = config_flags.DEFINE_config_dict("config", ConfigDict(fields), flag_values=values, sys_argv=argv)
        values(argv)
    except flags.Error:
        raise problem from None
    value = holder.value[name]
    elements = value if isinstance(value, tuple) else (value,)
    hint = typing.get_args(hints[name])[0] if isinstance(value, tuple) else type(fields[name])
    if typing.get_args(hint):
        raise ValueError(f"--config.{name}: tuples of tuples can't be given on the command line")
    allowed = (int, float) if hint is float else (hint,)
    for item in elements:
        wrong_type = not isinstance(item, allowed) or (isinstance(item, bool) and hint is not bool)
        wrong_type |= isinstance(item, int) and not -(2**63) <= item < 2**63  # no array can hold it
        if wrong_type or (isinstance(item, float) and not math.isfinite(item)):
            raise problem
    if hint is float and isinstance(value, tuple):
        value = tuple(map(float, value))  # as for a lone number: 1,2 and 1.0,2.0 are one result, in one folder
    return name, value


def _spelled(hint: Any) -> str:
    if args := typing.get_args(hint):
        return f"a tuple of {args[0].__name__}, such as 1,2,3"
    return {bool: "true or false", int: "an int", float: "a finite float", str: "a string"}.get(hint, str(hint))
