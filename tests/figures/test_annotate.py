import itertools

import numpy as np
import pytest
from scipy.optimize import minimize

from figures.annotate import direct_labels, panel_letters, small_print, spread_apart, threshold
from figures.style import house_style, new_figure


@pytest.fixture
def ax():
    with house_style():
        yield new_figure()[1]


@pytest.mark.parametrize("seed", range(5))
def test_spread_apart_is_the_nearest_that_keeps_order_and_distance(seed):
    places = np.random.default_rng(seed).uniform(0, 10, 5)
    apart, order = spread_apart(places, 3.0), np.argsort(places)
    assert np.diff(apart[order]).min() >= 3 - 1e-12
    distance = {"type": "ineq", "fun": lambda moved: np.diff(moved[order]) - 3}
    best = minimize(lambda moved: np.sum((moved - places) ** 2), apart + 1, constraints=distance, tol=1e-12)
    assert apart == pytest.approx(best.x, abs=1e-4)


def test_spread_apart_leaves_alone_what_is_apart():
    places = np.array([5.0, -3.0, 20.0])
    assert np.array_equal(spread_apart(places, 4.0), places)


def test_direct_labels_sit_at_the_ends_without_overlap(ax):
    ends = [1.0, 1.01, 1.02, 3.0]
    for end in ends:
        ax.plot([0, 1, 2], [0, 0, end], label=f"ends at {end}")
    ax.plot([0, 2], [0, 1])  # no label, none wanted
    texts = direct_labels(ax)
    assert [text.get_text() for text in texts] == [f"ends at {end}" for end in ends]
    assert [text.xy for text in texts] == [(2.0, end) for end in ends]
    ax.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in texts]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    assert all(ax.figure.bbox.x1 >= box.x1 and box.x0 > ax.get_window_extent().x0 for box in boxes)


def test_direct_label_of_a_line_that_breaks_off_sits_where_it_does(ax):
    ax.plot([0, 1, 2], [3, 4, np.nan], label="breaks")
    assert direct_labels(ax)[0].xy == (1.0, 4.0)


def test_direct_labels_need_labels(ax):
    ax.plot([0, 1], [0, 1])
    with pytest.raises(ValueError, match="label"):
        direct_labels(ax)


def test_panel_letters_go_along_the_rows():
    axes = new_figure(rows=2, cols=2)[1]
    panel_letters(axes)
    assert [[ax.get_title(loc="left") for ax in row] for row in axes] == [["a", "b"], ["c", "d"]]


def test_threshold_is_where_theory_puts_it(ax):
    ax.plot([0, 1], [0, 1])
    assert threshold(ax, 0.25, "critical").get_xdata() == [0.25, 0.25]
    assert threshold(ax, 0.75, "floor", axis="y").get_ydata() == [0.75, 0.75]
    assert [text.get_text() for text in ax.texts] == ["critical", "floor"]
    with pytest.raises(ValueError, match="axis"):
        threshold(ax, 1.0, axis="z")


def test_small_print_says_each_thing_once(ax):
    for saying in ("bars: 95 %", "band: range", "bars: 95 %"):
        small_print(ax, saying)
    assert [text.get_text() for text in ax.texts] == ["bars: 95 %\nband: range"]
