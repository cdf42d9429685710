import os
import subprocess
import sys

import numpy as np
import pytest

from figures.forms import histogram_density, phase_diagram
from figures.save import FORMATS, read_provenance, save
from figures.style import house_style, new_figure

PROVENANCE = {"paper": "a paper", "config": '{"b": [3, 11]}', "seed": "0"}
AWKWARD = {
    "brackets": "f(x) = (a)) \\( \\\\ end\\",
    "markup": "<script>&amp; ]]> -- </svg>",
    "lines": "one\ntwo\r\n\tthree",
    "letters": "é ρ ∞ 𝓗",
    "empty": "",
    "/Keywords (no)": "/Keywords (no)",
}

DRAW = """
import sys
import numpy as np
from figures.forms import phase_diagram
from figures.annotate import direct_labels
from figures.save import save
from figures.style import house_style, new_figure

with house_style():
    figure, ax = new_figure(2, 2)
    grid = np.linspace(0, 1, 5)
    phase_diagram(ax, grid, grid, np.outer(grid, grid), (grid, grid), (grid, grid, grid), label=r"$\\mu^\\ast$")
    direct_labels(ax, ax.plot(grid, grid**2, label=r"$\\mathcal{H}$, naïve"))
    provenance = {"seed": "0", "paper": "a"} if sys.argv[2] == "0" else {"paper": "a", "seed": "0"}
    save(figure, sys.argv[1], provenance)
"""


@pytest.fixture(scope="module")
def figure():
    return draw()


def draw():
    with house_style():
        figure, axes = new_figure(cols=2)
        grid = np.linspace(0, 1, 4)
        phase_diagram(axes[0], grid, grid, np.outer(grid, grid), label="value")
        histogram_density(axes[1], np.linspace(0, 1, 40), grid, np.ones(4))
        axes[1].legend()
    return figure


@pytest.fixture(scope="module")
def saved(figure, tmp_path_factory):
    return save(figure, tmp_path_factory.mktemp("figure"), PROVENANCE)


def test_processes_write_the_same_bytes(tmp_path):
    settings = tmp_path / "matplotlibrc"
    settings.write_text("lines.linewidth: 9\nsvg.hashsalt: other\nsavefig.dpi: 50\n")
    surroundings = [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "2", "SOURCE_DATE_EPOCH": "1", "MATPLOTLIBRC": str(settings), "TZ": "Asia/Tokyo"},
    ]
    children = [
        subprocess.Popen([sys.executable, "-c", DRAW, str(tmp_path / str(k)), str(k)], env=os.environ | changed)
        for k, changed in enumerate(surroundings)
    ]
    assert [child.wait(timeout=60) for child in children] == [0, 0]
    for kind in FORMATS:
        one, two = ((tmp_path / str(k) / f"figure.{kind}").read_bytes() for k in range(2))
        assert one == two, kind


def test_saved_twice_is_saved_the_same(figure, saved, tmp_path):
    again = save(figure, tmp_path, PROVENANCE)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in saved]


def test_drawn_twice_is_drawn_the_same(saved, tmp_path):
    again = save(draw(), tmp_path, PROVENANCE)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in saved]


def test_other_provenance_is_other_bytes(figure, saved, tmp_path):
    other = save(figure, tmp_path, PROVENANCE | {"seed": "1"})
    assert all(a.read_bytes() != b.read_bytes() for a, b in zip(other, saved, strict=True))


def test_formats_are_what_they_say(saved):
    assert [path.name for path in saved] == ["figure.png", "figure.pdf", "figure.svg"]
    png, pdf, svg = (path.read_bytes() for path in saved)
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") == 990  # one column at 300 dpi
    assert pdf.startswith(b"%PDF")
    assert b"<svg" in svg


def test_no_dates_inside(saved):
    _, pdf, svg = (path.read_bytes() for path in saved)
    assert b"Date" not in pdf
    assert b"dc:date" not in svg


def test_fonts_travel_with_the_file(saved):
    _, pdf, svg = (path.read_bytes() for path in saved)
    assert b"/FontFile2" in pdf  # TrueType, embedded
    assert b"/Type3" not in pdf
    assert b"<text" not in svg  # outlines


@pytest.mark.parametrize("place", range(3), ids=FORMATS)
def test_provenance_comes_back(saved, place):
    assert read_provenance(saved[place]) == PROVENANCE


@pytest.mark.parametrize("provenance", [AWKWARD, {}], ids=["awkward", "empty"])
def test_any_text_comes_back(provenance, tmp_path):
    paths = save(new_figure(0.5, 0.5)[0], tmp_path, provenance)
    assert [read_provenance(path) for path in paths] == [provenance] * 3


def test_a_failed_write_leaves_the_old_file_whole(tmp_path, monkeypatch):
    small = new_figure(0.5, 0.5)[0]
    old = [path.read_bytes() for path in save(small, tmp_path, {"seed": "0"})]

    def power_cut(*_):
        raise OSError("no space left")

    monkeypatch.setattr("os.replace", power_cut)
    with pytest.raises(OSError, match="no space"):
        save(small, tmp_path, {"seed": "1"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["figure.pdf", "figure.png", "figure.svg"]
    assert [(tmp_path / f"figure.{kind}").read_bytes() for kind in FORMATS] == old


def test_values_must_be_text(tmp_path):
    with pytest.raises(ValueError, match="seed"):
        save(new_figure(1, 1)[0], tmp_path, {"seed": 0})


def test_foreign_files_are_refused(tmp_path):
    bare = new_figure(1, 1)[0]
    for kind in FORMATS:
        path = tmp_path / f"foreign.{kind}"
        bare.savefig(path)
        with pytest.raises(ValueError, match="no provenance"):
            read_provenance(path)
    with pytest.raises(ValueError, match="must end in"):
        read_provenance(tmp_path / "figure.jpg")
