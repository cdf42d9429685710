"""Which letters of a text are variables, and which are words."""

import re

NAMES = frozenset(
    "log exp ln min max sup inf tanh cos sin cosh sinh cot softmax argmax argmin logit sgn tr det rank diag erf Im "
    "Cov Var clip Clip prox Pr Beta Bin".split()
)  # fmt: skip
_NOUNS = frozenset(("KL", "TV", "ESS", "MVaR", "RVaR", "CVaR"))  # names that need nothing after them
WORDS = frozenset("a A I an as at be by do if in is it no of on or so to up us we".split())
RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀᵗⁿ", "0123456789+−Ttn", strict=True))
LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
GREEK = r"α-ωΑ-ΩϕϵϑΑ-Ω"
_ALPHA = rf"(?![{''.join(RAISED)}{''.join(LOWERED)}½⅓¼¾⅔])[^\W\d_]"  # Python counts ² among the letters
LETTER = re.compile(rf"{_ALPHA}[\u0300-\u036f]*")
_CHUNK = re.compile(rf"(?:{_ALPHA}[\u0300-\u036f]*)+")
_APPLIED = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(sorted(NAMES))}) $")
_FACTOR = re.compile(r"((?<![^\W\d_'])[^\W\d_aI]|[)\]]) $")


def read_letter(text: str, at: int, display: bool) -> tuple[str, int] | None:
    """A variable, or the name of a function; None for a word, which the a of a line of its own is not.

    >>> read_letter("2ct", 1, display=False), read_letter("log x", 0, display=False)
    (('<mi>c</mi>', 2), ('<mi class="name">log</mi>', 3))
    >>> read_letter("word", 0, display=False)
    """
    chunk = _CHUNK.match(text, at)
    if chunk is None:
        return None
    whole = re.compile(r"[A-Za-z]+(?![\u0300-\u036f])").match(text, at)
    if whole and whole.group() in NAMES | _NOUNS:
        return identifier(whole.group()), whole.end()
    if not _stands_alone(text, chunk.start(), chunk.end(), display):
        return None
    letter = LETTER.match(text, at)
    return letter and (identifier(letter.group()), letter.end())


def _stands_alone(text: str, start: int, end: int, display: bool) -> bool:
    """Whether letters are variables side by side, as in βc and 2ct, and not a word."""
    while start and (LETTER.match(text[start - 1]) or text[start - 1] in "\u0304\u0303"):
        start -= 1
    chunk, before, after = (
        text[start:end],
        text[max(0, start - 3) : start].rstrip()[-1:],
        text[end : end + 3].lstrip()[:1],
    )
    latin = re.sub(rf"[{GREEK}]|\w?[\u0300-\u036f]", " ", chunk).split()
    touching = (text[start - 1 : start] or " ") + (text[end : end + 1] or " ")
    if chunk == "x" and before.isdigit() and after.isdigit():
        return False  # times
    if chunk in ("a", "A", "I"):
        article = re.match(r" [a-z]{3}", text[end:])
        factor = _APPLIED.search(text, 0, start) or (chunk == "A" and _FACTOR.search(text, 0, start))
        return bool(re.search(r"[_^'/²=*√(\[{]|[)\]+‖|∇ᵀ-]", touching) or (before and before in "=+<>/·ᵀ") or
                    (after and after in "=<>·/") or (before and before in ",;" and after and after in ",;)") or
                    (before + after == ",(" and chunk == "A") or factor or (display and not article) or
                    re.match(r" [A-Z]ᵀ", text[end:]))  # fmt: skip
    if all(len(part) == 1 for part in latin):
        return True
    if latin != [chunk] and all(len(part) <= 2 for part in latin):
        return True
    if chunk in WORDS or len(chunk) > 3:
        return False
    if re.fullmatch(r"d[A-Zabctuwxyz]", chunk) or touching[0].isdigit() or re.fullmatch(r"[a-z][A-Z]", chunk):
        return True
    if chunk.isupper():
        signed = len(chunk) == 2 and ((before and before in "=+-(") or (after and after in "=+-"))
        return bool(signed or re.search(r"[_‖'ᵀ]", touching))
    return len(chunk) == 2 and before in tuple("=+-/({") and bool(after) and after in "+-=/)_^²},ᵀ"


def identifier(word: str) -> str:
    """An identifier; one of several letters stands upright.

    >>> identifier("x"), identifier("log")
    ('<mi>x</mi>', '<mi class="name">log</mi>')
    """
    return f"<mi>{word}</mi>" if LETTER.fullmatch(word) else f'<mi class="name">{word}</mi>'
