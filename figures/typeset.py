"""Text with formulas and code in it, as it stands in docstrings, set as HTML."""

import re
from functools import lru_cache
from html import escape

from figures.formula import read_formula, read_script

_CODE = re.compile(r"(`+)(.+?)\1")
_TOKEN = re.compile(r"[\w.\u0300-\u036f]+|\s+|.", re.DOTALL)
_WIDE = 28  # signs
_WORD = r"[A-Za-z0-9α-ωΑ-Ω∞*]+(?![_A-Za-z0-9])"
# an index belongs to one letter or to the name of an operator: the_name_of_a_function has none
_INDEXED = re.compile(rf"(?<![A-Za-z0-9_.])(?P<base>[A-Za-zα-ωΑ-Ω]|[A-Z][a-z]+)_(?P<index>\{{[^{{}}]*\}}|{_WORD})")


@lru_cache(2048)  # a claim stands on several pages
def typeset(text: str) -> str:
    """Text as HTML, its formulas as MathML and what stands between backticks as code; the rest is escaped.

    >>> typeset("`a_b` of E[p_i] < 1, c01_slope_of_b")  # doctest: +ELLIPSIS
    '<code>a_b</code> of <math><mi>E</mi>...</math><wbr><span class="nb"><math>...</math>,</span> c01_slope_of_b'
    """
    parts, at = [], 0
    for code in _CODE.finditer(text):
        parts += [_prose(text[at : code.start()]), f"<code>{escape(code[2])}</code>"]
        at = code.end()
    return "".join([*parts, _prose(text[at:])])


def display(line: str) -> str:
    """A line that stands for itself: each of its formulas, with room between them.

    >>> display("f = x/2,    x > 0").count("<math")
    2
    """
    return "".join(f"<td>{_shown(part)}</td>" for part in re.split(r"\s{2,}", line.strip()))


def _shown(part: str) -> str:
    found = read_formula(part, 0, display=True)
    if found is None or part[found[1] :].strip(" .,:;"):
        return typeset(part)
    return f'<math displaystyle="true">{"".join(found[0])}</math>{escape(part[found[1] :])}'


def _prose(text: str) -> str:
    """Text without code in it."""
    parts, plain, at = [], 0, 0
    while at < len(text):
        script = read_script(text, at)
        found = ([script.shown], script.end) if script else read_formula(text, at)
        if found is None:
            at = _TOKEN.match(text, at).end()
            continue
        pieces, end = found
        # what closes a formula stays on its line
        mark = re.compile(r"[,.;:!?)]*").match(text, end)
        parts.append(_plain(text[plain:at]))
        *first, last = map(_math, pieces)
        parts.append("".join(f"{piece}<wbr>" for piece in first))
        parts.append(f'<span class="nb">{last}{mark.group()}</span>' if mark.group() else last)
        plain = at = mark.end()
    return "".join([*parts, _plain(text[plain:])])


def _math(piece: str) -> str:
    """A piece of a formula; one that is wider than a telephone scrolls there."""
    wide = len(re.sub("<[^>]*>", "", piece)) > _WIDE
    return f'<span class="wide"><math>{piece}</math></span>' if wide else f"<math>{piece}</math>"


def _plain(text: str) -> str:
    """Words, a name with an index among them: Clip_V."""
    text = text.replace("<=", "≤").replace(">=", "≥")
    parts, at = [], 0
    for found in _INDEXED.finditer(text):
        index = found["index"].removeprefix("{").removesuffix("}")
        parts.append(f"{escape(text[at : found.start()] + found['base'])}<sub>{escape(index)}</sub>")
        at = found.end()
    return "".join([*parts, escape(text[at:])])
