import math
import re

import pytest

from figures.markup import badge, margin, number, verdict_bar, verdict_counts


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.5, "0.5"),
        (-2, "−2"),
        (1 / 3, "0.333333"),
        (1e-12, "10<sup>−12</sup>"),
        (-1.5e20, "−1.5 × 10<sup>20</sup>"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "not a number"),
        ("a < b", "a &lt; b"),
        (True, "True"),
    ],
)
def test_numbers_are_written_as_people_do(value, written):
    assert number(value) == written


def test_nothing_is_a_dash():
    assert "–" in number(None)


def test_interval_goes_before_tolerance():
    shown = margin({"interval": (0.1, 0.2), "tolerance": 1.0})
    assert re.sub("<[^>]*>", "", shown) == "[0.1, 0.2]"
    assert margin({"interval": None, "tolerance": 1e-9}) == "± 10<sup>−9</sup>"
    assert margin({"interval": None, "tolerance": None}) == ""


def test_verdicts_are_counted_gravest_first():
    claims = [{"verdict": verdict} for verdict in ("holds", "reported", "fails", "holds")]
    assert verdict_counts(claims) == [("fails", 1), ("holds", 2), ("reported", 1)]
    assert 'aria-label="1 fails, 2 holds, 1 reported"' in verdict_bar(claims)


def test_badge_is_a_word_and_not_only_a_colour():
    assert "refuted</span>" in badge("refuted")
