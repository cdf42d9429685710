"""The watchdog ends processes, so it is tested in one of its own."""

import pytest

from core.run.watchdog import watchdog
from tests.projects import REPOSITORY, command

CHILD = """
import time
from core.run.watchdog import watchdog
with watchdog(0.4, "a loop") as pet:
    for _ in range(6):
        time.sleep(0.1)
        pet()
time.sleep(0.6)
print("outlived its loop", flush=True)
with watchdog(None) as pet:
    pet()
with watchdog(0.3, "the next loop") as pet:
    time.sleep(60)
"""


def test_what_makes_no_progress_is_ended_and_nothing_else():
    done = command("-c", CHILD, cwd=REPOSITORY, seconds=30)
    assert done.stdout == "outlived its loop\n"
    assert done.returncode == 75
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: the next loop made no progress for 0.3 s")


def test_it_needs_time():
    with pytest.raises(ValueError, match="watchdog_seconds must be > 0, got 0"), watchdog(0.0):
        pass
