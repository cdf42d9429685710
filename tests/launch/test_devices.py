"""The same arrays, to the bit, on several devices of one process and on two processes that are one run."""

import os
import signal
import subprocess

import pytest

from tests.projects import REPOSITORY, command, free_port, start

SHARDED = ["phase_transition.phase_diagram"]


@pytest.mark.parametrize("name", SHARDED)
def test_a_sharded_figure_does_not_depend_on_devices_and_processes(name, tmp_path):
    words = ("-m", f"experiments.{name}", "--preset=smoke")
    done = command(*words, "--devices=8", f"--out={tmp_path / 'one'}", cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr
    said = together(*words, f"--out={tmp_path / 'two'}")
    assert "computed" in said[0]
    assert "computed" not in said[1]  # the first alone speaks, and writes
    one, two = (next((tmp_path / out).rglob("arrays.npz")).read_bytes() for out in ("one", "two"))
    assert one == two


def together(*words: str, seconds: float = 240) -> list[str]:
    """What two processes said that are one run; killed when the time is over."""
    run = ("--distributed", f"--coordinator=127.0.0.1:{free_port()}", "--processes=2")
    processes = [start(*words, *run, f"--process={i}", cwd=REPOSITORY) for i in range(2)]
    try:
        said = [process.communicate(timeout=seconds) for process in processes]
    except subprocess.TimeoutExpired:
        raise AssertionError(f"{words} ran past {seconds} s") from None
    finally:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
    assert [process.returncode for process in processes] == [0, 0], said
    return [out for out, _ in said]
