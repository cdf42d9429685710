"""kill -9 at ten random moments of a long run; what is left ends in the same bytes as an undisturbed run."""

import os
import random
import signal
import time

import numpy as np
import pytest

from tests.projects import command, copy_project, start

SCRIPT = '''
"""A long walk."""
from dataclasses import dataclass
import time
import jax, jax.numpy as jnp
from core.run.experiment import Experiment
from core.run.main import main

@dataclass(frozen=True)
class Config:
    steps: int = 3000
    pause: float = 2e-3

def compute(config, key, run):
    print("begun", flush=True)
    def step(state, index):
        walk, key = state
        jax.debug.callback(lambda _: time.sleep(config.pause), index)
        key, now = jax.random.split(key)
        walk = 0.99 * walk + jax.random.normal(now, walk.shape)
        return (walk, key), walk.mean()
    (walk, _), means = run.scan(step, (jnp.zeros(1000), key), config.steps, name="walk", chunk=50)
    return {"walk": walk, "means": means}

def write(draw, folder, provenance):
    for kind in ("png", "pdf", "svg"):
        (folder / f"figure.{kind}").write_text(str(draw()))

EXPERIMENT = Experiment({"laptop": Config()}, compute, lambda config, arrays: arrays["means"].sum())
if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, write))
'''
FIGURE = "experiments.walk.long"


@pytest.fixture
def project(tmp_path):
    root = copy_project(tmp_path / "project")
    (root / "experiments/walk").mkdir()
    (root / "experiments/walk/__init__.py").touch()
    (root / "experiments/walk/long.py").write_text(SCRIPT.lstrip())
    return root


def last_checkpoint(project):
    return max((int(path.name) for path in (project / "results").rglob("walk/*") if path.name.isdigit()), default=0)


def test_ctrl_c_leaves_with_130_and_a_checkpoint_to_go_on_from(project):
    process = start("-m", FIGURE, cwd=project)
    assert process.stdout.readline() == "begun\n"
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "run the same command again to go on" in err
    assert "Traceback" not in err
    assert 0 < last_checkpoint(project) < 3000


def test_ten_kills_at_random_moments_lose_nothing_but_time(project):
    undisturbed = command("-m", FIGURE, "--out=undisturbed", "--config.pause=0", cwd=project)
    assert undisturbed.returncode == 0, undisturbed.stderr

    moments = random.Random(0)
    for _ in range(10):
        process = start("-m", FIGURE, "--checkpoint_seconds=0", cwd=project)
        assert process.stdout.readline() == "begun\n"
        time.sleep(moments.uniform(0.0, 1.2))
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert not list((project / "results").glob("walk/long/laptop-*"))  # nothing unfinished is ever visible
    assert 0 < last_checkpoint(project) < 3000
    final = command("-m", FIGURE, "--checkpoint_seconds=0", cwd=project)
    assert final.returncode == 0, final.stderr

    def only(out):
        (folder,) = (project / out / "walk/long").glob("[a-z]*")
        return folder

    assert (only("results") / "arrays.npz").read_bytes() == (only("undisturbed") / "arrays.npz").read_bytes()
    assert (only("results") / "figure.png").read_bytes() == (only("undisturbed") / "figure.png").read_bytes()
    assert not list((project / "results").rglob(".*.partial"))
    assert np.load(only("results") / "arrays.npz")["means"].shape == (3000,)
