"""Every figure and every claim that there is, found by walking: a new paper is tested without a new test."""

from importlib import import_module

import jax
import pytest

from core.run import store
from core.run.catalogue import ROOT, claims_files, papers, read_card, select
from core.run.execute import execute
from core.run.mesh import device_mesh
from core.run.request import PRESETS, parse
from core.verify.ledger import claims_of, verify
from figures.style import house_style

CLAIMS = [
    claim
    for paper in papers()
    for file in claims_files(paper)
    for claim in claims_of(paper, import_module(f"experiments.{paper}.{file.stem}"))
]


@pytest.fixture(autouse=True)
def _float64():
    """Experiments choose their precision, a switch of the whole process, and broadcast as NumPy users do."""
    with jax.numpy_rank_promotion("allow"):
        yield
    jax.config.update("jax_enable_x64", True)


def sketch(draw, folder, provenance):
    """A coarse picture: that files are whole, laid out and stamped is tested where they are written."""
    with house_style():
        figure = draw()
        figure.set_layout_engine("none")
        figure.savefig(folder / "figure.png", dpi=40)


@pytest.mark.parametrize("paper", papers())
def test_a_paper_says_what_it_is(paper):
    card = read_card(ROOT / "experiments" / paper / "__init__.py")
    assert card.title
    assert card.caption
    assert {"Paper", "Family"} <= set(card.fields)


@pytest.mark.parametrize("figure", select([]), ids=lambda figure: f"{figure.paper}/{figure.name}")
def test_a_figure_computes_and_draws(figure, tmp_path):
    card = read_card(figure.path)
    assert card.title
    assert card.caption
    assert {"Shows", "Cost"} <= set(card.fields)
    experiment = import_module(figure.module).EXPERIMENT
    assert set(experiment.presets) == set(PRESETS)
    outcome = execute(experiment, figure, parse(["--preset=smoke", f"--out={tmp_path}"]), sketch)
    assert store.read_record(outcome.folder) is not None
    assert (outcome.folder / "figure.png").stat().st_size > 0


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.paper}/{claim.name}")
def test_a_claim_has_the_verdict_that_its_check_gives(claim):
    (row,) = verify([claim], "smoke", device_mesh())
    assert row["verdict"] != "fails", row["note"]
