import html
import re

import pytest

from core.run.catalogue import ROOT, papers, read_card
from figures.typeset import typeset


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("s_b = 2^(b-1)", "s<sub>b</sub> = 2<sup>b-1</sup>"),
        ("D_{A_t}^{-1}", "D<sub>A<sub>t</sub></sub><sup>-1</sup>"),
        ("(1-u²)^((b-1)/2)", "(1-u²)<sup>(b-1)/2</sup>"),
        ("μ_0², x*^β and |x|^p", "μ<sub>0</sub>², x*<sup>β</sup> and |x|<sup>p</sup>"),
        ("c01_slope_of_b, a_name_of, core.x_i", "c01_slope_of_b, a_name_of, core.x_i"),
        ("1e-12 <= a < b & c", "1e-12 ≤ a &lt; b &amp; c"),
        ("__init__.py ^ _ x_ ^2", "__init__.py ^ _ x_ ^2"),
    ],
)
def test_formulas_are_set_and_names_left_alone(text, shown):
    assert typeset(text) == shown


def test_nothing_is_lost_in_any_caption():
    """Without its tags a set text is the text, but for the signs that the tags stand for."""

    def bare(text):
        return re.sub(r"[_^{}()]", "", text.replace("<=", "≤").replace(">=", "≥"))

    for path in (ROOT / "experiments").glob("*/*.py"):
        caption = read_card(path).caption
        assert bare(html.unescape(re.sub(r"</?su[bp]>", "", typeset(caption)))) == bare(caption), path
    assert papers()


def test_no_tag_comes_from_the_text():
    assert "<b>" not in typeset("x_{<b>} and <b> and y^{<b>}")
