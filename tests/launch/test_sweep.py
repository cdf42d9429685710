"""A sweep as a stranger runs it: real processes, killed and damaged; a rerun computes what is missing and no more."""

import json
import os
import resource
import signal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.run.request import parse
from launch import collect, sweep, worker
from launch.sweeps.parts import rows_table, write_part
from launch.sweeps.plan import begin, plan
from launch.sweeps.points import PARTS, make_points, read_sweep, write_sweep
from launch.sweeps.progress import look
from tests.launch.sweeps.test_grammar import Config
from tests.projects import REPOSITORY, command, copy_project, start, wait_for

TOY = '''
"""A point that takes its time.

Cost: 0.03 s
"""
import time
from dataclasses import dataclass
import jax
from core.run.experiment import Experiment

@dataclass(frozen=True)
class Config:
    scale: float = 1.0
    pause: float = 0.03

def compute(config, key, run):
    time.sleep(config.pause)
    if config.scale > 3:
        raise ValueError("scale must be at most 3")
    return {"value": config.scale * HOST(jax.random.uniform(key))}

EXPERIMENT = Experiment({"smoke": Config(), "laptop": Config()}, compute, lambda config, arrays: None)
'''
FIGURE = "phase_transition/depth_curves"
SLOW = ("-m", "launch.sweep", "toy/slow", "--config.scale=1,2", "--seeds=40", "--name=killed", "--flush_seconds=0.2")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = copy_project(tmp_path_factory.mktemp("sweep") / "project")
    (root / "experiments/toy").mkdir()
    (root / "experiments/toy/__init__.py").touch()
    (root / "experiments/toy/slow.py").write_text(TOY.lstrip().replace("HOST", "float"))
    (root / "experiments/toy/fast.py").write_text(TOY.lstrip().replace("HOST", ""))
    return root


def workers_of(process):
    """The children of a process, by shard."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            line = path.with_name("cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if parent == process.pid and "launch.worker" in line:
            found[next(word for word in line if word.startswith("--shard="))] = int(path.parent.name)
    return found


def table(folder):
    return pq.read_table(folder / "table.parquet").to_pandas()


def test_kills_of_a_worker_and_of_the_whole_sweep_lose_no_point(project):
    folder = project / "results/toy/slow/sweep-killed"
    process = start(*SLOW, "--workers=2", cwd=project)
    wait_for(lambda: list(folder.glob("parts/*.parquet")))
    os.kill(workers_of(process)["--shard=1"], signal.SIGKILL)
    wait_for(lambda: "--shard=1" in workers_of(process), 10)  # it was started again
    children = workers_of(process).values()
    os.kill(process.pid, signal.SIGKILL)  # and now nobody looks after them
    wait_for(lambda: not any(alive(child) for child in children), 20)
    process.communicate()
    before = look(folder)
    assert 0 < before.done < before.points == 80
    damaged = next(iter(folder.glob("parts/*.parquet")))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    lost = before.done - look(folder).done
    assert lost > 0
    again = command(*SLOW, "--workers=1", cwd=project)
    assert again.returncode == 0, again.stderr
    assert f"{80 - before.done + lost} computed in" in again.stdout
    assert f"{before.done - lost} were there" in again.stdout
    assert damaged.name in (folder / "logs/worker-0.log").read_text()
    assert damaged.with_suffix(".bad").exists()
    wide = table(folder).pivot(index="seed", columns="scale", values="value")
    np.testing.assert_allclose(wide[2.0], 2 * wide[1.0], rtol=1e-6)
    assert wide.shape == (40, 2)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(scope="module")
def swept(project):
    words = ("toy/fast", "--config.scale=1,2,5", "--seeds=5", "--batch=4", "--workers=1", "--keep-arrays")
    done = command("-m", "launch.sweep", *words, cwd=project)
    (folder,) = (project / "results/toy/fast").glob("sweep-*")
    return done, folder


def test_a_bad_point_fails_alone_and_seeds_share_a_program(swept):
    done, folder = swept
    assert done.returncode == 1
    assert "10 of 15 points, 5 failed" in done.stdout
    frame = table(folder)
    assert list(frame["error"].dropna()) == ["ValueError: scale must be at most 3"] * 5
    good = frame[frame["error"].isna()]
    assert list(good["vmapped"]) == ([True] * 4 + [False]) * 2
    for row in good.itertuples():
        arrays = np.load(folder / "runs" / row.id[:2] / f"{row.id}.npz")
        assert arrays["value"] == np.float32(row.value)


def test_results_of_other_code_are_refused_and_force_drops_them(tmp_path, capsys):
    words = [FIGURE, "--preset=smoke", f"--out={tmp_path}", "--name=old"]
    folder = tmp_path / FIGURE / "sweep-old"
    points = make_points(FIGURE, True, [Config()], range(2), batch=2)
    write_sweep(folder, {"experiment": FIGURE, "code": "old", "x64": True}, points)
    for main, argv, said in (
        (sweep, words, "results of another code or jaxlib"),
        (worker, [str(folder)], "was begun by other code"),
    ):
        assert main.main(argv) == 2
        err = capsys.readouterr().err
        assert (err.count("\n"), said in err) == (1, True)
    part = write_part(folder / PARTS, 0, [rows_table([])], {"code": "old"})
    begin(plan(parse([*words[:-1], "--force"]), seeds=1, batch=1, name="old"), force=True)
    assert look(folder).points == 1
    assert not part.exists()


def test_a_dry_run_writes_nothing_and_says_what_it_costs(project):
    words = ("-m", "launch.sweep", "toy/slow", "--config.scale=0:2:21", "--seeds=100", "--workers=2", "--out=dry")
    done = command(*words, "--dry-run", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "toy/slow, preset laptop, float32: 2100 points, 0 are there" in done.stdout
    assert "one by one, because they can't be vmapped (ConcretizationTypeError)" in done.stdout
    assert "cost: a point alone 0.03 s, by the Cost field of the preset" in done.stdout
    assert "31.5 s on 2 workers" in done.stdout
    assert "--shard=0..1 --of=2" in done.stdout
    assert not (project / "dry").exists()


def test_a_hundred_thousand_points_are_listed_in_twice_the_time_that_nothing_takes(tmp_path):
    """A list of nothing takes .3 s here; seconds themselves would test the machine and its neighbours."""
    configs = [Config(a=float(a)) for a in range(1000)]
    points = make_points("p/f", True, configs, range(100), batch=16)
    folder = tmp_path / "full/p/f/sweep-large"
    written = write_sweep(folder, {"experiment": "p/f", "code": "c", "x64": True}, points)
    whole = pa.table({"id": points["id"], "x": points["seed"], "error": pa.nulls(10**5, pa.string())})
    for first in range(0, 10**5, 1000):
        write_part(folder / PARTS, 0, [whole.slice(first, 1000)], {"code": "c"})

    def listed(name):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = command("-m", "launch.sweep", "--list", "--json", f"--out={tmp_path / name}", cwd=REPOSITORY)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        counts = [(row["points"], row["done"]) for row in json.loads(done.stdout)]
        return counts, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    full, empty = zip(*((listed("full"), listed("empty")) for _ in range(3)), strict=True)
    assert all(counts == [(100_000, 100_000)] for counts, _ in full)
    assert all(counts == [] for counts, _ in empty)
    assert min(seconds for _, seconds in full) < 2 * min(seconds for _, seconds in empty)
    assert read_sweep(written.folder).points.equals(points)


@pytest.mark.parametrize(("main", "words", "said"), [
    (sweep, [], "name one figure"),
    (sweep, ["phase_transition"], "name one figure"),
    (sweep, [FIGURE, FIGURE], "name one figure"),
    (sweep, ["nothing/none"], "no paper 'nothing'"),
    (sweep, [FIGURE, "--config.dpth=1,2"], "no such field"),
    (sweep, [FIGURE, "--config.depth=1,x"], "must be an int"),
    (sweep, ["phase_transition/cobweb", "--config.correlation=0:1:4"], "must be a multiple of 1/16"),
    (sweep, [FIGURE, "--config.depth=1:1001:1001", "--seeds=1000"], "at most 1,000,000 fit"),
    (sweep, [FIGURE, "--seeds=2", "--seed=4294967295"], "the last seed may be"),
    (sweep, [FIGURE, "--seeds=0"], "--seeds"),
    (sweep, [FIGURE, "--name=../x"], "--name=../x"),
    (sweep, [FIGURE, "--bogus"], "unknown flag --bogus"),
    (sweep, ["--list", "--bogus"], "unknown flag --bogus"),
    (worker, [], "name the folder of one sweep"),
    (worker, ["nowhere"], "not the folder of a sweep"),
    (worker, ["nowhere", "--shard=2", "--of=2"], "must be below --of=2"),
    (collect, ["nowhere"], "not the folder of a sweep"),
    (collect, [], "name the folder of one sweep"),
])  # fmt: skip
def test_what_is_wrong_gets_one_line_and_writes_nothing(main, words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main.main(words) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err
    assert not list(tmp_path.iterdir())


def test_no_sbatch_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert sweep.main([FIGURE, "--slurm", f"--out={tmp_path}"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), "no sbatch" in err) == ("", 1, True)
