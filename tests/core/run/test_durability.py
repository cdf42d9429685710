"""A power cut keeps of a file what was synced: so all of a thing is synced before the rename that gives it its name."""

import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from core.run import store
from core.run.checkpoint import open_checkpoints
from figures.save import save


def state(path):
    return set(os.listdir(path)) if os.path.isdir(path) else (os.stat(path).st_size, os.stat(path).st_mtime_ns)


@pytest.fixture
def left_to_luck(monkeypatch):
    """What a power cut could still spoil: files renamed unsynced, names whose folder was not synced after it."""
    on_disk, public, unsynced = {}, [], []
    fsync = os.fsync

    def recorded_fsync(handle):
        fsync(handle)
        path = os.readlink(f"/proc/self/fd/{handle}")
        on_disk[path] = state(path)

    def recorded(rename):
        def act(source, target, **options):
            if not any(part.startswith(".") for part in Path(target).parts):
                whole = [Path(source), *Path(source).rglob("*")]
                unsynced.extend(str(path) for path in whole if on_disk.get(str(path)) != state(path))
                public.append(Path(target))
            return rename(source, target, **options)

        return act

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(os, "rename", recorded(os.rename))
    monkeypatch.setattr(os, "replace", recorded(os.replace))
    monkeypatch.setattr(store, "_exchange", recorded(store._exchange))

    def spoiled():
        assert public, "nothing was published"
        return unsynced + [str(path) for path in public if path.name not in on_disk.get(str(path.parent), ())]

    return spoiled


def write_run(folder):
    aside = store.new_folder(folder / "run")
    digest = store.write_arrays(aside / "arrays.npz", {"a": np.arange(5)})
    for name in store.FIGURE_FILES:
        (aside / name).write_text("a picture whose renderer thinks nothing of disks")
    store.write_json(aside / "run.json", store.seal({"arrays_sha256": digest}))
    store.publish(aside, folder / "run")


def write_twice(folder):
    write_run(folder)
    write_run(folder)


def write_figure(folder):
    figure, ax = plt.subplots(figsize=(1, 1))
    ax.plot([0, 1])
    save(figure, folder, {})
    plt.close(figure)


WRITERS = {
    "a run": write_run,
    "a run in place of another": write_twice,
    "json": lambda folder: store.write_json(folder / "ledger.json", [1]),
    "a figure": write_figure,
    "a checkpoint": lambda folder: open_checkpoints(folder).save(1, {"x": np.arange(5)}),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_a_power_cut_spoils_nothing_that_has_a_name(tmp_path, left_to_luck, kind):
    WRITERS[kind](tmp_path)
    assert left_to_luck() == []


def test_orbax_alone_would_leave_its_small_files_to_luck(tmp_path, left_to_luck, monkeypatch):
    monkeypatch.setattr(store, "_sync_tree", lambda folder: None)
    WRITERS["a checkpoint"](tmp_path)
    assert any("_METADATA" in path for path in left_to_luck())
