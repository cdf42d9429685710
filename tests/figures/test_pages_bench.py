import numpy as np
import pytest

from figures.frame import Site
from figures.pages_bench import BENCH_KEYS, write_benchmarks
from figures.scaling import scalings


def row(kind, devices, ratio=None, wall_ratio=None, megabytes=80.0):
    keys = dict.fromkeys(BENCH_KEYS) | {"name": f"{kind} {devices}", "ours": 2.5, "unit": "ns"}
    if ratio:
        keys |= {"peer": 2.5 * ratio, "ratio": ratio, "wall_ratio": wall_ratio, "spread": [0.9 * ratio, 1.1 * ratio]}
    held = {"arguments": int(megabytes * 1e6 * 3 / 4), "results": 0, "temporary": int(megabytes * 1e6 / 4)}
    place = {"of": "CBO step", "kind": kind, "devices": devices, "cores": 2}
    return keys | {"memory": held | {"process": 3 * 10**8}, "scaling": place}


ROWS = [row("strong", 1), row("strong", 4, 0.8, 1.5, 20.0), row("strong", 2, 0.9, 1.2, 40.0), row("weak", 2, 0.95, 1.9)]


def test_both_curves_begin_on_one_device():
    strong, weak = scalings([*ROWS, {"name": "something else"}])
    assert (strong.kind, weak.kind) == ("strong", "weak")
    np.testing.assert_array_equal(strong.devices, [1, 2, 4])
    np.testing.assert_array_equal(strong.efficiency, [1, 0.9, 0.8])
    np.testing.assert_allclose(strong.spread, [[1, 0.81, 0.72], [1, 0.99, 0.88]])
    np.testing.assert_allclose(strong.megabytes * strong.devices, 80.0)
    np.testing.assert_array_equal(weak.megabytes, [80, 80])
    np.testing.assert_array_equal(weak.speed, [1, 1.9])


def test_what_was_not_measured_twice_is_no_curve():
    assert scalings(ROWS[:1]) == []
    assert scalings([ROWS[0], ROWS[1] | {"memory": None}]) == []  # its result was wrong


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    tokens = row("tokens", 1) | {"scaling": None, "peer_memory": {"temporary": 38_900_000}, "peer_name": "JAX"}
    write_benchmarks([*ROWS, tokens], Site(()), folder)
    assert (folder / "figures/scaling/figure.png").stat().st_size > 1000
    return (folder / "benchmarks.html").read_text()


def test_devices_and_memory_have_their_tables(words):
    speed, memory, devices = words.split("<h2")
    assert "strong 2" not in speed  # one table is enough
    assert "tokens 1" in speed
    assert "38.9" in memory
    assert all(cell in devices for cell in (">0.9<", ">0.81 to 0.99<", ">1.9<", ">40<", ">300<"))


def test_virtual_devices_are_called_so(words, tmp_path, monkeypatch):
    assert "share 2 cores" in " ".join(words.split())
    monkeypatch.setattr("figures.save.save", lambda *_: None)
    own = [one | {"scaling": one["scaling"] | {"cores": 0}} for one in ROWS[:2]]
    write_benchmarks(own, Site(()), tmp_path)
    assert "virtual" not in (tmp_path / "benchmarks.html").read_text()
