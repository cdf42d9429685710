"""One comparison of speed: ours, a peer and the machine's own limit, in turn, warm, in one process."""

import os
import resource
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

SCALES = {"s": 1.0, "ms": 1e3, "µs": 1e6, "ns": 1e9}  # the first word of a unit


class Peer(NamedTuple):
    """Somebody else's code that does the same work."""

    name: str
    run: Callable[[], Any] | None  # blocks until it is done; None where it can't be run
    agrees: Callable[[Any, Any], bool]  # whether our result and theirs are the same, or the same in law
    work: float | None = None  # units that one call does, where they are fewer than ours
    missing: str = "not installed"  # why there is nothing to run


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
    row |= {"name": line.name, "unit": line.unit, "goal": line.goal, "peer_name": line.peer.name if line.peer else None}
    row |= {"limit": line.limit.name if line.limit else None, "curve": line.curve._asdict() if line.curve else None}
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
    if line.peer and line.peer.work:
        costs[:, list(sides).index("peer")] *= line.work / line.peer.work if peer else 1
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
    return row


def seconds(run: Callable[[], Any]) -> tuple[float, float]:
    """CPU time of all threads and ended children over one call, and wall-clock time."""
    cpu, wall = _cpu(), time.perf_counter()
    run()
    return _cpu() - cpu, time.perf_counter() - wall


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
