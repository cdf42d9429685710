"""How long a person waits for a command that says something, and for a figure whose programs are compiled already."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial

from core.run.catalogue import ROOT
from launch.measure import Line

FIGURE = "experiments.phase_transition.depth_curves"


def lines(quick: bool) -> Iterator[Line]:
    """Wall-clock time counts here; CPU time is that of the child."""
    with tempfile.TemporaryDirectory(prefix="tipping-bench-") as folder:
        figure = ["-m", FIGURE, "--force", f"--out={folder}", f"--preset={'smoke' if quick else 'laptop'}"]
        commands = (
            ("--list", ["-m", "launch.run", "--list"], "< 2 s wall"),
            ("--help", ["-m", FIGURE, "--help"], "< 1.5 s wall"),
            ("figure again", figure, "< 3 s wall"),
        )
        for name, call, goal in commands:
            yield Line(f"start_up {name}", "s", 1.0, _command(call), goal=goal)


def _command(arguments: list[str]) -> Callable[[], object]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return partial(
        subprocess.run, [sys.executable, *arguments], cwd=ROOT, env=environment, check=True, capture_output=True
    )
