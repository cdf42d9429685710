"""The batch scripts on a real SLURM of two nodes on this host: `make test-cluster`, not part of `make test`.

A large run is preempted and ends in the bits of an undisturbed one; a sweep loses a task and a node and no point.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.projects import REPOSITORY, command, copy_project

SCRIPT = str(REPOSITORY / "launch/cluster/one_host.sh")
POINTS = '''
"""Points that take their time, on a host."""
import time
from dataclasses import dataclass
import jax
from core.run.experiment import Experiment

@dataclass(frozen=True)
class Config:
    scale: float = 1.0
    pause: float = 0.15

def compute(config, key, run):
    time.sleep(config.pause)
    return {"value": config.scale * float(jax.random.uniform(key))}

EXPERIMENT = Experiment({"smoke": Config(), "laptop": Config()}, compute, lambda config, arrays: None)
'''
WALK = '''
"""A walk on all hosts."""
import os, time
from dataclasses import dataclass
import jax, jax.numpy as jnp
from jax.sharding import NamedSharding, PartitionSpec as P
from core.run.experiment import Experiment
from core.run.main import main

@dataclass(frozen=True)
class Config:
    chunks: int = 40
    pause: float = 0.4

def compute(config, key, run):
    parts = NamedSharding(run.mesh, P("devices"))
    start = jax.jit(lambda: jnp.zeros(64), out_shardings=parts)()
    def slow(index):
        with open(f"seen-{os.getpid()}", "a") as file:
            file.write(f"{index} ")
        time.sleep(config.pause / 10)
    def step(walk, index):
        jax.debug.callback(slow, index)
        walk = 0.99 * walk + jax.random.normal(jax.random.fold_in(key, index), walk.shape)
        return walk, walk.mean()
    walk, means = run.scan(step, start, 10 * config.chunks, name="walk", chunk=10)
    return {"walk": walk, "means": means, "processes": jnp.asarray(jax.process_count())}

def write(draw, folder, provenance):
    for kind in ("png", "pdf", "svg"):
        (folder / f"figure.{kind}").write_text("a picture")

EXPERIMENT = Experiment({"laptop": Config()}, compute, lambda config, arrays: None)
if __name__ == "__main__":
    raise SystemExit(main(EXPERIMENT, write))
'''


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slurm")
    up = subprocess.run([SCRIPT, "up", str(folder)], capture_output=True, text=True, timeout=300, check=False)
    assert up.returncode == 0, up.stderr
    os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
    os.environ["PYTHON"] = sys.executable
    yield folder
    slurm("scancel", "--user", str(os.getuid()), "--signal=KILL", "--full")
    subprocess.run([SCRIPT, "down", str(folder)], timeout=60, check=False)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = copy_project(tmp_path_factory.mktemp("cluster") / "project")
    (root / "experiments/toy").mkdir()
    for name, text in (("__init__", ""), ("points", POINTS), ("walk", WALK)):
        (root / f"experiments/toy/{name}.py").write_text(text.lstrip())
    return root


def slurm(*words):
    return subprocess.run(words, capture_output=True, text=True, timeout=30, check=False).stdout.strip()


def until(condition, seconds, what):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"waited {seconds} s for {what}\n{slurm('squeue')}"
        time.sleep(0.2)
    return found


def processes(*words):
    """Our processes whose command line has all the words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if all(word in line for word in words):
            found.append(int(path.parent.name))
    return found


def node_of(pid):
    """The node that a process of a job runs on."""
    try:
        words = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    return next((word.partition(b"=")[2].decode() for word in words if word.startswith(b"SLURMD_NODENAME=")), "")


def submit(*words, cwd):
    done = subprocess.run(
        ["sbatch", "--parsable", *words], cwd=cwd, capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout.strip()


def state(job):
    return slurm("squeue", "--noheader", "--states=all", f"--jobs={job}", "--format=%T").splitlines()


def test_everything_listens_on_loopback_alone(cluster):
    ours = {int(path.read_text()) for path in cluster.glob("*.pid")}
    assert len(ours) == 4
    seen = listening(ours)
    assert len(seen) >= 3  # a controller and two nodes
    assert {address for address in seen.values()} == {"127.0.0.1"}


def listening(pids):
    """Ports that the processes listen on, with the addresses."""
    inodes = {os.readlink(link)[8:-1] for pid in pids for link in Path(f"/proc/{pid}/fd").iterdir()
              if os.path.islink(link) and os.readlink(link).startswith("socket:")}  # fmt: skip
    rows = [line.split() for kind in ("tcp", "tcp6") for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]]
    spelled = {"0100007F": "127.0.0.1", "0" * 24 + "01000000": "127.0.0.1"}
    places = [row[1].rpartition(":") for row in rows if row[3] == "0A" and row[9] in inodes]
    return {int(port, 16): spelled.get(address, address) for address, _, port in places}


def test_a_run_on_two_nodes_is_preempted_and_ends_in_the_same_bits(cluster, project):
    script, words = "launch/cluster/run.sbatch", ["toy/walk", "--checkpoint_seconds=0.5"]
    log = project / "walk.log"
    job = submit("--nodes=2", f"--output={log}", script, *words, cwd=project)

    def saved():
        return any(path.name.isdigit() for path in (project / "results/toy/walk").rglob("walk/*"))

    until(saved, 60, f"a checkpoint: {log.read_text() if log.exists() else ''}")
    urgent = submit("--partition=high", "--nodes=2", "--exclusive", "--output=/dev/null", "--wrap=sleep 2", cwd=project)
    until(lambda: state(urgent) == ["COMPLETED"], 60, "the urgent job")
    until(lambda: state(job) == ["COMPLETED"], 90, f"the run: {log.read_text()}")
    assert "Restarts=1" in slurm("scontrol", "show", "job", job)
    begun_at = [min(map(int, path.read_text().split())) for path in project.glob("seen-*")]
    assert begun_at.count(0) * 2 == len(begun_at) > 0, begun_at  # the second attempt went on where the first one saved
    (record,) = (project / "results/toy/walk").glob("[a-z]*/run.json")
    undisturbed = submit("--nodes=2", "--output=/dev/null", script, "toy/walk", "--config.pause=0", "--out=undisturbed",
                         cwd=project)  # fmt: skip
    until(lambda: state(undisturbed) == ["COMPLETED"], 60, "the undisturbed run")
    (other,) = (project / "undisturbed/toy/walk").glob("[a-z]*/run.json")
    assert record.with_name("arrays.npz").read_bytes() == other.with_name("arrays.npz").read_bytes()
    assert int(np.load(other.with_name("arrays.npz"))["processes"]) == 2


def test_a_sweep_loses_a_task_and_a_node_and_no_point(cluster, project):
    words = ("-m", "launch.sweep", "toy/points", "--config.scale=1,2,3", "--seeds=60", "--name=all", "--workers=4")
    done = command(*words, "--slurm", cwd=project)
    assert done.returncode == 0, done.stderr
    folder = project / "results/toy/points/sweep-all"
    workers = until(lambda: (p := processes("launch.worker", str(folder))) and len(p) >= 4 and p, 60, "the workers")
    until(lambda: list((folder / "parts").glob("*.parquet")), 60, "the first part")
    victim = next(pid for pid in processes("launch.worker", str(folder), "--shard=1") if node_of(pid) == "n0")
    os.kill(victim, signal.SIGKILL)
    lose_node("n1", cluster)
    look = lambda: json.loads(command("-m", "launch.sweep", "--list", "--json", cwd=project).stdout)  # noqa: E731
    until(lambda: (p := look()[0])["done"] == p["points"], 120, "all points")
    assert workers
    collected = command("-m", "launch.collect", str(folder), cwd=project)
    assert (collected.returncode, collected.stderr) == (0, "")
    table = pq.read_table(folder / "table.parquet").to_pandas()
    assert len(table) == 180
    assert "error" not in table
    wide = table.pivot(index="seed", columns="scale", values="value")
    np.testing.assert_allclose(wide[3.0], 3 * wide[1.0], rtol=1e-12)


def lose_node(node, cluster):
    """What a power cut does to a node: its daemon, its steps and its tasks are gone at once."""
    tasks = [pid for pid in processes("launch.worker") if node_of(pid) == node]
    assert tasks
    steps = {int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) for pid in tasks}
    scripts = {int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) for pid in steps}
    daemon = int((cluster / f"slurmd.{node}.pid").read_text())
    for pid in [daemon, *scripts - {1}, *steps, *tasks]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
