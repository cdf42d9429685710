"""What an experiment script hands to the runner, and what the runner hands to an experiment."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

Arrays = Mapping[str, np.ndarray]


class Run(NamedTuple):
    """What the runner lends to `compute`: devices, and a loop that survives."""

    mesh: jax.sharding.Mesh  # one axis, "devices"; every device that the process has
    scan: Callable[..., Any]  # see `core.run.loop.chunked_scan`: like jax.lax.scan, with progress and checkpoints


class Experiment(NamedTuple):
    """One figure of one paper.

    `compute` is pure: the same config and key give the same arrays. `draw` needs nothing but its arguments, so that
    a picture can be drawn again without computing.
    """

    presets: Mapping[str, Any]  # "smoke", "laptop", "paper" -> frozen dataclass, all of one type
    compute: Callable[[Any, jax.Array, Run], Mapping[str, Any]]
    draw: Callable[[Any, Arrays], Any]  # -> matplotlib Figure
    x64: bool = False  # the precision used when --x64 is not given
    gaps: tuple[str, ...] = ()  # arrays in which NaN or infinity is part of the result
