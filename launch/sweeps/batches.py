"""Computing a batch of points: seeds of one config, all in one program where the experiment allows it.

`compute` is called under `jax.vmap`, not under `jax.jit`: what does not depend on the key stays a plain number, so the
checks at the door of the library still see it, and host code that does not depend on the key still runs. Where host
code does depend on the key (`float(x)`, `np.asarray(x)`, a program that can't be vmapped), the seeds run one by one.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from core.run.experiment import Experiment, Run
from core.run.loop import chunked_scan
from core.run.mesh import device_mesh

TRACING = (  # an experiment that answers with one of these does so with every config
    "AttributeError",  # of a traced array
    "ConcretizationTypeError",
    "NonConcreteBooleanIndexError",
    "NotImplementedError",
    "TracerArrayConversionError",
    "TracerBoolConversionError",
    "TracerIntegerConversionError",
)


class Result(NamedTuple):
    """What one point gave."""

    arrays: Mapping[str, np.ndarray]
    error: str | None
    seconds: float
    vmapped: bool


def compute_vmapped(experiment: Experiment, config: Any, seeds: Sequence[int]) -> list[Result] | str:
    """The results of all seeds from one vmapped call, or why there are none: then the seeds must go one by one.

    An error that is not the vmap's fault comes back when the seeds go one by one, and is told then.
    """
    fixed: dict[str, Any] = {}

    def one(key: jax.Array) -> dict[str, Any]:
        found = experiment.compute(config, key, Run(device_mesh(), _scan))
        fixed.update({name: value for name, value in found.items() if not isinstance(value, Tracer)})
        return {name: value for name, value in found.items() if isinstance(value, Tracer)}

    started = time.perf_counter()
    try:
        stacked = jax.vmap(one)(jnp.stack([jax.random.key(seed) for seed in seeds]))
        drawn = {name: np.asarray(value) for name, value in stacked.items()}
    except Exception as error:
        return type(error).__name__
    seconds = (time.perf_counter() - started) / len(seeds)
    same = {name: np.asarray(value) for name, value in fixed.items()}
    each = [{**same, **{name: value[place] for name, value in drawn.items()}} for place in range(len(seeds))]
    return [_checked(experiment, arrays, seconds, vmapped=True) for arrays in each]


def compute_alone(experiment: Experiment, config: Any, seed: int) -> Result:
    """The result of one seed; an error becomes its result, so that one bad point does not stop a sweep."""
    started = time.perf_counter()
    try:
        found = experiment.compute(config, jax.random.key(seed), Run(device_mesh(), chunked_scan))
        arrays = {name: np.asarray(value) for name, value in found.items()}
    except Exception as error:
        said = next(iter(str(error).splitlines()), "")
        return Result({}, f"{type(error).__name__}: {said}"[:500], time.perf_counter() - started, vmapped=False)
    return _checked(experiment, arrays, time.perf_counter() - started, vmapped=False)


def _scan(
    step: Callable[[Any, jax.Array], tuple[Any, Any]], state: Any, steps: int, *, name: str = "", chunk: int = 1
) -> tuple[Any, Any]:
    """What `run.scan` is without a host between the chunks; the numbers are the same."""
    return jax.lax.scan(step, jax.tree.map(jnp.asarray, state), jnp.arange(steps))


def _checked(experiment: Experiment, arrays: Mapping[str, np.ndarray], seconds: float, *, vmapped: bool) -> Result:
    """The result, or an error in its place where a number is NaN or infinite that should not be."""
    for name, value in arrays.items():
        if name not in experiment.gaps and value.dtype.kind in "fc" and not np.isfinite(value).all():
            bad = value[~np.isfinite(value)].flat[0]
            return Result({}, f"NotFinite: {name!r} is {bad}", seconds, vmapped)
    return Result(arrays, None, seconds, vmapped)
