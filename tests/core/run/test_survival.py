"""Signals to the real command, in a process of its own."""

import os
import signal

import pytest

from core.run.checkpoint import steps_in
from tests.chaos.children import Child, start_job, walk
from tests.projects import REPOSITORY, start, wait_for

LONG = "--config.steps=1000"


def checkpoints(out):
    folder = next((out / "chaos/walk").glob(".*.partial/*/walk"), None)
    return steps_in(folder) if folder else []


def arrays(out):
    (file,) = (out / "chaos/walk").glob("[!.]*/arrays.npz")
    return file.read_bytes()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed")
    assert Child(walk, out, LONG, "--checkpoint_seconds=1e9").end() == 0
    return arrays(out)


@pytest.mark.parametrize(
    ("number", "status", "said"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 75, "stopped by SIGTERM")]
)
def test_a_signal_leaves_a_checkpoint_one_line_and_its_status(tmp_path, undisturbed, number, status, said):
    process = start("-m", "tests.chaos.walk", f"--out={tmp_path}", LONG, "--checkpoint_seconds=0", cwd=REPOSITORY)
    wait_for(lambda: checkpoints(tmp_path))
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == status
    assert f"{said}; run the same command again to go on" in err
    assert "Traceback" not in err
    assert 0 < checkpoints(tmp_path)[-1] < 1000
    assert Child(walk, tmp_path, LONG, "--checkpoint_seconds=1e9").end() == 0
    assert arrays(tmp_path) == undisturbed


def test_sigterm_to_one_of_two_processes_stops_both_at_the_same_step(tmp_path, undisturbed):
    job = start_job(tmp_path, LONG)
    wait_for(lambda: checkpoints(tmp_path))
    os.kill(job[1].process.pid, signal.SIGTERM)
    assert [child.end(60) for child in job] == [75, 75]
    assert job[0].acknowledged == job[1].acknowledged
    assert 0 < job[0].acknowledged[-1] == checkpoints(tmp_path)[-1] < 1000
    assert [child.end() for child in start_job(tmp_path, LONG, "--checkpoint_seconds=1e9")] == [0, 0]
    assert arrays(tmp_path) == undisturbed
