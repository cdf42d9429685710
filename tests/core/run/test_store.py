import errno
import os

import numpy as np
import pytest

from core.run import store

ARRAYS = {"b": np.arange(3.0), "a": np.eye(2)}


def write(folder, arrays=ARRAYS, **record):
    aside = store.new_folder(folder)
    digest = store.write_arrays(aside / "arrays.npz", arrays)
    store.write_json(aside / "run.json", store.seal({"arrays_sha256": digest, **record}))
    store.publish(aside, folder)


def test_equal_arrays_make_equal_bytes_whatever_their_order(tmp_path):
    one = store.write_arrays(tmp_path / "1.npz", ARRAYS)
    two = store.write_arrays(tmp_path / "2.npz", dict(reversed(ARRAYS.items())))
    assert one == two == store.sha256(tmp_path / "1.npz")


def test_what_was_written_is_read(tmp_path):
    write(tmp_path / "run", seed=7)
    assert store.read_record(tmp_path / "run")["seed"] == 7
    np.testing.assert_array_equal(store.read_arrays(tmp_path / "run")["a"], np.eye(2))
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("atomic", [True, False])
def test_a_new_result_takes_the_place_of_the_old_one(tmp_path, monkeypatch, atomic):
    if not atomic:
        monkeypatch.setattr(store, "_exchange", lambda a, b: False)
    write(tmp_path / "run", seed=1)
    write(tmp_path / "run", seed=2)
    assert store.read_record(tmp_path / "run")["seed"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_without_an_atomic_exchange_a_crash_between_the_renames_brings_the_old_result_back(tmp_path, monkeypatch):
    write(tmp_path / "run", seed=1)
    monkeypatch.setattr(store, "_exchange", lambda a, b: False)
    rename, calls = os.rename, []

    def crash_at_the_second(a, b):
        calls.append(a)
        if len(calls) == 2:
            raise OSError(errno.EIO, "crash")
        rename(a, b)

    monkeypatch.setattr(os, "rename", crash_at_the_second)
    with pytest.raises(OSError, match="crash"):
        write(tmp_path / "run", seed=2)
    assert not (tmp_path / "run").exists()
    monkeypatch.setattr(os, "rename", rename)
    assert store.read_record(tmp_path / "run")["seed"] == 1


def test_an_unwritable_folder_is_refused_before_computing(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ValueError, match="--out: can't write to"):
        store.check_writable(tmp_path / "file" / "results")


def test_a_full_disk_is_refused_before_computing(tmp_path, monkeypatch):
    monkeypatch.setattr(store.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 2**20}))
    with pytest.raises(ValueError, match="1 MiB left"):
        store.check_writable(tmp_path)


def test_folders_differ_by_config_and_seed_but_not_by_order_of_fields(tmp_path):
    def folder(seed=0, **config):
        return store.run_folder(tmp_path, "p", "f", "laptop", config, seed)

    assert folder(a=1, b=2) == folder(b=2, a=1)
    assert len({folder(a=1), folder(a=2), folder(seed=1, a=1)}) == 3
