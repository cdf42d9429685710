"""Child processes that are cheap enough to be killed a hundred times: forked from a server that has imported JAX.

What a child does is the real thing, from the command line's arguments on; only the start of Python and the imports are
saved. The server itself never uses JAX, so that a fork takes no threads along.
"""

import contextlib
import multiprocessing
import os
import signal
import socket
import sys
from pathlib import Path

import numpy as np

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.chaos.walk", "orbax.checkpoint", "pyarrow.parquet"])


class Child:
    """A process, and what it acknowledged."""

    def __init__(self, act, *arguments):
        self._heard, said = SERVER.Pipe(duplex=False)
        self.process = SERVER.Process(target=_child, args=(act, said, *arguments), daemon=True)
        self.process.start()
        said.close()
        self.acknowledged = []

    def kill(self):
        """kill -9, unless it has ended by itself; returns whether it was alive."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        return self.end() == -signal.SIGKILL

    def end(self, seconds=120):
        """Waits for the end; returns the exit status. What outlives its time is killed, and that is an error."""
        self.process.join(seconds)
        if late := self.process.is_alive():
            self.process.kill()
            self.process.join()
        with contextlib.suppress(EOFError, OSError):
            while self._heard.poll():
                self.acknowledged.append(self._heard.recv())
        assert not late, f"ran past {seconds} s"
        return self.process.exitcode


def _child(act, said, *arguments):
    sys.stdout = open(os.devnull, "w")
    sys.exit(act(said.send, *arguments))


def walk(acknowledge, out, *arguments):
    """The experiment tests.chaos.walk as a command; acknowledges each step that is saved, and -1 for the result."""
    from core.run import loop
    from core.run.checkpoint import open_checkpoints
    from core.run.main import main
    from tests.chaos.walk import EXPERIMENT, write

    def telling(folder, attempt):
        checkpoints = open_checkpoints(folder, attempt)

        def save(step, tree):
            if saved := checkpoints.save(step, tree):
                acknowledge(step)
            return saved

        return checkpoints._replace(save=save)

    loop.open_checkpoints = telling
    status = main(EXPERIMENT, write, [f"--out={out}", "--checkpoint_seconds=0", *arguments])
    if status == 0:
        acknowledge(-1)
    return status


def sweep_worker(acknowledge, folder):
    """A worker of a sweep over tests.chaos.walk; acknowledges how many points have a result."""
    from core.run.catalogue import Figure
    from launch import worker
    from launch.sweeps import work
    from tests.chaos import walk

    def telling(*arguments):
        path = write_part(*arguments)
        acknowledge(path.name)
        return path

    write_part, work.write_part = work.write_part, telling
    work.load = lambda name: (walk.EXPERIMENT, Figure("chaos", "walk", Path(walk.__file__)))
    return worker.main([str(folder), "--flush_seconds=0"])


def rewrite(acknowledge, folder):
    """Puts one result after another at the same place."""
    from core.run import store

    for version in range(10**6):
        aside = store.new_folder(Path(folder))
        digest = store.write_arrays(aside / "arrays.npz", {"version": np.full(10_000, version)})
        store.write_json(aside / "run.json", store.seal({"arrays_sha256": digest, "version": version}))
        store.publish(aside, Path(folder))
        acknowledge(version)


def start_job(out, *arguments):
    """`walk` as one run of two processes with a device each."""
    job = ["--distributed", f"--coordinator=127.0.0.1:{free_port()}", "--processes=2"]
    return [Child(walk, out, *arguments, *job, f"--process={index}") for index in range(2)]


def free_port():
    """A port of the loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
