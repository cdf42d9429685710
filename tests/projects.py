"""Throw-away copies of the project, and commands in child processes that can't outlive their time."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def copy_project(to: Path) -> Path:
    """The code without results and without experiments, ready for a test to add its own."""
    to.mkdir()
    for package in ("theory", "core", "figures", "launch"):
        shutil.copytree(REPOSITORY / package, to / package, ignore=shutil.ignore_patterns("__pycache__"))
    (to / "experiments").mkdir()
    (to / "experiments" / "__init__.py").touch()
    return to


def readme_files() -> dict[str, str]:
    """The files that README shows in full: code blocks that begin with their own path."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n# (\S+\.py)\n(.*?)```", text, re.DOTALL)
    return dict(blocks)


def command(*words: str, cwd: Path, seconds: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python <words>` in `cwd`, killed with all its children when the time is over."""
    process = start(*words, cwd=cwd, **environment)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError(f"{words} ran past {seconds} s\n{out}\n{err}") from None
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def start(*words: str, cwd: Path, **environment: str) -> subprocess.Popen[str]:
    """`python <words>` in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(cwd), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def free_port() -> int:
    """A port of this host that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds=60):
    """Looks until the condition holds, and returns what it gave."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found
