"""Pieces of the report's pages: verdicts, numbers, tables, pictures, provenance. All that is foreign is escaped."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
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
Files = Mapping[str, tuple[str, int]]  # name -> (address from the report's root, bytes)

_NO_NUMBERS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_LARGEST_SVG = 1_500_000  # bytes; beyond it a browser is quicker with the PNG
_FILE_NAMES = {
    "figure.pdf": "PDF",
    "figure.svg": "SVG",
    "figure.png": "PNG",
    "arrays.npz": "Arrays",
    "run.json": "Record",
}


def badge(verdict: str) -> str:
    """Verdict as sign and word, so that it does not hang on colour."""
    return f'<span class="badge {verdict}"><span aria-hidden="true">{VERDICTS[verdict][0]}</span> {verdict}</span>'


def verdict_counts(claims: Iterable[Claim]) -> list[tuple[str, int]]:
    """(verdict, count) in the order of `VERDICTS`, without zeros."""
    counts = Counter(claim["verdict"] for claim in claims)
    return [(verdict, counts[verdict]) for verdict in VERDICTS if counts[verdict]]


def verdict_bar(claims: Sequence[Claim]) -> str:
    """One line, divided in the proportion of the verdicts; in words for who can't see it."""
    counts = verdict_counts(claims)
    words = ", ".join(f"{count} {verdict}" for verdict, count in counts) or "no claims"
    parts = "".join(f'<span class="{verdict}" style="flex-grow:{count}"></span>' for verdict, count in counts)
    return f'<div class="bar" role="img" aria-label="{words}" title="{words}">{parts}</div>'


def number(value: Any) -> str:
    """A number to six figures, as a person writes it; anything else as text; nothing as a dash."""
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
    """What the measurement may deviate by: an interval where there is one, else the tolerance."""
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
    attack, (term, words) = attacked(claim), given(claim)
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
    """Id of a claim on its paper's page."""
    return f"claim-{escape(claim['claim'])}"


def where(claim: Claim, here: str, site: Site) -> str:
    """A claim's name, linked to its row on the paper's page, and the line of code that checks it."""
    address = f"{root_of(here)}papers/{escape(claim['paper'])}.html#{claim_anchor(claim)}"
    link = f'<a href="{address}">{escape(claim["claim"])}</a>'
    used = (f'<a href="{root_of(here)}{equation_address(*key)}">{escape(key[1])}</a>' for key in claim.get("uses", ()))
    names = ", ".join(used)
    equations = f'<span class="uses">Equations: {names}</span>' if names else ""
    return f'<p class="id">{link} {source_link(claim.get("source"), here, site)}{equations}</p>'


def given(claim: Claim) -> tuple[str, str]:
    """What a verdict rests on: the assumption that the paper left out, or the counterexample; with its name."""
    return "Counterexample" if claim["verdict"] == "refuted" else "Assumption", claim.get("given") or ""


def attacked(claim: Claim) -> str:
    """The smallest slack of an inequality, at the points and under attack; '' where it has none."""
    if claim.get("slack") is None:
        return ""
    said = f"Smallest slack <b>{number(claim['slack'])}</b>"
    attack = claim.get("attack")
    if attack is None:
        return f"{said}; not attacked"
    work = f"{attack['starts']:.0f} starts ({attack['evaluations']:.0f} evaluations)"
    return f"{said}; an attack from {work} reached <b>{number(attack['slack'])}</b>"


def picture(files: Files, alt: str, width_height: tuple[int, int] | None, root: str) -> str:
    """The image in the sharper of its formats, linked to the file itself; '' where nothing was drawn."""
    drawn = [name for name in ("figure.svg", "figure.png") if name in files]
    if not drawn:
        return ""
    light = [name for name in drawn if name == "figure.png" or files[name][1] <= _LARGEST_SVG]
    address = root + files[(light or drawn)[0]][0]
    # The width in print, times 1.6: a page is read from further away on a screen than on paper.
    shape, style = "", ""
    if width_height:
        width, height = width_height
        shape = f' width="{width}" height="{height}"'
        style = f' style="max-width:{1.6 * width / 300:.3g}in"'
    return (
        f'<a class="plate" href="{address}"{style}>'
        f'<img src="{address}" alt="{escape(alt)}" loading="lazy"{shape}></a>')  # fmt: skip


def copyable(command: str) -> str:
    """A command with a button that copies it; its lines break between words, never inside an option."""
    words = " ".join(f"<span>{escape(word)}</span>" for word in command.split(" "))
    return f'<div class="command"><code>{words}</code><button type="button" class="copy" hidden>Copy</button></div>'


def downloads(files: Files, root: str) -> str:
    """Links to what there is, with sizes."""
    return "".join(
        f'<li><a href="{root}{files[name][0]}" download>{kind}</a> <span>{_size(files[name][1])}</span></li>'
        for name, kind in _FILE_NAMES.items()
        if name in files
    )


def provenance(record: Mapping[str, Any]) -> str:
    """Where a figure comes from, as a list of terms."""
    git, x64 = record.get("git") or {}, record.get("x64")
    commit = git.get("commit") and f"{git['commit'][:12]}{', with changes not committed' if git.get('dirty') else ''}"
    terms = {
        "Preset": record.get("preset"),
        "Configuration": _settings(record.get("config")),
        "Set by hand": ", ".join(map(str, record.get("overrides") or [])) or "nothing",
        "Seed": record.get("seed"),
        "Precision": None if x64 is None else "64 bit" if x64 else "32 bit",
        "Device": record.get("device"),
        "Versions": ", ".join(f"{name} {version}" for name, version in (record.get("versions") or {}).items()),
        "Commit": commit,
        "Computed in": None if record.get("seconds") is None else f"{record['seconds']:.3g} s",
        "Finished": record.get("finished") and Html(when(record["finished"])),
        "SHA-256 of arrays": record.get("arrays_sha256"),
    }
    return (
        "<dl>" + "".join(f"<div><dt>{term}</dt><dd>{_told(said)}</dd></div>" for term, said in terms.items()) + "</dl>"
    )


class Html(str):
    """Text that is HTML already."""


def when(finished: str) -> str:
    """A moment as a person writes it, with the exact one for machines; as it came where it can't be read."""
    try:
        moment = datetime.fromisoformat(finished)
    except ValueError:
        return escape(finished)
    zone = "" if moment.tzinfo is None else f" {moment.tzname()}"
    words = f"{moment.day} {moment:%B %Y, %H:%M}{zone}"
    return f'<time datetime="{escape(finished)}">{escape(words)}</time>'


def _told(said: Any) -> str:
    if said is None or said == "":
        return '<span class="nothing">not recorded</span>'
    return said if isinstance(said, Html) else escape(str(said))


def _settings(config: Mapping[str, Any] | None) -> Html | None:
    if not config:
        return None
    return Html(" ".join(f"<code>{escape(name)}={escape(str(value))}</code>" for name, value in config.items()))


def sort_key(value: Any) -> str:
    """What a column sorts by: numbers as numbers, the rest by what is written."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return repr(float(value)) if number else ""


def _width(claim: Claim) -> float | None:
    if claim["interval"] is None:
        return claim["tolerance"]
    low, high = claim["interval"]
    return high - low if None not in (low, high) else None


def _size(size: int) -> str:
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
