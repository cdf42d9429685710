"""Whatever is damaged on the disk is found by its checksum and named; nothing damaged is used."""

import json

import numpy as np
import pytest

from core.run import store
from core.run.store import intact_rows, is_drawn, read_record, seal
from launch.verify import merged


@pytest.fixture
def run(tmp_path):
    """A complete run."""
    aside = store.new_folder(tmp_path / "run")
    digest = store.write_arrays(aside / "arrays.npz", {"a": np.arange(3.0)})
    for name in store.FIGURE_FILES:
        (aside / name).write_text(f"picture {name}")
    record = {"seed": 7, "seconds": 0.1, "arrays_sha256": digest, "pictures_sha256": store.pictures(aside)}
    store.write_json(aside / "run.json", seal(record))
    store.publish(aside, tmp_path / "run")
    return tmp_path / "run"


def damaged_by_one_byte(content):
    """Every byte with one of its bits flipped, and every beginning of the content."""
    for place in range(len(content)):
        yield content[:place] + bytes([content[place] ^ (1 << place % 8)]) + content[place + 1 :]
        yield content[:place]


@pytest.mark.parametrize("name", ["arrays.npz", "run.json"])
def test_no_flipped_bit_and_no_missing_end_gets_through(run, name, capsys):
    whole, record = (run / name).read_bytes(), read_record(run)
    assert record["seed"] == 7
    found = 0
    for content in damaged_by_one_byte(whole):
        (run / name).write_bytes(content)
        now = read_record(run)
        assert now in (None, record)  # some bytes of JSON are only space
        told = capsys.readouterr().err
        assert ("damaged and counts as missing" in told) == (now is None)
        found += now is None
    assert found > 1.8 * len(whole)
    assert name == "run.json" or found == 2 * len(whole)


@pytest.mark.parametrize("name", ["arrays.npz", "run.json"])
def test_a_lost_file_is_named(run, name, capsys):
    (run / name).unlink()
    assert read_record(run) is None
    assert f"{name}: No such file or directory" in capsys.readouterr().err


def test_a_run_that_is_not_there_is_not_damaged(tmp_path, capsys):
    assert read_record(tmp_path / "never") is None
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", store.FIGURE_FILES)
def test_a_damaged_picture_is_named(run, name, capsys):
    record = read_record(run)
    assert is_drawn(run, record)
    (run / name).write_bytes(b"")
    assert not is_drawn(run, record)
    assert f"{name} is damaged or gone" in capsys.readouterr().err


def test_damaged_rows_of_a_ledger_are_counted_and_left_out(tmp_path, capsys):
    rows = [seal({"claim": name, "measured": value}) for name, value in [("a", 1.5), ("b", 2.5), ("c", None)]]
    rows[1]["measured"] = 2.0
    assert intact_rows([*rows, "torn"], tmp_path) == [rows[0], rows[2]]
    assert "2 of 4 rows are damaged and left out, the first at index 1" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"[{", b"3", b"\xff"])
def test_a_torn_ledger_is_named_and_written_anew(tmp_path, capsys, content):
    path = tmp_path / "ledger.json"
    path.write_bytes(content)
    new = [{"paper": "p", "claim": "c"}]
    assert merged(path, new) == new
    assert "ledger.json is damaged and written anew" in capsys.readouterr().err


def test_a_seal_knows_numbers_as_json_gives_them_back():
    content = seal({"x": 0.1 + 0.2, "tiny": 5e-324, "big": 2**80, "text": "é\ud800", "pair": (1, 2), "none": None})
    assert store.is_intact(json.loads(json.dumps(content)))
