"""Parts: every damage is found, every reader sees the same, and a thing computed twice counts once."""

import json
import os
import random

import numpy as np
import pyarrow.parquet as pq
import pytest

from launch.sweeps.collected import collect
from launch.sweeps.parts import MOST_NUMBERS, Row, good_ids, joined, left_out_of, read_parts, rows_table, write_part
from launch.sweeps.points import PARTS, grown, make_points, read_sweep, varying, write_sweep
from launch.sweeps.progress import look
from tests.launch.sweeps.test_grammar import Config

CODE = {"code": "c"}


def rows(*ids, error=None, **arrays):
    shared = {name: np.asarray(value) for name, value in arrays.items()}
    return rows_table([Row(id, {} if error else shared, error, 0.1, False) for id in ids])


@pytest.fixture
def sweep(tmp_path):
    points = make_points("p/f", True, [Config(a=1.0), Config(a=2.0)], range(3), batch=2)
    return write_sweep(tmp_path, {"experiment": "p/f", "code": "c", "x64": True}, points)


def write(sweep, *tables, code="c"):
    return write_part(sweep.folder / PARTS, 0, tables, {"code": code})


def test_points_come_back_and_ids_depend_on_nothing_else(sweep):
    again = read_sweep(sweep.folder)
    assert again.points.equals(sweep.points)
    ids = sweep.points["id"].to_pylist()
    assert len(set(ids)) == 6
    other = make_points("p/f", True, [Config(a=2.0)], [2, 0], batch=1)
    assert other["id"].to_pylist() == [ids[5], ids[3]]
    assert set(make_points("p/f", False, [Config(a=2.0)], range(3), 1)["id"].to_pylist()).isdisjoint(ids)
    assert varying(sweep.points) == ["a"]
    assert sweep.points["batch"].to_pylist() == [0, 0, 1, 2, 2, 3]


def test_points_that_are_added_get_batches_of_their_own(sweep):
    more = make_points("p/f", True, [Config(a=2.0), Config(a=3.0)], range(4), batch=4)
    both = grown(sweep.points, more)
    assert both.slice(0, 6).equals(sweep.points)
    assert len(set(both["id"].to_pylist())) == both.num_rows == 6 + 5
    assert both["batch"].to_pylist()[6:] == [4, 5, 5, 5, 5]
    assert grown(both, more).equals(both)


@pytest.mark.parametrize("name", ["sweep.json", "points.parquet"])
@pytest.mark.parametrize("how", ["truncated", "flipped", "empty", "gone"])
def test_a_damaged_sweep_is_named(sweep, name, how):
    damage(sweep.folder / name, how)
    with pytest.raises(ValueError, match=name):
        read_sweep(sweep.folder)


def damage(path, how, at=0.5):
    content = bytearray(path.read_bytes())
    if how == "flipped":
        content[int(at * (len(content) - 1))] ^= 1 << int(8 * at) % 8
    path.write_bytes({"truncated": content[: len(content) // 2], "empty": b""}.get(how, content))
    if how == "gone":
        os.unlink(path)


def test_every_flipped_bit_and_every_cut_is_found(tmp_path):
    whole = write_part(tmp_path, 3, [rows("a", "b", x=1.0)], CODE)
    content, draw = whole.read_bytes(), random.Random(0)
    for _ in range(200):
        place = draw.randrange(8 * len(content))
        spoilt = bytearray(content)
        spoilt[place // 8] ^= 1 << place % 8
        whole.write_bytes(draw.choice([spoilt, content[: draw.randrange(len(content))]]))
        found = read_parts(tmp_path, "c")
        assert not found.tables
        assert found.bad == [(whole, "differs from the checksum in its name")]
    whole.write_bytes(content)
    assert good_ids(read_parts(tmp_path, "c")).to_pylist() == ["a", "b"]


def test_results_of_other_code_are_not_used(sweep):
    write(sweep, rows(sweep.points["id"][0].as_py(), x=1.0), code="other")
    assert look(sweep.folder).done == 0
    assert collect(sweep).table.num_rows == 0
    assert collect(sweep).bad[0][1] == "was computed by other code"


def test_a_table_reads_the_same_in_pandas_duckdb_and_xarray(sweep):
    # imported here: they would take each worker of the session a second
    import duckdb
    import pandas as pd
    import xarray as xr

    ids = sweep.points["id"].to_pylist()
    for place, id in enumerate(ids):
        write(sweep, rows(id, x=float(place), curve=[1.0, 2.0], c=7, long=np.zeros(MOST_NUMBERS + 1)))
    found = collect(sweep)
    path = sweep.folder / "table.parquet"
    pq.write_table(found.table, path)
    frame = pd.read_parquet(path)
    assert list(frame["a"]) == [1.0] * 3 + [2.0] * 3
    assert list(frame["x"]) == list(range(6))
    assert list(frame["result.c"]) == [7] * 6  # the config has a field c as well
    assert frame["curve"][0].tolist() == [1.0, 2.0]
    assert duckdb.sql(f"select a, avg(x) from '{path}' group by a order by a").fetchall() == [(1.0, 1.0), (2.0, 4.0)]
    array = xr.Dataset.from_dataframe(frame.set_index(["a", "seed"])[["x"]])
    assert float(array["x"].sel(a=2.0, seed=1)) == 4.0
    assert left_out_of(found.table) == {"long": [MOST_NUMBERS + 1]}
    assert json.loads(found.table.schema.metadata[b"constant"])["c"] == 3


def test_what_is_computed_twice_counts_once_and_is_told_where_it_differs(sweep):
    first, second, third, *_ = sweep.points["id"].to_pylist()
    write(sweep, rows(first, error="OSError: no"), rows(second, x=2.0, gap=np.nan), rows(third, error="first"))
    write(sweep, rows(first, x=1.0, gap=0.0), rows(second, x=2.0, gap=np.nan), rows(third, error="last"))
    table, bad, conflicts = collect(sweep)
    assert (table["x"].to_pylist(), bad, conflicts) == ([1.0, 2.0, None], [], [])
    assert table["error"].to_pylist() == [None, None, "last"]
    progress = look(sweep.folder)
    assert (progress.done, progress.failed, progress.points) == (2, 1, 6)
    write(sweep, rows(second, x=2.5, gap=np.nan))
    table, _, conflicts = collect(sweep)
    assert table["x"].to_pylist() == [1.0, 2.0, None]
    assert conflicts == [f"point {second} was computed twice: x is 2.0 and 2.5"]


def test_a_field_of_tuples_of_one_is_a_column_of_numbers(tmp_path):
    about = {"experiment": "p/f", "code": "c", "x64": True}
    for name, tuples in (("ones", ((5.0,), (7.0,))), ("more", ((5.0,), (7.0, 8.0)))):
        points = make_points("p/f", True, [Config(w=w) for w in tuples], range(1), batch=1)
        swept = write_sweep(tmp_path / name, about, points)
        write(swept, rows(*points["id"].to_pylist(), x=1.0))
        expected = [5.0, 7.0] if name == "ones" else [[5.0], [7.0, 8.0]]
        assert collect(swept).table["w"].to_pylist() == expected


def test_numbers_and_lists_meet_in_one_column():
    shapes = 1.0, [1.0, 2.0], [[3.0, 4.0], [5.0, 6.0]]
    table = joined([*(rows(id, x=x) for id, x in zip("abc", shapes, strict=True)), rows("d", error="e")])
    assert table["x"].to_pylist() == [[[1.0]], [[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]], None]
    assert joined([rows("a", x=np.float32(0.1)), rows("b", x=0.1)])["x"].to_pylist()[1] == 0.1
