"""A report with something of everything, and a browser to open it in."""

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import pytest

from figures.equations import Chapter, Equation
from figures.pages_bench import BENCH_KEYS
from figures.report import FigureRow, Paper, build
from tests.report.browser import chromium

DESK = (1280, 900)
STATEMENT = "Statement {}, with x_i ≤ 1 = p_0 (1-p_0) (1 - Γ(u+1)²/(Γ(u+1-1/√N) Γ(u+1+1/√N)))."


def claim(name, verdict, kind="identity", paper="trees", measured=1.0):
    return {
        "paper": paper, "claim": name, "statement": STATEMENT.format(name), "kind": kind, "predicted": 1.0,
        "measured": measured, "tolerance": 1e-12, "interval": None, "verdict": verdict, "seconds": 0.1,
        "note": "3 points", "given": "n is odd", "slack": 0.1,
        "attack": {"slack": 0.01, "starts": 2, "evaluations": 9, "not_finite": 0},
        "source": f"experiments/{paper}_with_a_long_name_of_its_own/claims.py:7",
    }  # fmt: skip


def figure(folder):
    plate, axes = plt.subplots(figsize=(3.3, 2))
    axes.plot([0, 1], [0, 1])
    for kind in ("png", "pdf", "svg"):
        plate.savefig(folder / f"figure.{kind}", dpi=300)
    plt.close(plate)
    (folder / "run.json").write_text("{}")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    figure(folder)
    record = {
        "preset": "laptop", "command": "python -m experiments.trees.depth --seed=1", "finished": "2026-11-21T07:38:12",
        "seconds": 1.5, "device": "2 x cpu", "git": {"commit": "c0ffee" * 7}, "config": {"b": 3},
    }  # fmt: skip
    verdicts = ["holds"] * 4 + ["holds-if", "refuted", "reported", "fails"]
    claims = [
        claim(
            f"c{i}_a_name_as_long_as_the_longest_of_real_claims",
            verdict,
            "bound" if i % 2 else "law",
            ("trees", "entropy")[i % 2],
            measured=10.0 ** (3 - i),
        )
        for i, verdict in enumerate(verdicts)
    ]
    papers = [
        Paper("trees", "A title long enough to break on a narrow screen", ("2601.17311",), "Abstract.", "trees"),
        Paper("entropy", "Entropy", (), "Abstract.", "entropy"),
    ]
    rows = [FigureRow("trees", "depth", "Depth", "Caption.", folder, record, "experiments/trees/depth.py")]
    bench = [dict(zip(BENCH_KEYS, ("one step", 1e-3, 2e-3, 2.0, 0.5, "s", 0.1), strict=True))]
    return build(
        papers, rows, claims, tmp_path_factory.mktemp("out") / "report", bench=bench, root=sources(folder),
        chapters=[chapter(claims)],
    ).parent  # fmt: skip


def chapter(claims):
    """One module, with formulas wider than a telephone, a claim and a test."""
    text = """The law of x_i <= 1.

    f = log(1 + (T-1) e^{-σ √(T/(T-1))}) + σ √(T(T-1)) e^{-σ √(T/(T-1))}/(1 + (T-1)),    x > 0

It is p_0 (1-p_0) [1 - Γ(u+1)²/(Γ(u+1-1/√N) Γ(u+1+1/√N))] and no more.

>>> a_function_with_a_long_name(of=many, arguments=1.0, that=2.0, a_telephone="cannot show")
"""
    checked = tuple((claim["paper"], claim["claim"]) for claim in claims[:2])
    law = Equation("law", "(x: Float[Array, 'n'])", text, "theory/trees/law.py:1", checked, ("tests/t.py:2 test_it",))
    return Chapter("Trees", "theory/trees/law.py", text, [law])


def sources(folder):
    for name in ("theory/trees/law.py", "tests/t.py", "experiments/trees/depth.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"x = {'1 + ' * 60}1\n\n")
    return folder


@pytest.fixture(scope="module")
def tab():
    with chromium() as tab:
        yield tab


@pytest.fixture
def at(tab, report):
    """Opens a page of the report, in a window of a desk and in the light."""
    tab.resize(*DESK)
    tab.scheme("light")

    def go(address):
        tab.open(f"{report.as_uri()}/{address}")
        return tab

    return go
