"""Formulas in running text: where they begin and end, how they are read, and that nothing is lost."""

import ast
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections import Counter
from html import unescape

import pytest

from core.run.catalogue import ROOT
from figures.formula import read_formula
from figures.letters import NAMES
from figures.typeset import display, typeset


def formulas(shown):
    return re.findall(r"<math.*?</math>", shown)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A tree gains s_b = 2 in one vote of b.", ["s_b=2", "b"]),
        ("a weak signal, I think, or (a) and b: both", []),
        ("S = p (log p + H), and so on", ["S=p(logp+H)"]),
        ("95 % intervals, 2 to 5, e.g. 1/2", []),
        ("Theorem 4.2: F_kk' <= σ/β.", ["F_kk'≤σ/β"]),
        ("P(mean of n symbols >= x) = e^{-n}", ["P", "n", "x", "e^-n"]),
        ("the paper's b-gate, Moreau's s", ["b", "s"]),
        ("E <∇L, P∇M> < 0", ["E⟨∇L,P∇M⟩<0"]),
        ("√(2ct), then dH/dt and nI(x)", ["√2ct", "dH/dt", "nI(x)"]),
        ("KL(best of N ‖ policy) of E[p_{i,t} | past]", ["N", "E", "p_i,t"]),
        ("8 x 3 tokens, best-of-N", ["N"]),
        ("W_Q'X' and K's", ["WQ'X'"]),
        ("c01_slope_of_b, a_name_of, core.x_i, __init__.py", []),
        ("1e-12 off", ["10^-12"]),
        ("what L-BFGS found, L-smooth", ["L"]),
        ("for dz = η A: a step; A A\u1d40 = I", ["dz=ηA", "AA^T=I"]),
        ("with B ~ Beta(a, a), of P(Bin(b, q) > b/2)", ["B~Beta(a,a)", "P(Bin(b,q)>b/2)"]),
        ("|Im t| < π/(max a - min a), log a", ["|Imt|<π/(maxa-mina)", "loga"]),
        ("RVaR_{a:b} = max_t {a t + b}", ["RVaRa:b=maxt{at+b}"]),
        ("Y = I_K ⊗ 1_n, log(β 2^β t)/β, X† y", ["Y=I_K⊗1_n", "log(β2^βt)/β", "X^†y"]),
    ],
)  # fmt: skip
def test_a_formula_is_found_where_it_stands(text, found):
    def plain(mathml):
        text = re.sub(r"<msqrt>", "√", mathml)
        text = re.sub(r"<msub>(<(m\w+)>.*?</\2>)", r"\1_", text)
        text = re.sub(r"<msup>(<(m\w+)>.*?</\2>)(?!<mo>′)", r"\1^", text)
        return unescape(re.sub(r"<[^>]*>", "", text)).replace("−", "-").replace("′", "'")

    whole = re.sub(r"</?span[^>]*>|<wbr>", "", typeset(text)).replace("</math><math>", "")
    shown = [plain(each) for each in formulas(whole)]
    assert shown == found


def test_brackets_of_a_root_and_a_power_go_and_others_stay():
    assert typeset("√(a+b)").count("(") == 0
    assert typeset("x^{(a)(b)}").count("(") == 2
    assert typeset("x^((b-1)/2)").count("(") == 1


def test_a_displayed_fraction_has_a_bar_and_its_neighbours_do_not():
    cell = display("f = λ_m/2 ‖W‖² + 1/(1+λ/β) + C(a, b)/4,    x > 0")
    assert cell.count("<mfrac>") == 4
    assert cell.count("<td>") == 2
    first = re.search(r"<mfrac>(.*?)</mfrac>", cell)[1]
    assert "W" not in first
    assert "W" in re.search(r"<mfrac>(.*?)</mfrac>", display("f = β ‖W - Y‖²/(2n)"))[1]
    assert "Γ" in re.search(r"<mfrac><mrow>(.*?)</mfrac>", display("f = 2Γ(x)/y"))[1]
    assert display("f = (a+b)(c+d)/2").count("<mo>(</mo>") == 2  # the first bracket is not closed by the last
    assert re.search(r"<mfrac><mrow><mi>C</mi><mrow>.*?</mrow></mrow><mrow><mn>4</mn>", cell)


def test_a_line_may_break_at_a_relation_and_not_before_a_comma():
    assert typeset("α = γ/2 <= 1, so") == (
        "<math><mi>α</mi></math><wbr><math><mo form=\"infix\">=</mo><mi>γ</mi><mo>/</mo><mn>2</mn></math><wbr>"
        '<span class="nb"><math><mo form="infix">≤</mo><mn>1</mn></math>,</span> so'
    )  # fmt: skip


def every_text():
    """All that the report sets: captions, statements, docstrings of theory."""
    for path in (*(ROOT / "experiments").glob("*/*.py"), *(ROOT / "theory").glob("*/*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes = [tree, *(node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef))]
        yield from (text for node in nodes if (text := ast.get_docstring(node)))


def letters(text):
    """What a text says, whatever its signs are made of."""
    text = re.sub(r"(?<![\w.])1e([-+]?)0*(\d)", r"10\1\2", text)
    text = re.sub(r"(\d)e([-+]?)0*(\d)", r"\1×10\2\3", text)
    text = unicodedata.normalize("NFKD", text)
    for sign, plain in {"<=": "≤", ">=": "≥", "<<": "≪", ">>": "≫", "->": "→", "−": "-", "′": "'", "∑": "Σ", "∏": "Π",
                        "⟨": "<", "⟩": ">"}.items():  # fmt: skip
        text = text.replace(sign, plain)
    return Counter(re.sub(r"[\s_^{}()\[\]√`+]", "", text))


def test_nothing_is_lost_no_word_is_a_formula_and_every_page_is_whole():
    texts = list(every_text())
    assert len(texts) > 700
    several = 0
    for text in texts:
        shown = typeset(text)
        tree = ElementTree.fromstring(f"<p>{shown.replace('<wbr>', '')}</p>")
        assert letters("".join(tree.itertext())) == letters(text), text
        names = {element.text for element in tree.iterfind(".//math//mi") if element.text and len(element.text) > 2}
        strays = {name for name in names - NAMES if unicodedata.normalize("NFC", name).isascii() and name.islower()}
        scripts = {e.text for tag in ("msub", "msup", "msubsup") for s in tree.iter(tag) for e in s.iter("mi")}
        assert not strays - scripts, (strays, text)
        several += "<math>" in shown
    assert several > 400


def test_nothing_foreign_gets_in():
    for text in ("x_{<b>} and <b> and y^{<b>}", "`<b>`", "f(<b>)", "a < b > c", 'x_{"}'):
        ElementTree.fromstring(f"<p>{typeset(text).replace('<wbr>', '')}</p>")
        assert "<b>" not in typeset(text)
    assert read_formula("", 0) is None
