import json
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from figures.growth import growths
from figures.pages_bench import BENCH_KEYS
from launch import bench
from launch.benches import scaling
from launch.measure import Costs, Curve, Limit, Line, Memory, Peer, measured, memory_of


def same(ours: Any, theirs: Any) -> bool:
    return ours == theirs


def line(name: str = "sum of squares", **changes: Any) -> Line:
    def total() -> int:
        return sum(i * i for i in range(20_000))

    return Line(name, "ns per term", 2e4, total)._replace(**changes)


def only(monkeypatch: pytest.MonkeyPatch, *lines: Line) -> None:
    monkeypatch.setattr(bench, "kinds_of", lambda names: ["these"])
    monkeypatch.setattr(bench, "chosen", lambda kind, names, quick: lines)


def test_two_lines_as_a_person_runs_them(tmp_path, capfd):
    file = tmp_path / "bench.json"
    names = ["recursion b<=1001 L=60 whole", "trees growth L=5"]
    assert bench.main([*names, "--quick", "--rounds=2", f"--json={file}"]) == 0
    rows = json.loads(file.read_text())
    assert [row["name"] for row in rows] == ["recursion b<=1001 L=60 whole arrays", "trees growth L=5"]
    assert all(set(BENCH_KEYS) <= row.keys() for row in rows)
    assert rows[0]["spread"][0] <= rows[0]["ratio"] <= rows[0]["spread"][1]
    assert rows[1]["curve"] == {"of": "tree Monte Carlo", "variable": "leaves", "value": 243.0, "exponent": 1.0}
    assert capfd.readouterr().out.count("SciPy betainc, whole arrays") == 2  # as it is timed, and in the table


@pytest.mark.parametrize("name", ["three", "tree nothing"])
def test_a_name_that_is_none_is_refused(name, capsys):
    assert bench.main([name, "--quick"]) == 2
    assert "no line begins with" in capsys.readouterr().err


def test_a_wrong_result_is_not_timed(monkeypatch, capsys):
    wrong = line(peer=Peer("off by one", lambda: 1 + line().ours(), same))
    assert measured(wrong, 3) | {"ratio": "wrong result", "ours": None} == measured(wrong, 3)
    only(monkeypatch, wrong)
    assert bench.main([]) == 1
    assert "wrong result" in capsys.readouterr().out


def test_a_missing_peer_is_said(monkeypatch, capsys):
    only(monkeypatch, line(peer=Peer("nobody", None, same, work=10.0)))
    assert bench.main(["--rounds=1"]) == 0
    assert "nobody | not installed" in capsys.readouterr().out


def test_ratios_count_units_not_calls():
    """A peer that does a tenth of the work in a tenth of the time costs as much; half of it is the limit."""

    def part(terms: int) -> Any:
        return lambda: sum(i * i for i in range(terms))

    ours = line(work=1e5, ours=part(100_000))
    row = measured(ours._replace(peer=Peer("a tenth", part(10_000), lambda a, b: True, 1e4)), 9)
    assert 0.5 < row["ratio"] < 2
    row = measured(ours._replace(limit=Limit("half of it", part(50_000))), 9)
    assert 0.25 < row["limit_fraction"] < 1


def test_growth_is_fitted_where_overheads_are_small():
    def row(value: int, seconds: float) -> dict[str, Any]:
        return {"curve": Curve("pairs", "K", value, 2.0)._asdict(), "seconds": seconds}

    rows = [row(n, 1e-3 + 1e-5 * n**2) for n in (1, 10, 100, 1000, 10_000)]
    (found,) = growths([*rows, {"name": "no curve"}, row(1, 1.0)][:6])
    assert abs(found.slope - 2) < 0.02
    assert growths(rows[:2]) == []


def test_a_flag_that_is_none_is_refused(capsys):
    assert bench.main(["--rouds=3"]) == 2
    assert "rouds" in capsys.readouterr().err


def test_another_process_is_timed_by_its_own_clocks():
    row = measured(
        line(work=2.0, ours=lambda: Costs(4.0, 3.0, "bits"), peer=Peer("one", lambda: Costs(1.0, 6.0, ""), same)), 1
    )
    assert row["ratio"] == "wrong result"
    both = Peer("one", lambda: Costs(1.0, 6.0, "bits"), lambda ours, theirs: ours.result == theirs.result, 1.0)
    row = measured(line(work=2.0, ours=lambda: Costs(4.0, 3.0, "bits"), peer=both), 1)
    assert (row["seconds"], row["ratio"], row["wall_ratio"]) == (4.0, 0.5, 4.0)


def test_memory_is_counted_once():
    """Of an outer product: two arguments, a result, and nothing else; a donated argument's place is the result's."""
    x, both = jnp.zeros(300, jnp.float32), jnp.zeros((300, 300), jnp.float32)
    assert memory_of(jax.jit(jnp.outer).lower(x, x).compile()) == Memory(2400, 360_000, 0)
    added = jax.jit(lambda total, x: total + x, donate_argnums=0).lower(both, x[None]).compile()
    assert memory_of(added)[:2] == (361_200, 0)


def test_two_devices_do_the_work_of_one_with_half_of_its_memory(tmp_path):
    file = tmp_path / "bench.json"
    assert bench.main(["scaling tokens strong", "--quick", "--rounds=1", f"--json={file}"]) == 0  # 1: other bits
    one, two = json.loads(file.read_text())
    assert [row["scaling"]["devices"] for row in (one, two)] == [1, 2]
    logits = 64 * 8192 * 4
    assert one["memory"]["arguments"] - two["memory"]["arguments"] == logits / 2
    assert one["memory"]["temporary"] < logits / 2  # nor does a second array of logits appear
    assert two["ratio"] > 0


def test_a_child_that_does_not_answer_is_killed(monkeypatch):
    monkeypatch.setattr(scaling, "PATIENCE", 0.05)
    with pytest.raises(ValueError, match="trees 1 1 fixed: ended with status -9"), scaling.started("trees", 1, 1):
        pass
