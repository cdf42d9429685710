"""The same work on more devices: of a fixed size (strong), and of a fixed size a device (weak), with its memory.

Each number of devices has a process of its own; two of them take turns, one device and several. On a CPU the devices
are virtual and share its cores: then what counts is CPU time, of which more devices should take no more, and memory.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from threading import Timer
from typing import Any, NamedTuple

import jax
import numpy as np

from core.run.catalogue import ROOT
from launch.measure import Costs, Line, Memory, Peer, Scaling

DEVICES = (1, 2, 4, 8)
PATIENCE = 300.0  # seconds that a child may take to answer before it is killed


class Kind(NamedTuple):
    """One pillar's work."""

    name: str  # in launch/benches/_sharded.py
    of: str
    size: int  # on one device
    unit: str
    units: float  # for each of `size`
    loose: bool = True  # whether it can sum in any order


KINDS = (
    Kind("particles", "CBO step", 65_536, "ns per coordinate", 20 * 10.0),
    Kind("trees", "tree Monte Carlo", 4096, "ns per leaf-vote", 32 * 3.0**7, loose=False),
    Kind("tokens", "token statistics", 131_072, "ns per logit", 64.0),
    Kind("classes", "class statistics", 16_384, "ns per coordinate", 256.0),
)


class Child(NamedTuple):
    """A process that runs its work when it is told to."""

    process: subprocess.Popen[str]
    found: dict[str, Any]  # its memory, the hash of its result, and sums of it


def lines(quick: bool) -> Iterator[Line]:
    """Strong and weak for each pillar; then sums in a fixed order against plain ones."""
    there = jax.device_count() if jax.default_backend() != "cpu" else max(DEVICES)
    counts = tuple(count for count in DEVICES if count <= (2 if quick else there))
    for kind in KINDS:
        yield from _family(kind._replace(size=kind.size // 16) if quick else kind, counts)


def _family(kind: Kind, counts: tuple[int, ...]) -> Iterator[Line]:
    with ExitStack() as processes:

        @cache
        def child(scale: int, devices: int, order: str = "fixed") -> Child:
            return processes.enter_context(started(kind.name, scale * kind.size, devices, order))

        for devices in counts:
            yield _line(kind, "strong", devices, child)
        if kind.loose:
            yield _order(kind, counts[-1], child)
        for devices in counts[1:]:
            yield _line(kind, "weak", devices, child)


def _line(kind: Kind, growth: str, devices: int, child: Callable[..., Child]) -> Line:
    """Against one device; a fixed work has to give the same bits there."""
    scale, units = devices if growth == "weak" else 1, kind.size * kind.units

    def same_bits(ours: Costs, one: Costs) -> bool:
        return growth == "weak" or ours.result["bits"] == one.result["bits"]

    return Line(
        f"scaling {kind.name} {growth} devices={devices}",
        kind.unit,
        scale * units,
        lambda: _once(child(scale, devices)),
        Peer("one device", lambda: _once(child(1, 1)), same_bits, units) if devices > 1 else None,
        memory=partial(_memory, child, scale, devices),
        scaling=Scaling(kind.of, growth, devices, cores()),
    )


def _order(kind: Kind, devices: int, child: Callable[..., Child]) -> Line:
    def agrees(ours: Costs, theirs: Costs) -> bool:
        return bool(np.allclose(ours.result["sums"], theirs.result["sums"], rtol=1e-3, atol=1e-2))

    return Line(
        f"scaling {kind.name} fixed order devices={devices}",
        kind.unit,
        kind.size * kind.units,
        lambda: _once(child(1, devices)),
        Peer(
            "plain psum",
            lambda: _once(child(1, devices, "any")),
            agrees,
            memory=partial(_memory, child, 1, devices, "any"),
        ),
        memory=partial(_memory, child, 1, devices),
    )


def _memory(child: Callable[..., Child], *which: Any) -> Memory:
    return Memory(*child(*which).found["memory"])


def cores() -> int:
    """Cores that virtual devices share; 0 where each device has its own."""
    if jax.default_backend() != "cpu":
        return 0
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def started(name: str, size: int, devices: int, order: str = "fixed") -> Iterator[Child]:
    """A process that has run its work once."""
    words = [sys.executable, "-m", "launch.benches._sharded", name, str(size), str(devices), order]
    own = {"PYTHONPATH": str(ROOT), "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}  # several share an accelerator's memory
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, cwd=ROOT, env=os.environ | own, **pipes) as process:
        try:
            yield Child(process, _answer(process))
        finally:
            process.kill()


def _once(child: Child) -> Costs:
    child.process.stdin.write("\n")
    child.process.stdin.flush()
    return Costs(*_answer(child.process), child.found)


def _answer(process: subprocess.Popen[str]) -> Any:
    """The next line that a child says; one that does not say it in time is killed."""
    timer = Timer(PATIENCE, process.kill)
    timer.start()
    try:
        said = process.stdout.readline()
    finally:
        timer.cancel()
    if not said:
        raise ValueError(f"{' '.join(process.args[1:])}: ended with status {process.wait()}, or took {PATIENCE:g} s")
    return json.loads(said)


def memory_alone(name: str, size: int) -> Memory:
    """What the work takes in a process of its own."""
    with started(name, size, 1) as child:
        return Memory(*child.found["memory"])
