import re
from html.parser import HTMLParser

import numpy as np
import pytest

from core.verify.bound import bound
from core.verify.evidence import combine, holds_if, judged, refuted
from core.verify.falsify import Falsified
from figures.pages_bench import BENCH_KEYS
from figures.report import FigureRow, Paper, build

EVIL = "<script>alert('x')</script> & \"quotes\""
VOID = {"meta", "link", "img", "input", "br", "hr", "wbr"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (990).to_bytes(4, "big") + (612).to_bytes(4, "big")


class Page(HTMLParser):
    """Every tag opened and closed in order; its addresses, ids and words."""

    def __init__(self, path):
        super().__init__()
        self.path, self.open, self.tags, self.words = path, [], [], ""
        self.feed(path.read_text())
        assert self.open == [], f"{path.name}: left open {self.open}"

    def handle_starttag(self, tag, attributes):
        assert len(dict(attributes)) == len(attributes), f"{tag}: attribute given twice"
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data

    def all(self, attribute):
        return [attributes[attribute] for _, attributes in self.tags if attribute in attributes]


def claim(paper="trees", name="slope", verdict="holds", **changes):
    return {
        "paper": paper, "claim": name, "statement": "The slope is 3/2.", "kind": "identity", "predicted": 1.5,
        "measured": 1.5, "tolerance": 1e-12, "interval": None, "verdict": verdict, "note": "one point", "seconds": 0.1,
        **changes,
    }  # fmt: skip


@pytest.fixture
def rows(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("figure.png", "figure.pdf", "figure.svg", "arrays.npz", "run.json"):
        (folder / name).write_bytes(PNG)
    record = {
        "preset": "laptop", "config": {"b": [3, 11], "name": EVIL}, "overrides": ["config.b=3"], "seed": 4, "x64": True,
        "versions": {"jax": "0.12"}, "device": "2 x cpu", "git": {"commit": "c0ffee" * 7, "dirty": True},
        "seconds": 1.5, "command": f"python -m experiments.trees.depth {EVIL}", "arrays_sha256": "ab" * 32,
        "finished": "2026-11-21T07:38:12+00:00",
    }  # fmt: skip
    return (
        [Paper("trees", f"Trees {EVIL}", ("2601.17311",), f"Abstract {EVIL}", f"Family {EVIL}"),
         Paper("votes", "Votes", (), "Abstract.", "Family")],
        [FigureRow("trees", "depth", f"Depth {EVIL}", f"Caption {EVIL}", folder, record),
         FigureRow("trees", "undrawn", "Undrawn", "Caption.", tmp_path / "nowhere", {"command": "python -m undrawn"}),
         FigureRow("trees", "unknown", "Unknown", "Caption.", tmp_path / "nowhere", {})],
        [claim(statement=EVIL, note=EVIL, kind=EVIL, predicted=EVIL),
         claim(name="law", verdict="refuted", interval=[0.1, None], tolerance=None, seconds=None),
         claim(name="fit", verdict="reported", kind="fit", measured=float("nan"), tolerance=None, note="")],
    )  # fmt: skip


@pytest.fixture
def report(rows, tmp_path):
    return build(*rows, tmp_path / "report").parent


def pages(report):
    return {path.relative_to(report).as_posix(): Page(path) for path in sorted(report.rglob("*.html"))}


def test_pages_are_whole(report):
    assert list(pages(report)) == [
        "explore/entropy.html", "explore/swarm.html", "explore/trees.html", "findings.html", "index.html",
        "ledger.html", "papers/trees.html", "papers/votes.html",
    ]  # fmt: skip
    for page in pages(report).values():
        ids = page.all("id")
        assert len(ids) == len(set(ids))
        assert all(attributes.get("alt") for tag, attributes in page.tags if tag == "img")
        assert [tag for tag, _ in page.tags].count("h1") == 1


def test_every_link_leads_somewhere(report):
    for page in pages(report).values():
        for address in page.all("href") + page.all("src"):
            if address.startswith(("https://arxiv.org/abs/", "data:,")):
                continue
            path, _, fragment = address.partition("#")
            target = (page.path.parent / path).resolve() if path else page.path
            assert target.is_relative_to(report.resolve())
            assert target.is_file(), address
            if fragment and "=" not in fragment:
                assert fragment in Page(target).all("id")


def test_nothing_is_loaded_from_a_network(report):
    for path in (*report.rglob("*.html"), *(report / "assets").iterdir()):
        text = path.read_text().replace('href="https://arxiv.org/abs/2601.17311"', "")
        assert not re.search(r"https?://|//cdn|url\((?!#)|@import", text), path.name


def test_foreign_text_stays_text(report):
    for name, page in pages(report).items():
        scripts = [attributes for tag, attributes in page.tags if tag == "script"]
        assert {tuple(attributes) for attributes in scripts} == {("src", "defer")}, name
        assert len(scripts) == (4 if name.startswith("explore/") else 1)
    assert EVIL in pages(report)["ledger.html"].words
    assert pages(report)["papers/trees.html"].words.count(EVIL) >= 8


def test_a_figure_comes_with_its_downloads_and_provenance(report):
    page = pages(report)["papers/trees.html"]
    place = "../figures/trees/depth/"
    names = ("figure.pdf", "figure.svg", "figure.png", "arrays.npz", "run.json")
    assert {place + name for name in names} <= set(page.all("href"))
    for said in ("laptop", "config.b=3", "64 bit", "2 x cpu", "c0ffee", "not committed", "1.5 s", "21 November 2026"):
        assert said in page.words
    assert ("990", "612") in [(a.get("width"), a.get("height")) for tag, a in page.tags if tag == "img"]


def test_a_figure_that_is_missing_says_so(report):
    words = pages(report)["papers/trees.html"].words
    assert "not been drawn yet; the command below draws it" in words
    assert "not been drawn yet; no command is on record" in words
    assert "1 of 3" in pages(report)["index.html"].words
    assert "This paper has no figures yet." in pages(report)["papers/votes.html"].words


def test_claims_show_what_was_measured(report):
    page = pages(report)["ledger.html"]
    shown = [
        attributes["data-verdict"] for tag, attributes in page.tags if tag == "tr" and "data-verdict" in attributes
    ]
    assert shown == ["refuted", "holds", "reported"]
    for said in ("[0.1, –]", "± 10−12", "not a number", "one point"):
        assert said in page.words


def test_an_empty_ledger_says_so(rows, tmp_path):
    shown = pages(build(rows[0], rows[1], [], tmp_path / "report").parent)
    assert "No claim has been checked yet." in shown["ledger.html"].words
    assert "No claim has been checked yet." in shown["index.html"].words
    assert "No claim of this paper has been checked yet." in shown["papers/trees.html"].words


def test_nothing_at_all_is_a_report_too(tmp_path):
    assert "No paper has been added yet." in Page(build([], [], [], tmp_path / "report")).words


def test_families_have_counts_of_their_own(report):
    words = " ".join(pages(report)["index.html"].words.split())
    assert "2 papers" in words or "1 paper" in words
    assert "1 refuted, 1 holds, 1 reported" in words


def test_code_is_linked_where_its_address_is_known(rows, tmp_path):
    claims = [{**rows[2][0], "source": "experiments/trees/claims.py:12"}]
    figures = [rows[1][0]._replace(source="experiments/trees/depth.py")]
    shown = pages(build(rows[0], figures, claims, tmp_path / "with", source="https://code.example/main/").parent)
    for name in ("ledger.html", "papers/trees.html"):
        assert "https://code.example/main/experiments/trees/claims.py#L12" in shown[name].all("href")
    assert "https://code.example/main/experiments/trees/depth.py" in shown["papers/trees.html"].all("href")
    plain = pages(build(rows[0], figures, claims, tmp_path / "without").parent)
    for name in ("ledger.html", "papers/trees.html"):
        assert "experiments/trees/claims.py:12" in plain[name].words
        assert not [address for address in plain[name].all("href") if "claims.py" in address]


def test_an_attack_shows_the_smallest_slack_that_it_found(rows, tmp_path):
    found = Falsified(-2.5e-16, None, np.array([0.1, -2.5e-16]), 80, 3)
    evidence = bound(np.array([0.5, 0.75]), tolerance=1e-12, falsified=found)
    both = combine(evidence, evidence)
    row = claim(kind="bound", measured=both.measured, slack=both.slack, attack=both.attack._asdict())
    words = pages(build(rows[0], [], [row], tmp_path / "report").parent)["papers/trees.html"].words
    assert "Smallest slack 0.5; an attack from 2 starts (80 evaluations) reached −2.5 × 10−16" in words


def test_refutations_and_conditions_have_a_page(rows, tmp_path):
    def check(measured):
        return judged("bound", 0.0, measured, measured >= 0, "3 points, smallest slack 0.1 at (0,)", tolerance=0)

    condition = holds_if("all agents: every one, starts alike", check(1.0), check(-1.0))
    false = combine(check(1.0), refuted("R = 0.9: a star of 60", check(-1.0)))
    claims = [
        claim(name="if", verdict="holds-if", statement="It holds.", note=condition.note, given=condition.given),
        claim(name="no", verdict="refuted", statement="It is so.", note=false.note, given=false.given),
        claim(name="fine", statement="Nothing to see."),
    ]
    page = pages(build(rows[0], [], claims, tmp_path / "report").parent)["findings.html"]
    assert "Assumptionall agents: every one, starts alike" in page.words
    assert "CounterexampleR=0.9: a star of 60" in page.words
    assert "without it contradicted" in page.words
    assert "Nothing to see." not in page.words
    assert "papers/trees.html#claim-no" in page.all("href")
    assert page.words.index("It is so.") < page.words.index("It holds.")


def test_benchmarks_have_a_page_only_where_there_are_some(rows, report, tmp_path):
    assert "benchmarks.html" not in pages(report)
    row = dict(zip(BENCH_KEYS, (f"step {EVIL}", 1.5e-3, None, 2.25, 0.5, "s", [2.0, 2.5]), strict=True))
    shown = pages(build(*rows, tmp_path / "fast", bench=[row]).parent)
    assert "benchmarks.html" in shown["index.html"].all("href")
    for said in (EVIL, "0.0015", "2.25", "2 to 2.5"):
        assert said in shown["benchmarks.html"].words


def test_equal_input_gives_equal_bytes(rows, report, tmp_path):
    again = build(*rows, tmp_path / "again").parent
    for path in report.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (again / path.relative_to(report)).read_bytes()


def test_an_older_report_is_replaced_as_a_whole(rows, report):
    (report / "stale.html").write_text("old")
    build(rows[0][1:], [], [], report)
    assert not (report / "stale.html").exists()
    assert not (report / "papers/trees.html").exists()
    assert not list(report.parent.glob(".report*"))


def test_a_failed_build_leaves_the_older_report(rows, report, monkeypatch):
    old = (report / "index.html").read_text()
    monkeypatch.setattr("figures.pages.ledger_page", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        build(rows[0][1:], [], [], report)
    assert (report / "index.html").read_text() == old
    assert (report / "papers/trees.html").exists()
    assert not list(report.parent.glob(".report*"))


def test_a_folder_that_is_no_report_is_never_replaced(rows, tmp_path):
    precious = tmp_path / "thesis"
    precious.mkdir()
    (precious / "index.html").write_text("years of work")
    with pytest.raises(ValueError, match="no report"):
        build(*rows, precious)
    with pytest.raises(ValueError, match="no report"):
        build(*rows, precious / "index.html")
    assert (precious / "index.html").read_text() == "years of work"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda p, f, c: (p * 2, f, c), "more than once"),
        (lambda p, f, c: (p, f * 2, c), "more than once"),
        (lambda p, f, c: (p[1:], f, []), "trees"),
        (lambda p, f, c: (p, f, [claim(paper="unheard")]), "unheard"),
        (lambda p, f, c: (p, f, [claim(verdict="maybe")]), "maybe"),
        (lambda p, f, c: (p, f, [{"paper": "trees", "claim": "bare"}]), "bare"),
        (lambda p, f, c: ([p[0]._replace(name="../up")], [], []), r"\.\./up"),
        (lambda p, f, c: (p, [f[0]._replace(figure="a/b")], []), "a/b"),
        (lambda p, f, c: ([p[0]._replace(arxiv=("javascript:x",))], [], []), "arxiv"),
    ],
)
def test_bad_input_is_named(rows, tmp_path, change, word):
    with pytest.raises(ValueError, match=word):
        build(*change(*rows), tmp_path / "report")
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize("more", [{"source": "javascript:alert(1)"}, {"bench": [{"name": "bare"}]}, {"bench": [3]}])
def test_a_bad_address_or_measurement_is_named(rows, tmp_path, more):
    with pytest.raises(ValueError, match=next(iter(more))):
        build(*rows, tmp_path / "report", **more)
