import xml.etree.ElementTree as ElementTree

import pytest

from figures.docstring import docstring

TEXT = """s_b, the slope; `code` stays.

It has the form

    f = x/2 + 1,    x > 0
    g = y
- the first, which
  goes on
- the second

Args:
    fan_in: b, odd, and
        more of it.
    bias: μ.

Returns:
    Half of μ.

>>> half(1.0)
0.5"""


@pytest.fixture
def tree():
    return ElementTree.fromstring(f"<div>{docstring(TEXT).replace('<wbr>', '')}</div>")


def words(element):
    return "".join(element.itertext())


def test_formulas_that_stand_alone_are_rows_of_cells(tree):
    rows = tree.findall(".//table/tr")
    assert [len(row) for row in rows] == [2, 1]
    assert [words(cell) for cell in rows[0]] == ["f=x2+1,", "x>0"]
    assert rows[0][0].find(".//mfrac") is not None


def test_lists_arguments_and_examples_are_told_apart(tree):
    assert [words(item) for item in tree.findall(".//ul/li")] == ["the first, which goes on", "the second"]
    assert [words(name) for name in tree.findall(".//dl/div/dt")] == ["fan_in", "bias"]
    assert [words(said) for said in tree.findall(".//dl/div/dd")] == ["b, odd, and more of it.", "μ."]
    assert [words(head) for head in tree.findall("h4")] == ["Args", "Returns"]
    assert words(tree.find("pre")) == ">>> half(1.0)\n0.5"


def test_nothing_foreign_gets_in():
    assert "<b>" not in docstring("<b>\n\n    <b> = x\n\n>>> <b>\n\nArgs:\n    x: <b>")
    assert docstring("") == ""
