import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import matplotlib
import numpy as np
import pytest

from figures.forms import line_with_band
from figures.style import COLORS, DOUBLE, GOLDEN, GREY, SINGLE, YELLOW, house_style, new_figure


@pytest.fixture
def before():
    return dict(matplotlib.rcParams)


def draw_something(seed=0):
    with house_style():
        figure, ax = new_figure()
        line_with_band(ax, np.arange(5), np.random.default_rng(seed).normal(size=(50, 5)), "a")
        figure.draw_without_rendering()
    return figure


def test_style_ends_with_its_context(before):
    with house_style():
        assert matplotlib.rcParams["pdf.fonttype"] == 42
        assert dict(matplotlib.rcParams) != before
    assert dict(matplotlib.rcParams) == before


def test_style_ends_with_an_exception(before):
    with pytest.raises(RuntimeError), house_style():
        raise RuntimeError
    assert dict(matplotlib.rcParams) == before


def test_drawing_leaves_no_trace(before):
    new_figure()
    draw_something()
    assert dict(matplotlib.rcParams) == before


def test_threads_draw_the_same_and_leave_no_trace(before):
    alone = draw_something().axes[0].lines[0]
    with ThreadPoolExecutor(2) as pool:
        lines = [figure.axes[0].lines[0] for figure in pool.map(draw_something, [0] * 4)]
    assert dict(matplotlib.rcParams) == before
    assert {line.get_linewidth() for line in lines} == {alone.get_linewidth()}


def test_a_readers_own_settings_do_not_count():
    with matplotlib.rc_context({"lines.linewidth": 9, "axes.grid": True}), house_style():
        assert matplotlib.rcParams["lines.linewidth"] < 2
        assert not matplotlib.rcParams["axes.grid"]


def test_import_is_cheap():
    heavy = "[name for name in ('matplotlib.pyplot', 'matplotlib.figure', 'scipy.stats', 'jax') if name in sys.modules]"
    code = f"import sys, figures.forms, figures.save, figures.annotate, figures.report; print({heavy})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_figure_has_the_size_asked_for():
    figure, ax = new_figure()
    assert figure.get_size_inches() == pytest.approx((SINGLE, SINGLE * GOLDEN))
    assert not isinstance(ax, np.ndarray)
    figure, axes = new_figure(DOUBLE, 3, rows=2, cols=3)
    assert figure.get_size_inches() == pytest.approx((DOUBLE, 3))
    assert axes.shape == (2, 3)


@pytest.mark.parametrize("bad", [{"width": 0}, {"height": -1.0}, {"rows": 0}, {"cols": -2}])
def test_figure_refuses_an_impossible_size(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        new_figure(**bad)


def test_colours_differ_also_for_eyes_without_red_or_green():
    # Machado, Oliveira & Fernandes (2009), severity 1, linear RGB
    deutan = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    protan = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    everyone = np.eye(3)
    for seen in (everyone, deutan, protan):
        lab = np.array([_lab(np.asarray(seen) @ _linear(color)) for color in COLORS])
        distance = np.linalg.norm(lab[:, None] - lab[None], axis=-1)[np.triu_indices(len(lab), 1)]
        assert distance.min() > 10  # about ten times what an eye can just tell apart


def test_text_grey_is_legible_and_yellow_is_no_line():
    assert _contrast_on_white(GREY) >= 4.5
    assert YELLOW not in COLORS
    assert min(map(_contrast_on_white, COLORS)) > 1.9 > _contrast_on_white(YELLOW)


def _linear(color):
    s = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)


def _contrast_on_white(color):
    return 1.05 / (np.array([0.2126, 0.7152, 0.0722]) @ _linear(color) + 0.05)


def _lab(rgb):
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    t = to_xyz @ np.clip(rgb, 0, 1) / to_xyz.sum(1)
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])
