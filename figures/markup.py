"""Claims as pieces of a page: verdicts, numbers, tables. All that is foreign is escaped."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from figures.frame import Site, equation_address, root_of, source_link
from figures.typeset import typeset

VERDICTS = {
    "fails": ("!", "a check of ours does not pass: a fault, here or in the paper"),
    "refuted": ("✕", "a counterexample is on record"),
    "holds-if": ("◐", "holds with an assumption that the paper left out, and not without it"),
    "holds": ("✓", "the check passes as the paper states it"),
    "reported": ("–", "a measured number, with no verdict"),
}
"""Sign and meaning, from the verdict that needs a reader most to the one that asserts nothing."""

Claim = Mapping[str, Any]

_NO_NUMBERS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def badge(verdict: str) -> str:
    """Verdict as sign and word, so that it does not hang on colour.

    >>> badge("holds")
    '<span class="badge holds"><span aria-hidden="true">✓</span> holds</span>'
    """
    return f'<span class="badge {verdict}"><span aria-hidden="true">{VERDICTS[verdict][0]}</span> {verdict}</span>'


def verdict_counts(claims: Iterable[Claim]) -> list[tuple[str, int]]:
    """(verdict, count) in the order of `VERDICTS`, without zeros.

    >>> verdict_counts([{"verdict": verdict} for verdict in ("holds", "fails", "holds")])
    [('fails', 1), ('holds', 2)]
    """
    counts = Counter(claim["verdict"] for claim in claims)
    return [(verdict, counts[verdict]) for verdict in VERDICTS if counts[verdict]]


def verdict_bar(claims: Sequence[Claim]) -> str:
    """One line, divided in the proportion of the verdicts; in words for who can't see it.

    >>> 'aria-label="1 fails, 1 holds"' in verdict_bar([{"verdict": "holds"}, {"verdict": "fails"}])
    True
    """
    counts = verdict_counts(claims)
    words = ", ".join(f"{count} {verdict}" for verdict, count in counts) or "no claims"
    parts = "".join(f'<span class="{verdict}" style="flex-grow:{count}"></span>' for verdict, count in counts)
    return f'<div class="bar" role="img" aria-label="{words}" title="{words}">{parts}</div>'


def number(value: Any) -> str:
    """A number to six figures, as a person writes it; anything else as text; nothing as a dash.

    >>> number(-0.5), number(2.5e-12), number(math.inf), number("a < b")
    ('−0.5', '2.5 × 10<sup>−12</sup>', '∞', 'a &lt; b')
    """
    if value is None:
        return '<span class="nothing">–</span>'
    if isinstance(value, str):
        value = _NO_NUMBERS.get(value, value)  # what JSON can't say comes as a string
    if isinstance(value, bool) or not isinstance(value, int | float):
        return escape(str(value))
    if not math.isfinite(value):
        return {math.inf: "∞", -math.inf: "−∞"}.get(value, "not a number")
    mantissa, _, exponent = f"{value:.6g}".partition("e")
    mantissa = mantissa.replace("-", "−")
    if not exponent:
        return mantissa
    power = f"10<sup>{int(exponent)}</sup>".replace("-", "−")
    return power if mantissa == "1" else f"{mantissa} × {power}"


def margin(claim: Claim) -> str:
    """What the measurement may deviate by: an interval where there is one, else the tolerance.

    >>> margin({"interval": None, "tolerance": 0.1})
    '± 0.1'
    """
    if claim["interval"] is not None:
        low, high = claim["interval"]
        return f'<span class="nb">[{number(low)},</span> <span class="nb">{number(high)}]</span>'
    return "" if claim["tolerance"] is None else f"± {number(claim['tolerance'])}"


def claims_table(claims: Sequence[Claim], here: str, site: Site, titles: Mapping[str, str] | None = None) -> str:
    """Claims with what was predicted, what was measured, and the verdict.

    Args:
        claims: rows of the ledger.
        here: address of the page that the table is on.
        site: see `Site`.
        titles: of the papers by name, for a column that links to them; None, on the paper's own page, leaves it out.

    >>> claim = {"paper": "trees", "claim": "slope", "statement": "The slope is 3/2.", "kind": "law"}
    >>> claim |= {"verdict": "holds", "predicted": 1.5, "measured": 1.5, "tolerance": 0.1, "interval": None, "note": ""}
    >>> claims_table([claim, claim], "ledger.html", Site(()), {"trees": "Trees"}).count("<tr data-verdict")
    2
    """
    columns = [
        "Verdict", *([] if titles is None else ["Paper"]), "Claim", "Kind", "Predicted", "Measured",
        "Interval or tolerance", "Seconds",
    ]  # fmt: skip
    numeric = {"Predicted", "Measured", "Interval or tolerance", "Seconds"}
    head = "".join(f'<th scope="col"{" class=n" if name in numeric else ""}>{name}</th>' for name in columns)
    rows = "".join(_claim_row(claim, here, site, titles) for claim in claims)
    label = "Claims; scrolls sideways on a narrow screen"
    return f"""<div class="scroll" tabindex="0" role="region" aria-label="{label}">
<table class="claims"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"""


def _claim_row(claim: Claim, here: str, site: Site, titles: Mapping[str, str] | None) -> str:
    verdict, kind, name = claim["verdict"], escape(claim["kind"]), escape(claim["paper"])
    paper, anchor = "", f' id="{claim_anchor(claim)}"'
    if titles is not None:
        paper = f'<td class="of"><a href="{root_of(here)}papers/{name}.html">{escape(titles[claim["paper"]])}</a></td>'
        anchor = ""
    note = f'<p class="note">{typeset(claim["note"])}</p>' if claim["note"] else ""
    attack, (term, words) = _attacked(claim), given(claim)
    note = (f'<p class="attack">{attack}</p>' if attack else "") + note
    note = (f'<p class="given"><b>{term}</b>: {typeset(words)}</p>' if words else "") + note
    seconds = claim.get("seconds")
    return f"""<tr data-verdict="{verdict}" data-kind="{kind}" data-paper="{name}"{anchor}>
<td data-value="{list(VERDICTS).index(verdict)}">{badge(verdict)}</td>{paper}
<td class="statement"><p>{typeset(claim["statement"])}</p>{note}{where(claim, here, site)}</td>
<td data-label="Kind">{kind}</td>{_value("Predicted", claim["predicted"])}{_value("Measured", claim["measured"])}
<td class="n" data-label="Margin" data-value="{sort_key(_width(claim))}">{margin(claim)}</td>
<td class="n" data-label="Seconds" data-value="{sort_key(seconds)}">{
        number(None if seconds is None else round(seconds, 2))
    }</td></tr>
"""


def _value(label: str, value: Any) -> str:
    """A cell with a number; or with words, which may break. A narrow screen shows the label, a wide one the head."""
    shown = number(value)
    words = isinstance(value, str) and len(shown) > 14
    if words:
        shown = shown.replace(", ", ",<br>").replace("=", " = ")
        return f'<td class="words" data-label="{label}" data-value="">{shown}</td>'
    return f'<td class="n" data-label="{label}" data-value="{sort_key(value)}">{shown}</td>'


def claim_anchor(claim: Claim) -> str:
    """Id of a claim on its paper's page.

    >>> claim_anchor({"claim": "slope"})
    'claim-slope'
    """
    return f"claim-{escape(claim['claim'])}"


def where(claim: Claim, here: str, site: Site) -> str:
    """A claim's name, linked to its row on the paper's page, and the line of code that checks it.

    >>> where({"paper": "trees", "claim": "slope"}, "ledger.html", Site(()))
    '<p class="id"><a href="papers/trees.html#claim-slope">slope</a> </p>'
    """
    address = f"{root_of(here)}papers/{escape(claim['paper'])}.html#{claim_anchor(claim)}"
    link = f'<a href="{address}">{escape(claim["claim"])}</a>'
    used = (f'<a href="{root_of(here)}{equation_address(*key)}">{escape(key[1])}</a>' for key in claim.get("uses", ()))
    names = ", ".join(used)
    equations = f'<span class="uses">Equations: {names}</span>' if names else ""
    return f'<p class="id">{link} {source_link(claim.get("source"), here, site)}{equations}</p>'


def given(claim: Claim) -> tuple[str, str]:
    """What a verdict rests on: the assumption that the paper left out, or the counterexample; with its name.

    >>> given({"verdict": "refuted", "given": "b = 1"}), given({"verdict": "holds-if", "given": "b is odd"})
    (('Counterexample', 'b = 1'), ('Assumption', 'b is odd'))
    """
    return "Counterexample" if claim["verdict"] == "refuted" else "Assumption", claim.get("given") or ""


def _attacked(claim: Claim) -> str:
    """The smallest slack of an inequality, at the points and under attack; '' where it has none."""
    if claim.get("slack") is None:
        return ""
    said = f"Smallest slack <b>{number(claim['slack'])}</b>"
    attack = claim.get("attack")
    if attack is None:
        return f"{said}; not attacked"
    work = f"{attack['starts']:.0f} starts ({attack['evaluations']:.0f} evaluations)"
    return f"{said}; an attack from {work} reached <b>{number(attack['slack'])}</b>"


def sort_key(value: Any) -> str:
    """What a column sorts by: numbers as numbers, the rest by what is written.

    >>> sort_key(3), sort_key("three")
    ('3.0', '')
    """
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return repr(float(value)) if number else ""


def _width(claim: Claim) -> float | None:
    if claim["interval"] is None:
        return claim["tolerance"]
    low, high = claim["interval"]
    return high - low if None not in (low, high) else None
