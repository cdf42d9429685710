"""A docstring in Google's style as HTML: paragraphs, formulas that stand for themselves, arguments, examples."""

import re
from collections.abc import Iterable
from html import escape
from itertools import groupby

from figures.typeset import display, typeset

_SECTION = re.compile(r"(Args|Returns|Raises|Attributes|Yields|Notes?|Example|Examples|Fields):\s*(.*)")
_ARXIV, _LINK = re.compile(r"\b\d{4}\.\d{5}\b"), r'<a href="https://arxiv.org/abs/\g<0>">\g<0></a>'


def docstring(text: str) -> str:
    r"""A docstring without its indentation, set.

    >>> docstring("Half of x\n\n>>> half(1.0)\n0.5")
    '<p>Half of <math><mi>x</mi></math></p><pre tabindex="0">&gt;&gt;&gt; half(1.0)\n0.5</pre>'
    """
    blocks = [block.split("\n") for block in re.split(r"\n\s*\n", text.strip("\n")) if block.strip()]
    return "".join(_block(lines) for lines in blocks)


def _block(lines: list[str]) -> str:
    if lines[0].lstrip().startswith(">>>"):
        return f'<pre tabindex="0">{escape(chr(10).join(line.strip() for line in lines))}</pre>'
    section = _SECTION.fullmatch(lines[0].strip())
    if section and section[1] != "Returns":
        return f"<h4>{section[1]}</h4>" + _terms(lines[1:])
    if section:
        return f"<h4>Returns</h4><p>{typeset(' '.join([section[2], *map(str.strip, lines[1:])]).strip())}</p>"
    return "".join(_run(kind, list(part)) for kind, part in groupby(lines, _kind))


def _kind(line: str) -> str:
    return "formula" if line.startswith("    ") else "item" if line.startswith(("- ", "* ", "  ")) else "text"


def _run(kind: str, lines: list[str]) -> str:
    """Lines of a kind that stand together."""
    if kind == "formula":
        rows = "".join(f"<tr>{display(line)}</tr>" for line in lines)
        return f'<div class="scroll" tabindex="0"><table class="display">{rows}</table></div>'
    if kind == "item":
        items = re.split(r"(?:^|\n)[-*] ", "\n".join(lines))
        return (
            "<ul>" + "".join(f"<li>{typeset(' '.join(item.split()))}</li>" for item in items if item.strip()) + "</ul>"
        )
    return f"<p>{_ARXIV.sub(_LINK, typeset(' '.join(lines)))}</p>"


def _terms(lines: Iterable[str]) -> str:
    """Arguments and what they are; a line that is further in goes on with the one before."""
    terms: list[list[str]] = []
    for line in lines:
        name = re.fullmatch(r"    (\*{0,2}\w+):\s*(.*)", line)
        if name or not terms:
            terms.append([name[1], name[2]] if name else ["", line.strip()])
        else:
            terms[-1][1] += " " + line.strip()
    return "<dl>" + "".join(f"<div><dt>{escape(a)}</dt><dd>{typeset(b)}</dd></div>" for a, b in terms) + "</dl>"
