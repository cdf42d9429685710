"""The whole report of all papers there are, with one drawn result lent to every figure and a row to every claim."""

import re
from html import unescape

import pytest

from core.run.catalogue import ROOT, claims_files, figures, papers
from figures.report import build
from launch.equations import claim_statements, theory_modules
from launch.report import figure_rows, ordered, paper_of, placed

PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (2070).to_bytes(4, "big") + (800).to_bytes(4, "big")
DOWNLOADS = ("figure.pdf", "figure.svg", "figure.png", "arrays.npz", "run.json")
HONEST = re.compile(  # a caption says what is exact, what was drawn at random or searched for, and what is a substitute
    r"\bexact|closed.form|nothing (here )?is (random|fitted)|quadrature|Monte Carlo|substitute|simulat|measured|"
    r"seeds?\b|drawn|draws\b|runs?\b|deterministic|interval|enumerat|integrat|descent|minimisers?\b|median|float64",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    lent = tmp_path_factory.mktemp("lent")
    for name in DOWNLOADS:
        (lent / name).write_bytes(PNG)
    names = ordered(papers())
    rows = [row._replace(folder=lent) for name in names for row in figure_rows(name, lent, "laptop")]
    claims = [
        {
            "paper": name, "claim": claim, "statement": statement, "kind": "bound", "predicted": 0.0, "measured": 0.25,
            "tolerance": 1e-3, "interval": None, "verdict": "holds", "note": "", "seconds": 0.1, "slack": 0.125,
            "attack": {"slack": 0.0625, "starts": 2, "evaluations": 80, "not_finite": 0},
        }
        for name in names for file in claims_files(name) for claim, statement in claim_statements(file).items()
    ]  # fmt: skip
    chapters = theory_modules()
    out = tmp_path_factory.mktemp("out") / "report"
    build([paper_of(name) for name in names], rows, placed(claims), out, root=ROOT, chapters=chapters)
    return out


@pytest.fixture(scope="module")
def pages(report):
    return {path.relative_to(report).as_posix(): path.read_text() for path in report.rglob("*.html")}


def words(html):
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


@pytest.mark.parametrize("name", papers())
def test_a_paper_says_what_it_is_and_where_to_read_it(pages, name):
    page, paper = pages[f"papers/{name}.html"], paper_of(name)
    assert words(re.search(r"<h1>(.*?)</h1>", page)[1]) == paper.title
    lede = words(re.search(r'<p class="lede">(.*?)</p>', page, re.DOTALL)[1])
    assert lede.endswith(".")
    assert 10 < len(lede.split()) < 60  # one sentence
    assert not re.search(r"\.\s[A-Z]", lede)
    for arxiv in paper.arxiv:
        assert f'href="https://arxiv.org/abs/{arxiv}"' in page


@pytest.mark.parametrize("name", papers())
def test_a_figure_is_honest_and_can_be_drawn_again(pages, name):
    plates = re.findall(r'<figure id="(\w+)".*?</figure>', pages[f"papers/{name}.html"], re.DOTALL)
    assert plates == [figure.name for figure in figures(name)]
    for plate in re.findall(r"<figure id=.*?</figure>", pages[f"papers/{name}.html"], re.DOTALL):
        figure = re.search(r'id="(\w+)"', plate)[1]
        caption = words(re.search(r"<figcaption><p>(.*?)</p>", plate, re.DOTALL)[1])
        assert HONEST.search(caption), (figure, caption)
        assert len(re.search(r'alt="(.*?)"', plate)[1]) > 60
        command = re.search(r'<div class="command"><code>(.*?)</code><button[^>]*class="copy"', plate)[1]
        assert words(command) == f"python -m experiments.{name}.{figure}"
        assert re.findall(rf'href="\.\./figures/{name}/{figure}/([\w.]+)" download', plate) == list(DOWNLOADS)
        assert f'href="../source/experiments/{name}/{figure}.py.html"' in plate


@pytest.mark.parametrize("name", papers())
def test_a_claim_shows_formula_numbers_slack_source_and_equations(pages, name):
    page = pages[f"papers/{name}.html"]
    rows = dict(re.findall(r'id="claim-(\w+)">(.*?)</tr>', page, re.DOTALL))
    statements = {claim: said for file in claims_files(name) for claim, said in claim_statements(file).items()}
    assert list(rows) == list(statements)
    for claim, row in rows.items():
        said = words(row)
        for piece in (
            "holds",
            "bound",
            "0.25",
            "± 0.001",
            "Smallest slack 0.125; an attack from 2 starts (80",
            "0.0625",
        ):
            assert piece in said, (claim, piece)
        if re.search(r"[_^√Σ²]|(?<![^\W_])[α-ω](?![^\W_])|\b[b-z] = \d", statements[claim]):
            assert "<math>" in row, claim
        file, line = re.search(r'href="\.\./source/([\w/.]+)\.html#L(\d+)"', row).groups()
        assert f'id="L{line}">def {claim}(' in pages[f"source/{file}.html"]


def test_every_address_leads_to_a_page_and_a_place_on_it(pages, report):
    places = {name: set(re.findall(r'\bid="([^"]+)"', page)) for name, page in pages.items()}
    for name, page in pages.items():
        here = (report / name).parent
        for address in set(re.findall(r'\b(?:href|src)="([^"]+)"', page)):
            if address.startswith(("https://arxiv.org/", "data:")):
                continue
            path, _, fragment = address.partition("#")
            target = (here / path).resolve() if path else report / name
            assert target.is_file(), (name, address)
            if fragment and "=" not in fragment:
                assert unescape(fragment) in places[target.relative_to(report).as_posix()], (name, address)


def test_an_equation_names_the_claims_that_use_it_and_they_name_it(pages):
    there = re.search(r'id="majority\.majority_slope">(.*?)</article>', pages["equations/trees.html"], re.DOTALL)[1]
    assert "../papers/phase_transition.html#claim-c01_slope_closed_form" in there
    assert "../source/tests/theory/trees/test_majority.py.html#L" in there
    row = re.search(r'id="claim-c01_slope_closed_form">(.*?)</tr>', pages["papers/phase_transition.html"], re.DOTALL)[1]
    assert "../equations/trees.html#majority.majority_slope" in row


def test_families_with_the_most_figures_come_first():
    sizes = [len(figures(name)) for name in ordered(papers())]
    families = [paper_of(name).family for name in ordered(papers())]
    totals = {
        family: sum(n for n, other in zip(sizes, families, strict=True) if other == family) for family in families
    }
    assert list(totals.values()) == sorted(totals.values(), reverse=True)
    assert families == [family for family in totals for _ in range(families.count(family))]


def test_the_report_of_everything_is_small_enough_to_send(report):
    """Without its figures: the pages of the code among them."""
    total = sum(path.stat().st_size for path in report.rglob("*") if "figures" not in path.parts and path.is_file())
    assert total < 10_000_000
