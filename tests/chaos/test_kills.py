"""kill -9 at random moments: nothing acknowledged is lost, nothing half done is seen, the end has the same bits.

`make test-chaos` kills more than a hundred times; `make test` a few times.
"""

import json
import os
import random
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from core.run import store
from core.run.catalogue import Figure
from core.run.checkpoint import steps_in
from launch.sweeps.collected import collect
from launch.sweeps.parts import read_parts
from launch.sweeps.points import PARTS, code_of, make_points, write_sweep
from tests.chaos import walk as script
from tests.chaos.children import Child, rewrite, start_job, sweep_worker, walk
from tests.projects import wait_for

KILLS = int(os.environ.get("KILLS", "2"))  # of runs and of replaced results; half as many of jobs and workers
RESULT = -1  # what a run acknowledges last


class Toll(NamedTuple):
    """What kills have cost; only time may be lost."""

    kills: int = 0
    lost: int = 0  # acknowledged, and gone
    half: int = 0  # visible, and not whole
    unequal: int = 0  # results that differ from those of a run that nobody killed
    resumed: int = 0  # how many kills left a checkpoint to go on from
    seconds: float = 0.0  # the longest that a survivor stayed

    def plus(self, **more):
        return self._replace(**{name: getattr(self, name) + value for name, value in more.items()})


def results(out):
    return list((out / "chaos/walk").glob("[!.]*"))


def checkpoints(out):
    return next((out / "chaos/walk").glob(".*.partial/*/walk"), Path("/nowhere"))


def whole_steps(out):
    return [step for step in steps_in(checkpoints(out)) if is_whole(checkpoints(out) / str(step))]


def is_whole(step):
    if not (step / "manifest.json").exists():
        return False
    manifest = json.loads((step / "manifest.json").read_text())
    files = [(step / name, digest) for name, digest in manifest["files"].items()]
    return store.is_intact(manifest) and all(file.exists() and store.sha256(file) == digest for file, digest in files)


def start_run(out):
    return [Child(walk, out)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The bytes of a run that nobody killed, and how long it took."""
    out = tmp_path_factory.mktemp("undisturbed")
    assert Child(walk, out, "--config.steps=40").end() == 0  # the server of children starts with the first of them
    started = time.monotonic()
    assert Child(walk, out).end() == 0
    seconds = time.monotonic() - started
    return only_result(out), seconds


def only_result(out):
    (folder,) = (out / "chaos/walk").glob("laptop-*")
    return (folder / "arrays.npz").read_bytes()


def torment(start, kills, tmp_path, undisturbed, seed):
    """Starts, kills and starts again, to the end; then again from nothing, until there have been enough kills."""
    wanted, horizon = undisturbed
    moments, toll = random.Random(seed), Toll()
    folders = (tmp_path / str(number) for number in range(10 * kills))  # some runs may end before they are killed
    out = next(folders)
    while toll.kills < kills:
        before, processes = steps_in(checkpoints(out)), start(out)
        if toll.kills % 2 == 0:  # every other kill comes soon after a save, or in the next
            wait_for(lambda: steps_in(checkpoints(out)) != before or not processes[0].process.is_alive())  # noqa: B023
            time.sleep(moments.uniform(0.0, horizon / 5))
        else:
            time.sleep(moments.uniform(0.0, horizon))
        toll = after_kill(toll, processes, moments, out)
        if results(out) or toll.kills == kills:
            assert [process.end() for process in start(out)] == [0] * len(processes)
            left = bool(list(out.rglob(".*.partial")))
            toll = toll.plus(unequal=left or only_result(out) != wanted)
            out = next(folders)
    print(f"\n{start.__name__}: {toll}")
    assert toll.resumed > 0
    return toll


def after_kill(toll, processes, moments, out):
    """Kills some of the processes; what is there then?"""
    victims = moments.sample(processes, moments.randint(1, len(processes)))
    killed = any([victim.kill() for victim in victims])
    started = time.monotonic()
    # a survivor asks to be started again (75); JAX aborts it itself (-6) where another dies before they have met
    assert {process.end() for process in processes} <= {0, 75, -6, -9}
    seconds = max(toll.seconds, time.monotonic() - started)
    last, acknowledged = max(whole_steps(out), default=0), processes[0].acknowledged
    whole = [store.read_record(folder) is not None for folder in results(out)]
    if not results(out):  # beside a result they are being cleared away
        whole += [step in whole_steps(out) for step in steps_in(checkpoints(out))]
    lost = not results(out) and (RESULT in acknowledged or last < max(acknowledged, default=0))
    toll = toll.plus(kills=killed, lost=lost, half=not all(whole), resumed=last > 0)
    return toll._replace(seconds=seconds)


def assert_nothing_lost(toll):
    assert (toll.lost, toll.half, toll.unequal) == (0, 0, 0), toll


def test_runs(tmp_path, undisturbed):
    assert_nothing_lost(torment(start_run, KILLS, tmp_path, undisturbed, seed=0))


def test_jobs_of_two_processes(tmp_path, undisturbed):
    toll = torment(start_job, max(1, KILLS // 2), tmp_path, undisturbed, seed=1)
    assert_nothing_lost(toll)


def test_workers_of_a_sweep(tmp_path):
    about = {"experiment": "chaos/walk", "code": code_of(Figure("chaos", "walk", Path(script.__file__))), "x64": False}
    points = make_points("chaos/walk", False, [script.Config(steps=40)], range(12), batch=1)

    def rows(name):
        found = collect(write_sweep(tmp_path / name, about, points))
        assert not found.bad + found.conflicts
        return found.table.select(["seed", "end"]) if found.table.num_rows else found.table

    write_sweep(tmp_path / "undisturbed", about, points)
    started = time.monotonic()
    assert Child(sweep_worker, tmp_path / "undisturbed").end() == 0
    horizon, moments, toll = time.monotonic() - started, random.Random(2), Toll()
    names = (f"killed-{number}" for number in range(10 * KILLS))  # some may end before they are killed
    while toll.kills < max(1, KILLS // 2):
        name = next(names)
        write_sweep(tmp_path / name, about, points)
        while toll.kills < max(1, KILLS // 2) and rows(name).num_rows < points.num_rows:
            worker = Child(sweep_worker, tmp_path / name)
            time.sleep(moments.uniform(0.0, horizon / 2))
            toll = toll.plus(kills=worker.kill())
            parts = read_parts(tmp_path / name / PARTS, about["code"])
            there = {path.name for path in (tmp_path / name / PARTS).glob("*.parquet")}
            toll = toll.plus(half=len(parts.bad), lost=len(set(worker.acknowledged) - there))
        assert Child(sweep_worker, tmp_path / name).end() == 0
        toll = toll.plus(unequal=rows(name) != rows("undisturbed"))
    print(f"\nworkers: {toll}")
    assert rows("undisturbed").num_rows == 12
    assert_nothing_lost(toll)


def test_results_that_are_replaced(tmp_path):
    moments, toll = random.Random(3), Toll()
    for _ in range(KILLS):
        child = Child(rewrite, tmp_path / "run")
        time.sleep(moments.uniform(0.1, 0.4))
        toll = toll.plus(kills=child.kill())
        record = store.read_record(tmp_path / "run")
        if record is None:
            toll = toll.plus(half=bool(child.acknowledged))
        elif child.acknowledged:
            last = child.acknowledged[-1]
            half = (store.read_arrays(tmp_path / "run")["version"] != record["version"]).any()
            toll = toll.plus(lost=record["version"] not in (last, last + 1), half=bool(half))
    print(f"\nreplaced results: {toll}")
    assert_nothing_lost(toll)
