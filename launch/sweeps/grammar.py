"""What the flags of a sweep ask for: the values of each field, and the configs of their grid.

--config.a=1,2,3       these values            --config.a=0:1:21   21 values from 0 to 1, both included
--config.b='3,5;7'     of a field that is a tuple: first (3, 5), then (7,)
"""

import dataclasses
import itertools
import math
import re
import typing
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from core.run.request import overridden

MOST_POINTS = 1_000_000

_NUMBER = re.compile(r"[-+]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][-+]?\d{1,3})?\Z")


def swept_values(config: Any, overrides: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """The values that each overridden field goes through, in order, by field.

    Args:
        config: A preset, whose fields say what type the values have.
        overrides: `config.field=values`, as on the command line.
    """
    found: dict[str, tuple[Any, ...]] = {}
    for override in overrides:
        field, _, text = override.removeprefix("config.").partition("=")
        if field in found:
            raise ValueError(f"--config.{field}: given twice; write all its values in one flag")
        overridden(config, [f"config.{field}=0"] if not hasattr(config, field) else [])  # names the fields there are
        split = ";" if isinstance(getattr(config, field), tuple) else ","
        values = itertools.chain.from_iterable(_values(config, field, piece) for piece in text.split(split))
        found[field] = tuple(dict.fromkeys(values))
    return found


def grid_size(values: dict[str, tuple[Any, ...]], seeds: int) -> int:
    """How many points there are; a ValueError where nobody can have meant it."""
    count = math.prod(map(len, values.values())) * seeds
    if count > MOST_POINTS:
        factors = [f"{len(v)} of --config.{name}" for name, v in values.items()] + [f"{seeds} of --seeds"]
        raise ValueError(f"{count:,} points ({' x '.join(factors)}): at most {MOST_POINTS:,} fit into one sweep")
    return count


def grid(config: Any, values: dict[str, tuple[Any, ...]]) -> Iterator[Any]:
    """The config of each point of the grid, the last field running fastest; each is checked as the config checks."""
    config = _typed(config, {})
    for combination in itertools.product(*values.values()):
        changed = dict(zip(values, combination, strict=True))
        try:
            yield dataclasses.replace(config, **changed)
        except ValueError as error:
            where = " ".join(f"--config.{name}={value}" for name, value in changed.items())
            raise ValueError(f"{where}: {error}") from None


def _values(config: Any, field: str, piece: str) -> tuple[Any, ...]:
    parts = piece.split(":")
    if isinstance(getattr(config, field), str | tuple | bool) or len(parts) == 1:
        return (getattr(_typed(config, overridden(config, [f"config.{field}={piece.strip()}"])), field),)
    flag = f"--config.{field}={piece}"
    if len(parts) != 3 or not all(map(_NUMBER.match, parts)) or not parts[2].isdecimal():
        raise ValueError(f"{flag}: a range is first:last:count, such as 0:1:21")
    if not 2 <= int(parts[2]) <= MOST_POINTS:
        raise ValueError(f"{flag}: a range has from 2 to {MOST_POINTS:,} values")
    return _range(flag, *map(Fraction, parts), whole=isinstance(getattr(config, field), int))


def _range(flag: str, first: Fraction, last: Fraction, count: Fraction, *, whole: bool) -> tuple[Any, ...]:
    """Equally spaced, in whole numbers: a value is the same float as when it is typed, so that ids agree."""
    scale = first.denominator * last.denominator * (int(count) - 1)
    start, step = int(first * scale), int((last - first) * scale) // (int(count) - 1)
    exact = [start + n * step for n in range(int(count))]  # times scale
    if whole and (broken := [n for n in exact if n % scale or abs(n) >= 2**63 * scale]):
        value = float(Fraction(broken[0], scale))
        raise ValueError(f"{flag}: this field takes whole numbers of 64 bits, and the range has {value:g}")
    try:
        return tuple(n // scale if whole else n / scale for n in exact)
    except OverflowError:
        raise ValueError(f"{flag}: too large for a float") from None


def _typed(config: Any, changed: dict[str, Any]) -> Any:
    """The config with `changed` put in (unchecked), whole numbers in float fields made floats: 1 and 1.0 are one."""
    typed = object.__new__(type(config))
    for field, hint in typing.get_type_hints(type(config)).items():
        value = changed.get(field, getattr(config, field))
        object.__setattr__(typed, field, _as_hinted(value, hint))
    return typed


def _as_hinted(value: Any, hint: Any) -> Any:
    if isinstance(value, tuple):
        inner = typing.get_args(hint)[0]
        return tuple(_as_hinted(item, inner) for item in value)
    return float(value) if hint is float else value
