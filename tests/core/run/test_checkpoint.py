import errno
import os
import shutil
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.run.checkpoint import open_checkpoints, steps_in


class Training(NamedTuple):
    parameters: dict[str, jax.Array]
    moments: dict[str, jax.Array]
    key: jax.Array
    position: jax.Array


def tree(step):
    weights = {"w": step + jnp.arange(6.0).reshape(2, 3), "b": jnp.full(3, step, jnp.bfloat16)}
    state = Training(weights, jax.tree.map(jnp.square, weights), jax.random.key(step), jnp.asarray(step))
    return state, {"loss": np.linspace(0.0, 1.0, step)}


def same(a, b):
    def bits(x):
        return np.asarray(jax.random.key_data(x) if jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else x).tobytes()

    return jax.tree.map(bits, a) == jax.tree.map(bits, b)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with the steps 9 and 10, for copying."""
    folder = tmp_path_factory.mktemp("saved") / "loop"
    for step in (8, 9, 10):  # as text, 10 comes before 9
        assert open_checkpoints(folder).save(step, tree(step))
    return folder


@pytest.fixture
def folder(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "loop")


def restored(folder):
    return open_checkpoints(folder).restore(tree)


def test_a_step_holds_the_whole_state_and_two_are_kept(folder):
    step, found = restored(folder)
    assert step == 10
    assert same(found, tree(10))
    assert steps_in(folder) == [9, 10]
    assert sorted(path.name for path in folder.iterdir()) == ["10", "9"]


def test_the_newest_step_is_the_highest_whatever_the_clock_said(folder):
    for path in (folder / "10").rglob("*"):
        os.utime(path, (0, 0))
    os.utime(folder / "10", (0, 0))
    assert restored(folder)[0] == 10


def test_any_damaged_file_is_named_and_the_step_before_it_is_taken(saved, tmp_path, capsys):
    def flip(path):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)

    damages = [
        flip,
        lambda path: path.write_bytes(path.read_bytes()[:-2]),
        lambda path: path.write_bytes(b""),
        Path.unlink,
    ]
    files = sorted(path.relative_to(saved) for path in (saved / "10").rglob("*") if path.is_file())
    assert len(files) > 5
    for index, name in enumerate(files):
        folder = shutil.copytree(saved, tmp_path / str(index))
        damages[index % len(damages)](folder / name)
        step, found = restored(folder)
        assert step == 9, name
        assert same(found, tree(9))
        told = capsys.readouterr().err
        assert "10 is passed over" in told
        assert name.name in told or "JSONDecodeError" in told
        assert steps_in(folder) == [9]  # so that the step can be saved again


def test_all_steps_damaged_is_as_good_as_none(folder):
    for step in steps_in(folder):
        (folder / str(step) / "manifest.json").write_text("[]")
    assert restored(folder) is None


def test_a_step_under_another_name_is_refused(folder, capsys):
    shutil.move(folder / "10", folder / "11")
    shutil.rmtree(folder / "9")
    assert open_checkpoints(folder).restore(lambda step: tree(10)) is None
    assert "11 is passed over: it holds another step" in capsys.readouterr().err


def test_the_state_of_another_loop_is_refused(folder, capsys):
    def other(step):
        state, ys = tree(step)
        return state._replace(position=jnp.zeros(2)), ys

    assert open_checkpoints(folder).restore(other) is None
    assert "another state" in capsys.readouterr().err


def refuse(number):
    def act(*arguments, **options):
        raise OSError(number, os.strerror(number))

    return act


@pytest.mark.parametrize(
    ("where", "number"),
    [("os.mkdir", errno.EROFS), ("os.fsync", errno.ESTALE), ("os.replace", errno.ENOSPC), ("os.rename", errno.EIO)],
)
def test_a_disk_that_refuses_costs_a_line_and_no_checkpoint(folder, monkeypatch, capsys, where, number):
    with monkeypatch.context() as broken:
        broken.setattr(where, refuse(number))
        assert not open_checkpoints(folder).save(11, tree(11))
    assert f"11 can't be saved, and the run goes on: OSError: [Errno {number}]" in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == ["10", "9"]
    assert open_checkpoints(folder).save(11, tree(11))
    assert restored(folder)[0] == 11


def test_what_a_killed_save_left_is_no_step_and_is_cleared_away(folder):
    shutil.copytree(folder / "10", folder / ".11.new-5")
    assert restored(folder)[0] == 10
    assert open_checkpoints(folder).save(11, tree(11))
    assert sorted(path.name for path in folder.iterdir()) == ["10", "11"]
