"""A sweep on this machine: a child process a shard, started again when it dies, and ended with its parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from core.run.catalogue import ROOT
from launch.jobs import GRACE_SECONDS
from launch.sweeps.points import LOGS

_STARTS = 4  # of one shard: a child that dies again and again is not chance
_LOOK_SECONDS = 0.1
_SETTLED = (0, 1, 2)  # done, some points failed, refused: to start it again would change nothing


class Child(NamedTuple):
    """A worker at work."""

    process: subprocess.Popen[bytes]
    starts: int


def run_children(folder: Path, count: int, flags: Sequence[str], tick: Callable[[], None]) -> dict[int, int]:
    """Works on all shards; returns the exit status of each shard that did not end well."""
    children: dict[int, Child] = {}
    failed: dict[int, int] = {}
    try:
        for shard in range(count):
            children[shard] = Child(_start(folder, shard, count, flags), 1)
        while children:
            for shard, child in list(children.items()):
                status = child.process.poll()
                if status is None:
                    continue
                if status in _SETTLED or child.starts >= _STARTS:
                    del children[shard]
                    failed |= {shard: status} if status else {}
                else:
                    children[shard] = Child(_start(folder, shard, count, flags), child.starts + 1)
            tick()
            time.sleep(_LOOK_SECONDS)
    finally:
        _end([child.process for child in children.values()])
    return failed


def last_line(folder: Path, shard: int) -> str:
    """What a worker said last."""
    lines = log_of(folder, shard).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "nothing was said"


def log_of(folder: Path, shard: int) -> Path:
    """Where the worker of a shard writes."""
    return folder / LOGS / f"worker-{shard}.log"


def command(folder: Path, shard: str | int, count: int, flags: Sequence[str] = ()) -> list[str]:
    """The command of a worker."""
    return ["python", "-m", "launch.worker", str(folder), f"--shard={shard}", f"--of={count}", *flags]


def _start(folder: Path, shard: int, count: int, flags: Sequence[str]) -> subprocess.Popen[bytes]:
    words = command(folder, shard, count, (*flags, f"--parent={os.getpid()}"))
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    with open(log_of(folder, shard), "ab") as log:
        return subprocess.Popen(
            [sys.executable, *words[1:]],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C reaches the parent alone, which asks the children to save and leave
        )


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    until = time.monotonic() + GRACE_SECONDS
    for process in processes:
        try:
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
