"""What the report is built from: cards of papers, rows that commands left, and where the sources can be read."""

import json

import pytest

from core.run.catalogue import ROOT, papers
from core.run.store import seal
from figures.report import Paper
from launch import report


def test_every_paper_has_a_card_that_the_report_takes(tmp_path, monkeypatch):
    cards = [report.paper_of(name) for name in papers()]
    assert all(isinstance(card, Paper) and card.title and card.family for card in cards)
    assert report.main([f"--out={tmp_path}", f"--json={tmp_path}/built.json"]) == 0
    assert len(list((tmp_path / "report/papers").iterdir())) == len(cards)
    built = json.loads((tmp_path / "built.json").read_text())
    assert (built["papers"], built["drawn"], built["claims"]) == (len(cards), 0, 0)
    assert built["page"] == str(tmp_path / "report/index.html")


def test_a_paper_may_stand_for_several(tmp_path, monkeypatch):
    folder = tmp_path / "experiments" / "survey"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text('"""Survey.\n\nText.\n\narXiv: 2509.26114, 2602.09782\nFamily: entropy\n"""')
    monkeypatch.setattr(report, "ROOT", tmp_path)
    assert report.paper_of("survey").arxiv == ("2509.26114", "2602.09782")
    (folder / "__init__.py").write_text('"""Survey.\n\nText.\n"""')
    assert report.paper_of("survey") == Paper("survey", "Survey", (), "Text.", "other")


def test_rows_that_are_damaged_are_named(tmp_path, capsys):
    ledger = tmp_path / "ledger.json"
    assert report.rows_of(ledger, "launch.verify") == []
    for damage in ("[{", '{"a": 1}', "[1]", "\udcff"):
        ledger.write_text(damage, errors="surrogateescape")
        assert report.main([f"--out={tmp_path}"]) == 2
        assert (
            "ledger.json: damaged; remove it, or write it again with python -m launch.verify" in capsys.readouterr().err
        )


def test_a_claim_is_placed_where_it_stands_today():
    claims = [{"paper": "phase_transition", "claim": "c01_slope_closed_form", "source": "old.py:1"},
              {"paper": "phase_transition", "claim": "gone", "source": "old.py:1"}]  # fmt: skip
    today, gone = report.placed(claims)
    path, _, line = today["source"].partition(":")
    assert (ROOT / path).read_text().splitlines()[int(line) - 1].startswith("def c01_slope_closed_form(")
    assert today["uses"] == [("theory/trees/majority.py", "majority_slope")]
    assert (gone["source"], gone["uses"]) == ("old.py:1", [])


def test_claims_of_a_paper_that_is_gone_are_left_out(tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(report, "build", lambda cards, rows, claims, out, **_: shown.extend(claims) or out)
    there = seal({"paper": papers()[0], "claim": "c"})
    (tmp_path / "ledger.json").write_text(json.dumps([seal({"paper": "gone", "claim": "c"}), there]))
    assert report.main([f"--out={tmp_path}"]) == 0
    assert [row["paper"] for row in shown] == [there["paper"]]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ('[project]\nname = "a"', None),
        ('[project.urls]\nHomepage = "https://a"', None),
        ('[project.urls]\nSource = "https://host/main"', "https://host/main"),
    ],
)
def test_the_address_of_the_sources_is_read_from_the_project(tmp_path, text, address):
    (tmp_path / "pyproject.toml").write_text(text)
    assert report.source_address(tmp_path / "pyproject.toml") == address
    assert report.source_address(tmp_path / "nowhere.toml") is None
