"""Formulas as they stand in docstrings, `p_0 (1 - e^{-H})`, set with real subscripts and superscripts."""

import re
from html import escape

_WORD = r"[A-Za-z0-9α-ωΑ-Ω∞*]+(?![_A-Za-z0-9])"
_INDEX = rf"\{{[^{{}}]*\}}|{_WORD}"
_POWER = rf"\{{[^{{}}]*\}}|\((?:[^()]|\([^()]*\))*\)|[-−+]?{_WORD}"
# an index belongs to one letter or to the name of an operator: the_name_of_a_function has none
_BASE = r"(?<![A-Za-z0-9_.])(?:[A-Za-zα-ωΑ-Ω∂∇]|log|Cov|Clip|KL|prox)['*]?"
_SCRIPT = re.compile(rf"(?P<base>{_BASE})_(?P<index>{_INDEX})|(?<=[\w)\]}}*'|])\^(?P<power>{_POWER})")


def typeset(text: str) -> str:
    """Text as HTML, its formulas set; the rest is escaped and nothing else.

    >>> typeset("E[p_{i,t}] <= e^(-H), c01_slope_of_b")
    'E[p<sub>i,t</sub>] ≤ e<sup>-H</sup>, c01_slope_of_b'
    """
    parts, at = [], 0
    for found in _SCRIPT.finditer(text):
        parts.append(_plain(text[at : found.start()]))
        at = found.end()
        if found["index"]:
            parts.append(f"{_plain(found['base'])}<sub>{typeset(_bare(found['index']))}</sub>")
        else:
            parts.append(f"<sup>{typeset(_bare(found['power']))}</sup>")
    return "".join([*parts, _plain(text[at:])])


def _plain(text: str) -> str:
    return escape(text.replace("<=", "≤").replace(">=", "≥"))


def _bare(script: str) -> str:
    return script[1:-1] if script[0] in "{(" else script
