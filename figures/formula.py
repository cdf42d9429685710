"""Formulas as they stand in docstrings, `p_0 (1 - e^{-H})`, read and set as MathML.

A formula in running text is found by reading it: from a place where one may begin, as far as it can be read. What
can't be read, a word or a bracket with words in it, ends it and stays text; so nothing is lost, at worst it is plain.
"""

import re
from functools import lru_cache
from html import escape
from itertools import accumulate
from typing import NamedTuple

from figures.letters import GREEK, LETTER, LOWERED, NAMES, RAISED, WORDS, identifier, read_letter

_OPERATOR = re.compile(r"<=|>=|<<|>>|->|[=<>+\-−±·×⊗/~→↦∝≠≤≥∈]")
_SEPARATOR = re.compile(_OPERATOR.pattern + "|[,;]")
_PLAIN = re.compile(r"[A-Za-z][a-z]{2,}(?![_^\w])")  # a word, unless it is a function's name
_RELATIONS = frozenset(("<=", ">=", "<<", ">>", "->", *"=<>~→↦∝≠≤≥∈"))
_FENCES = {"<": "⟨", ">": "⟩"}
_PRODUCT = re.compile(r"<[^<>= ][^<>=]*,[^<>=]*>")  # an inner product
_SHOWN = {"<=": "≤", ">=": "≥", "<<": "≪", ">>": "≫", "->": "→", "-": "−", "'": "′", "Σ": "∑", "Π": "∏"}
_CLOSING = {"(": ")]", "[": "])", "{": "}", "<": ">"}
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[-+]?\d+)?|[½⅓¼¾⅔]")
_INDEX = re.compile(rf"[A-Za-z0-9{GREEK}∞*]+'?(?![_A-Za-z0-9])")
_NUMBERED = re.compile(r"[A-Za-z] \d(?!\d*[_^ᵀ])")  # chapter T 3
_LONG = 24  # characters after which a sum may break
_THIN = '<mspace width="0.17em"/>'


class Read(NamedTuple):
    """What was read: MathML, and where the rest of the text begins."""

    shown: str
    end: int


def read_formula(text: str, start: int, *, display: bool = False) -> tuple[list[str], int] | None:
    """The formula that begins at `start`, in pieces between which a line may break; None where there is none.

    >>> read_formula("x_i <= 1, so", 0)
    (['<msub><mi>x</mi><mi>i</mi></msub>', '<mo form="infix">≤</mo><mn>1</mn>'], 8)
    >>> read_formula("a word", 0)
    """
    if text[start : start + 1].isspace() or re.search(r"[\w'.^]", text[start - 1 : start] if start else ""):
        return None
    if (word := _PLAIN.match(text, start)) and word.group() not in NAMES:
        return None
    found = _sequence(text, start, "", display)
    if found is None or (text[start] in "|‖" and text[start : found[1]].count(text[start]) % 2):
        return None
    last = text[found[1] - 1]
    if last in "|‖" and text[start : found[1]].count(last) % 2:  # it opens what is no formula, or closes such
        return read_formula(text[: found[1] - 1].rstrip(), start, display=display)
    if not _is_formula(text, start, found[1]):
        return None
    return found


def read_script(text: str, start: int) -> Read | None:
    """A power or an index that stands after what is no formula: the ^2 of (a word)^2.

    >>> read_script("(a word)^2", 8).end, read_script("a word^2", 6)
    (10, None)
    """
    if text[start : start + 1] not in ("^", "_") or not re.search(r"[)\]}|]", text[start - 1 : start] if start else ""):
        return None
    return _scripts(text, Read("<mrow/>", start), False) if _script(text, start + 1, False, True) else None


def _is_formula(text: str, start: int, end: int) -> bool:
    """Whether it is one, and not a number, an article or the label of a panel."""
    said, after = text[start:end], text[end : end + 2]
    if re.fullmatch(r"\([a-h]\)", said):
        return False
    if LETTER.fullmatch(said):
        label = (said in "abcdefgh" and after[:1] == ":") or (after[:1] == ")" and text[start - 1 : start] == "(")
        return said not in WORDS and not label and not re.match(r"\.\w|'\w| \d|-[A-Z]{2}", text[end:])
    signs = re.search(rf"[_^√ΣΠ∫∂∇∞²³ᵀ†‖{GREEK}\u0300-\u036f']|\w\*", said)
    variable = re.search(r"(?<![^\W\d_])d?[^\W\d_](?![^\W\d_])", said)
    return bool(signs or (variable and re.search(r"[=<>+/~·±(\[|−-]|\w \w", said)))


def _sequence(text: str, start: int, closing: str, display: bool) -> tuple[list[str], int] | None:
    """Operands with operators between them, up to where nothing more can be read; a bracket's inside has commas."""
    pieces, terms, at, broken, chain = [], [], start, start, 0  # chain: where operands without a space began
    operand, opened = False, None  # whether one was read last; where a norm began, which is one operand
    while text[(place := _skip(text, at)) : place + 1] not in tuple(closing):
        sign = _sign(text, place, operand and bool(closing))
        if not sign:
            found = _operand(text, place, display)
            if found is None or (operand and place > at and not display and _NUMBERED.match(text, at - 1)):
                break
            if text[place] == "[" and place > at and not closing and not display:  # a factor of its own line
                pieces, terms, broken = [*pieces, "".join(terms)], [], place
            terms += [_THIN] * (operand and place > at)
            chain = chain if operand and place == at else len(terms)
            if text[place] in "|‖":
                chain, opened = (chain, chain) if opened is None else (opened, None)
            terms, at, operand = [*terms, found.shown], found.end, True
        elif not _goes_on(text, place + len(sign), sign, display) or not (
            operand or _may_lead(text, place, sign, terms)
        ):
            break
        elif sign == "/" and display and operand and place == at and text[at + 1] != " ":
            below, at = _chain(text, at + 1, display)
            above = _bare("".join(terms[chain:]))
            terms[chain:] = [f"<mfrac><mrow>{above}</mrow><mrow>{_bare(below)}</mrow></mfrac>"]
        else:
            long = sign in "+-−" and place - broken > _LONG
            if operand and not closing and not display and (long or sign in _RELATIONS):
                pieces, terms, broken = [*pieces, "".join(terms)], [], place
            form = "" if operand and terms else ' form="infix"' if operand else ' form="prefix"'
            terms.append(f"<mo{form}>{escape(_SHOWN.get(sign, sign))}</mo>")
            at, operand = place + len(sign), False
    return ([*pieces, "".join(terms)], at) if operand else None


def _sign(text: str, at: int, inside: bool) -> str:
    """The operator that stands there; inside brackets a comma is one."""
    if _PRODUCT.match(text, at):
        return ""
    found = (_SEPARATOR if inside else _OPERATOR).match(text, at)
    return found.group() if found else ""


def _goes_on(text: str, at: int, sign: str, display: bool) -> bool:
    """Whether an operand follows an operator, with a minus of its own where that can be."""
    at = _skip(text, at)
    signed = text[at : at + 1] in ("-", "−") and sign not in "-−+"
    return _operand(text, _skip(text, at + signed), display) is not None


def _may_lead(text: str, at: int, sign: str, terms: list[str]) -> bool:
    """Whether an operator may stand without an operand before it: a minus, or, first of all, a relation; no dash."""
    tight = text[at + len(sign) : at + len(sign) + 1] != " "
    return sign in "-−±+" if terms else tight and (sign in "-−±" or sign in _RELATIONS)


def _chain(text: str, at: int, display: bool) -> Read:
    """Operands that stand together without a space."""
    shown = ""
    while found := _operand(text, at, display):
        shown, at = shown + found.shown, found.end
    return Read(shown, at)


@lru_cache(4096)
def _operand(text: str, at: int, display: bool) -> Read | None:
    """A number, a letter, a name with what it is applied to, a bracket or a root, with its indices and powers."""
    base = _base(text, at, display)
    if base is None:
        return None
    found = _scripts(text, base, display, over=display and text[at] in "ΣΠ")
    if text[found.end : found.end + 1] in ("(", "[") and re.match(r"[^\W\d]", text[at]):
        inside = _group(text, found.end, display)
        return _scripts(text, Read(found.shown + inside.shown, inside.end), display) if inside else found
    name = re.compile(r"[A-Za-z]+").match(text, at)
    if name and name.group() in NAMES and found.end == base.end:  # it needs something to be applied to
        argument = _operand(text, _skip(text, found.end), display)
        return argument and Read(f"{found.shown}{_THIN}{argument.shown}", argument.end)
    return found


def _base(text: str, at: int, display: bool) -> Read | None:
    sign = text[at : at + 1]
    if sign in _CLOSING and (sign != "<" or _PRODUCT.match(text, at)):
        return _group(text, at, display)
    if text.startswith("...", at):
        return Read("<mo>...</mo>", at + 3)
    if sign == "√":
        inside = _operand(text, at + 1, display)
        return inside and Read(f"<msqrt>{_bare(inside.shown)}</msqrt>", inside.end)
    if sign and sign in "|‖":
        return Read(f'<mo stretchy="false" lspace="0.06em" rspace="0.06em">{sign}</mo>', at + 1)
    if sign and sign in "ΣΠ∫":
        return Read(f"<mo>{_SHOWN.get(sign, sign)}</mo>", at + 1)
    if sign and sign in "∞∂∇":
        return Read(f'<mi mathvariant="normal">{sign}</mi>', at + 1)
    if number := _NUMBER.match(text, at):
        return Read(_written(number.group()), number.end())
    letter = read_letter(text, at, display)
    return letter and Read(*letter)


def _written(number: str) -> str:
    mantissa, _, power = number.partition("e")
    if not power:
        return f"<mn>{number}</mn>"
    sign = "<mo>−</mo>" if power[0] == "-" else ""
    ten = f"<msup><mn>10</mn><mrow>{sign}<mn>{power.lstrip('+-0')}</mn></mrow></msup>"
    return ten if mantissa == "1" else f"<mn>{mantissa}</mn><mo>×</mo>{ten}"


def _scripts(text: str, base: Read, display: bool, *, over: bool = False) -> Read:
    """A base with the index, powers, primes and stars that follow it."""
    lower, upper, at = "", "", base.end
    while at < len(text):
        sign = text[at]
        after = text[at + 1 : at + 2]
        if sign == "'" and (not after.isalpha() or (after.isupper() and (lower or upper))):
            upper, at = upper + "<mo>′</mo>", at + 1
        elif sign == "†":
            upper, at = upper + "<mo>†</mo>", at + 1
        elif sign == "*" and not re.match(r"[A-Za-z0-9]", text[at + 1 : at + 2]) and base.shown[:4] == "<mi>":
            upper, at = upper + "<mo>*</mo>", at + 1
        elif sign in RAISED or sign in LOWERED:
            table = RAISED if sign in RAISED else LOWERED
            end = next((k for k in range(at, len(text)) if text[k] not in table), len(text))
            word = "".join(table[each] for each in text[at:end])
            mark = identifier(word) if word.isalpha() else f"<mn>{word}</mn>"
            lower, upper, at = (lower, upper + mark, end) if table is RAISED else (lower + mark, upper, end)
        elif sign in "_^" and (script := _script(text, at + 1, display, sign == "^")):
            lower, upper = (lower, upper + script.shown) if sign == "^" else (lower + script.shown, upper)
            at = script.end
        else:
            break
    low, high = (_row(part) for part in (lower, upper))
    under, beyond, both = ("munder", "mover", "munderover") if over else ("msub", "msup", "msubsup")
    name = both if low and high else under if low else beyond
    return Read(f"<{name}>{_row(base.shown)}{low}{high}</{name}>", at) if low or high else base


def _script(text: str, at: int, display: bool, raised: bool) -> Read | None:
    if text[at : at + 1] in ("{", "(") and (text[at] == "{" or raised):
        inside = _group(text, at, False)
        if inside:
            return Read(_bare(inside.shown), inside.end)
        end = text.find("}", at)
        plain = text[at] == "{" and re.fullmatch(r"[\w ,:]+", text[at + 1 : end])
        return Read(f"<mtext>{escape(text[at + 1 : end])}</mtext>", end + 1) if plain else None
    sign = re.compile(r"[-−+]?").match(text, at).group() if raised else ""
    word = _INDEX.match(text, at + len(sign))
    if word is None:
        return None
    parts = re.findall(rf"\d+|[A-Za-z]+|[{GREEK}]|[∞*']", word.group())
    shown = "".join(_mark(part) for part in parts)
    return Read((f"<mo>{_SHOWN.get(sign, sign)}</mo>" if sign else "") + shown, word.end())


def _mark(part: str) -> str:
    """A piece of an index: digits, a letter, letters that count (ij), or a word (sat)."""
    if part.isdigit():
        return f"<mn>{part}</mn>"
    if part in "∞*'":
        return f"<mo>{_SHOWN.get(part, part)}</mo>"
    letters = list(part) if re.fullmatch(r"[ijklmnpqtxy]{1,2}|[A-Z]{2}", part) else [part]
    return "".join(map(identifier, letters))


def _group(text: str, at: int, display: bool) -> Read | None:
    """A bracket with all that is in it; None where words are."""
    opening = text[at]
    inside = _sequence(text, at + 1, _CLOSING[opening], display)
    if inside is None:
        return None
    shown, end = "".join(inside[0]), _skip(text, inside[1])
    if text[end : end + 1] not in tuple(_CLOSING[opening]):
        return None
    first, last = (_FENCES.get(sign, sign) for sign in (opening, text[end]))
    return Read(f"<mrow><mo>{first}</mo>{shown}<mo>{last}</mo></mrow>", end + 1)


def _bare(shown: str) -> str:
    """Without the brackets that a bar, a root or a raised place makes needless."""
    inside = re.fullmatch(r"<mrow><mo>[({\[]</mo>(.*)<mo>[)}\]]</mo></mrow>", shown)
    if inside is None:
        return shown
    depths = accumulate(1 if tag == "<mrow>" else -1 for tag in re.findall(r"</?mrow>", inside[1]))
    return inside[1] if min(depths, default=0) >= 0 else shown  # (a) + (b) begins and ends with brackets, too


def _row(shown: str) -> str:
    """As one element, which an index or a power needs."""
    if not shown:
        return ""
    once = re.fullmatch(r"<(m\w+)[^>]*>[^<]*</\1>", shown)
    return shown if once else f"<mrow>{shown}</mrow>"


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] == " ":
        at += 1
    return at
