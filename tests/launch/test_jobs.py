"""Several processes that share figures and claims: the same results, and nobody left behind."""

import json
import os
import signal
from pathlib import Path

import pytest

from launch import run
from tests.projects import command, copy_project, start, wait_for

FIGURE = '''
"""A figure.

Cost: SECONDS s
"""
import os
import time
from dataclasses import dataclass
from pathlib import Path
import jax
from core.run.experiment import Experiment

@dataclass(frozen=True)
class Config:
    seconds: float = SECONDS

def compute(config, key, run):
    Path(os.environ["PIDS"], f"SECONDS-{os.getpid()}").touch()
    time.sleep(config.seconds)
    return {"value": jax.random.normal(key, (3,)), "process": float(os.getpid() if DIES else 0)}

def compute_and_die(config, key, run):
    time.sleep(SECONDS)
    os.kill(os.getpid(), 9)

def draw(config, arrays):
    from matplotlib.figure import Figure
    return Figure((1, 1))

EXPERIMENT = Experiment({"smoke": Config()}, compute_and_die if DIES else compute, draw)
'''
CLAIMS = '''
"""Claims."""
from core.verify.evidence import Evidence

def NAME_one():
    """It is one."""
    return Evidence("identity", 1.0, 1.0, 0.0, None, "holds", "")
'''


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = copy_project(tmp_path_factory.mktemp("jobs") / "project")
    for paper, seconds in (("quick", (0.1, 0.2, 0.3)), ("slow", (60.1, 60.2)), ("deadly", (0.4, 2.5, 60.3))):
        folder = root / "experiments" / paper
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "claims_a.py").write_text(CLAIMS.lstrip().replace("NAME", "c01"))
        (folder / "claims_b.py").write_text(CLAIMS.lstrip().replace("NAME", "c02"))
        for second in seconds:
            text = FIGURE.lstrip().replace("SECONDS", str(second)).replace("DIES", str(second == 2.5))
            (folder / f"figure{str(second).replace('.', '_')}.py").write_text(text)
    return root


def jobs(project, tmp_path, paper, count=2):
    tmp_path.joinpath("pids").mkdir(exist_ok=True)
    words = ("-m", "launch.run", paper, "--preset=smoke", f"--jobs={count}", f"--out={tmp_path}/{count}")
    return words, {"cwd": project, "PIDS": str(tmp_path / "pids")}


def alive(pids):
    def running(pid):
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    return [pid for pid in pids if running(pid)]


def at_work(tmp_path):
    return [int(path.name.rpartition("-")[2]) for path in (tmp_path / "pids").iterdir()]


def test_two_jobs_find_what_one_finds(project, tmp_path):
    for count in (1, 2):
        words, where = jobs(project, tmp_path, "quick", count)
        done = command(*words, **where)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("computed in") == 3
    one, two = (sorted(tmp_path.glob(f"{count}/quick/*/*/arrays.npz")) for count in (1, 2))
    assert len(one) == 3
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    names = [path.name for path in (tmp_path / "pids").iterdir()]
    assert len({name.rpartition("-")[2] for name in names}) in (2, 3)  # the last process may have come too late


def test_claims_keep_their_order(project, tmp_path):
    words = ("-m", "launch.verify", "quick", "slow", "--jobs=2", f"--json={tmp_path}/rows.json", f"--out={tmp_path}")
    done = command(*words, cwd=project)
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert [(row["paper"], row["claim"]) for row in rows] == [
        (paper, claim) for paper in ("quick", "slow") for claim in ("c01_one", "c02_one")
    ]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 75), (signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_whoever_ends_the_parent_ends_its_processes(project, tmp_path, number, status):
    words, where = jobs(project, tmp_path, "slow")
    parent = start(*words, **where)
    pids = wait_for(lambda: len(found := at_work(tmp_path)) == 2 and found)
    os.kill(parent.pid, number)
    _, err = parent.communicate(timeout=30)
    assert parent.returncode == status
    assert err.count("Traceback") == 0
    wait_for(lambda: not alive(pids), 5)


def test_a_process_that_dies_is_told_in_one_line(project, tmp_path):
    words, where = jobs(project, tmp_path, "deadly")
    # the longest come first: one dies beside one that works, and before one that waits
    done = command(*words, **where)
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("a process died") == 1, done.stderr  # others may say that they were stopped, or Python
    assert "Traceback" not in done.stderr, done.stderr


def test_jobs_and_the_processes_of_one_figure_exclude_each_other(capsys):
    assert run.main(["--all", "--jobs=2", "--distributed"]) == 2
    assert "does not go with --distributed" in capsys.readouterr().err
