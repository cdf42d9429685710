"""One comparison of speed: ours, a peer and the machine's own limit, in turn, warm, in one process."""

import os
import resource
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import jax
import numpy as np

SCALES = {"s": 1.0, "ms": 1e3, "µs": 1e6, "ns": 1e9}  # the first word of a unit


class Costs(NamedTuple):
    """What another process spent on a call, by its own clocks; its caller returns it as the result of that call."""

    cpu: float  # seconds, of all threads
    wall: float
    result: Any


class Memory(NamedTuple):
    """Bytes: what a compiled program holds on each device, and the most that a process with nothing else to do held."""

    arguments: int
    results: int  # without those that take an argument's place
    temporary: int
    process: int | None = None  # with JAX itself, some 250 MB


class Scaling(NamedTuple):
    """A place on a curve of the same work on more devices."""

    of: str
    kind: str  # "strong": the work is fixed; "weak": the work of a device is
    devices: int
    cores: int  # that the devices share, where they are virtual; else 0


class Peer(NamedTuple):
    """Somebody else's code that does the same work."""

    name: str
    run: Callable[[], Any] | None  # blocks until it is done; None where it can't be run
    agrees: Callable[[Any, Any], bool]  # whether our result and theirs are the same, or the same in law
    work: float | None = None  # units that one call does, where they are fewer than ours
    missing: str = "not installed"  # why there is nothing to run
    memory: Callable[[], Memory] | None = None


class Limit(NamedTuple):
    """The same work at the limit of its scarcest resource, and nothing else."""

    name: str
    run: Callable[[], Any]


class Curve(NamedTuple):
    """A place on a curve of cost against size."""

    of: str  # what grows
    variable: str
    value: float
    exponent: float  # that the mathematics says: seconds grow as value^exponent


class Line(NamedTuple):
    """What is timed."""

    name: str
    unit: str  # of the cost, such as "ns per leaf-vote"
    work: float  # how many units one call of ours does
    ours: Callable[[], Any]  # blocks until it is done
    peer: Peer | None = None
    limit: Limit | None = None
    goal: str = ""  # what was aimed at, in words
    curve: Curve | None = None
    memory: Callable[[], Memory] | None = None
    scaling: Scaling | None = None


def memory_of(compiled: jax.stages.Compiled) -> Memory:
    """What the compiler says that it set aside for a program, a device."""
    found = compiled.memory_analysis()
    results = found.output_size_in_bytes - found.alias_size_in_bytes
    return Memory(found.argument_size_in_bytes, results, found.temp_size_in_bytes)


def installed(module: str) -> bool:
    """Whether a peer is there, without importing it."""
    return find_spec(module) is not None


def import_torch() -> Any:
    """Torch, its threads told not to spin while they wait: on a machine that is shared, that would be all they do."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    return import_module("torch")


def measured(line: Line, rounds: int) -> dict[str, Any]:
    """Warms up, asserts that both sides agree, and takes turns; costs are medians of CPU time of all threads."""
    row: dict[str, Any] = dict.fromkeys(("ours", "wall", "peer", "ratio", "wall_ratio", "spread", "limit_fraction"))
    row |= {"memory": None, "peer_memory": None}
    row |= {"name": line.name, "unit": line.unit, "goal": line.goal, "peer_name": line.peer.name if line.peer else None}
    row |= {"limit": line.limit.name if line.limit else None}
    row |= {name: part._asdict() if part else None for name, part in (("curve", line.curve), ("scaling", line.scaling))}
    result = line.ours()
    peer = line.peer.run if line.peer else None
    if line.peer and peer is None:
        row["ratio"] = line.peer.missing
    if line.peer and peer is not None and not line.peer.agrees(result, peer()):
        return row | {"ratio": "wrong result"}
    if line.limit:
        line.limit.run()
    scale = SCALES[line.unit.split()[0]] / line.work
    sides = {"ours": line.ours, "peer": peer, "limit": line.limit.run if line.limit else None}
    sides = {name: run for name, run in sides.items() if run is not None}
    # rounds x sides x (CPU, wall)
    costs = np.array([[seconds(run) for run in sides.values()] for _ in range(rounds)]) * scale
    if peer is not None and line.peer.work:
        costs[:, list(sides).index("peer")] *= line.work / line.peer.work
    cpu = dict(zip(sides, costs[..., 0].T, strict=True))
    wall = dict(zip(sides, costs[..., 1].T, strict=True))
    row |= {"ours": float(np.median(cpu["ours"])), "wall": float(np.median(wall["ours"]))}
    row["seconds"] = row["ours"] / scale
    if peer is not None:
        ratios = cpu["peer"] / cpu["ours"]
        row |= {"peer": float(np.median(cpu["peer"])), "ratio": float(np.median(ratios))}
        row |= {"wall_ratio": float(np.median(wall["peer"] / wall["ours"]))}
        row["spread"] = [float(ratios.min()), float(ratios.max())]
    if line.limit:
        row["limit_fraction"] = float(np.median(cpu["limit"] / cpu["ours"]))
    if line.memory:
        row["memory"] = line.memory()._asdict()
    if line.peer and line.peer.memory:
        row["peer_memory"] = line.peer.memory()._asdict()
    return row


def seconds(run: Callable[[], Any]) -> tuple[float, float]:
    """CPU time of all threads and ended children over one call, and wall-clock time; or what a live child says."""
    cpu, wall = _cpu(), time.perf_counter()
    found = run()
    if isinstance(found, Costs):
        return found.cpu, found.wall
    return _cpu() - cpu, time.perf_counter() - wall


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
