import pytest
from matplotlib.figure import Figure

from figures.ticks import plain_numbers, ticks_at


def numbers(ax):
    low, high = ax.get_ylim()
    shown = zip(ax.get_yticks(), ax.yaxis.get_ticklabels(), strict=True)
    return [label.get_text() for tick, label in shown if low <= tick <= high]


@pytest.mark.parametrize(
    ("limits", "found"), [((0.04, 0.4), ["0.05", "0.1", "0.2", "0.3"]), ((2.0, 90.0), ["3", "10", "30"])]
)
def test_few_powers_of_ten_get_numbers_between(limits, found):
    ax = Figure().subplots()
    ax.set(yscale="log", ylim=limits)
    plain_numbers(ax.yaxis)
    assert numbers(ax) == found
    assert not any(label.get_text() for label in ax.yaxis.get_ticklabels(minor=True))


def test_many_powers_of_ten_stay_powers():
    ax = Figure().subplots()
    ax.set(yscale="log", ylim=(0.005, 5.0))
    plain_numbers(ax.yaxis)
    assert all("10^" in label for label in numbers(ax))


def test_a_tick_at_each_size_that_was_tried():
    ax = Figure().subplots()
    ax.set(yscale="log", ylim=(3.0, 70.0))
    ticks_at(ax.yaxis, (4, 8, 16, 64))
    assert numbers(ax) == ["4", "8", "16", "64"]
    assert not len(ax.yaxis.get_minorticklocs())
