"""The page of speed: what a benchmark measured, as a table and as curves of growth."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from figures.frame import Site, counted, masthead, page
from figures.markup import number, sort_key

BENCHMARKS, GROWTH, SCALING = "benchmarks.html", "figures/benchmarks", "figures/scaling"
WORDS = ("name", "work", "kind", "unit", "peer_name", "goal")  # cells that are no numbers
COMMAND = {"command": "python -m launch.bench --json=FILE"}
BENCH_KEYS = ("name", "ours", "peer", "ratio", "limit_fraction", "unit", "spread")

_UNDER = """Costs are CPU time of all threads, in the unit of the row: less is better. Ratio: the peer's cost over ours,
its median and its range over the rounds. Share of limit: what the same work costs if only its scarcest resource is
used, over ours. A dash: nothing comparable was there."""


def write_benchmarks(rows: Sequence[Mapping[str, Any]], site: Site, folder: Path) -> None:
    """The page with its figure, into the folder of a report.

    >>> from tempfile import TemporaryDirectory
    >>> row = dict.fromkeys(BENCH_KEYS) | {"name": "majority_map", "ours": 2.5, "unit": "ns"}
    >>> with TemporaryDirectory() as folder:
    ...     write_benchmarks([row], Site(()), Path(folder))
    ...     [path.name for path in Path(folder).iterdir()]
    ['benchmarks.html']
    """
    from figures.growth import draw_growths, growths  # matplotlib, which a report without measurements does not need
    from figures.save import save
    from figures.scaling import draw_scalings, scalings

    sections = [_memory_section(rows)]
    if found := growths(rows):
        save(draw_growths(found), folder / GROWTH, COMMAND)
        sections.append(_growth_section())
    if scaled := scalings(rows):
        virtual = any(row["scaling"]["cores"] for row in rows if row.get("scaling"))
        save(draw_scalings(scaled, virtual=virtual), folder / SCALING, COMMAND)
        sections.append(_scaling_section(rows))
    (folder / BENCHMARKS).write_text(_page(rows, site, "".join(sections)), encoding="utf-8")


def check_bench(rows: Any) -> None:
    """Raises a ValueError unless `rows` is a list of measurements with the keys of `BENCH_KEYS`.

    >>> check_bench([{"name": "majority_map", "ours": 2.5}])
    Traceback (most recent call last):
    ValueError: bench 'majority_map': lacks peer, ratio, limit_fraction, unit, spread
    """
    if not isinstance(rows, list | tuple) or not all(isinstance(row, Mapping) for row in rows):
        raise ValueError(f"bench: must be a list of rows with the keys {', '.join(BENCH_KEYS)}")
    for row in rows:
        missing = [key for key in BENCH_KEYS if key not in row]
        if missing:
            raise ValueError(f"bench {row.get('name')!r}: lacks {', '.join(missing)}")


def _page(rows: Sequence[Mapping[str, Any]], site: Site, sections: str) -> str:
    compared = [row for row in rows if not row.get("scaling") and (not row.get("curve") or row["peer"] is not None)]
    lede = f"{counted(len(rows), 'measurement')}, ours and the peer's in one process, turn by turn."
    columns = {
        "What": "name", "Ours": "ours", "Wall": "wall", "Peer": "peer", "Unit": "unit", "Peer's name": "peer_name",
        "Ratio": "ratio", "Spread": "spread", "Share of limit": "limit_fraction", "Goal": "goal",
    }  # fmt: skip
    body = f"""{masthead("Speed", "Benchmarks", lede)}
{_table("Benchmarks", columns, compared)}
<p class="under">{_UNDER}</p>
{sections}"""
    return page("Benchmarks · Tipping", body, BENCHMARKS, site)


def _growth_section() -> str:
    told = """<b>Cost against size.</b> Each dot is the median cost of one call; the line is a power law fitted over the
larger half of the sizes; the dotted line has the slope that the mathematics says, through the largest size."""
    return _section("growth", "Growth", _plate(GROWTH, "Cost against size, with fitted slopes", told))


def _scaling_section(rows: Sequence[Mapping[str, Any]]) -> str:
    found = [row for row in rows if row.get("scaling") and row.get("memory")]
    shared = found[0]["scaling"]["cores"]
    virtual = f"""The devices are virtual and share {counted(shared, "core")}, which one device uses already: more can't
be faster here. What can be read off is the CPU time that sharding adds (each device folds the results of all blocks
itself), and what a device holds."""
    told = f"""<b>One work on more devices</b>, of a fixed size (solid) or a fixed size a device (dashed). Efficiency:
CPU time of a unit of work on one device, over that on so many; bars span the rounds. Memory: arguments, results and
temporary arrays of the compiled program, dotted in proportion to 1/devices; the block in which voting trees are
simulated is as large on any number of devices.
{virtual if shared else "Speed: wall-clock time of a unit of work on one device, over that on so many."}"""
    columns = {
        "Work": "work", "Size": "kind", "Devices": "devices", "Ours": "ours", "Unit": "unit", "Efficiency": "ratio",
        "Spread": "spread", "Speed, wall": "wall_ratio", "MB a device": "megabytes", "MB of the process": "process",
    }  # fmt: skip
    flat = [{**row, **_held(row["memory"]), **row["scaling"], "work": row["scaling"]["of"]} for row in found]
    plate = _plate(SCALING, "Efficiency, speed and memory against the number of devices", told)
    return _section("scaling", "More devices", plate + _table("More devices", columns, flat))


def _memory_section(rows: Sequence[Mapping[str, Any]]) -> str:
    found = [row for row in rows if row.get("memory") and not row.get("scaling")]
    if not found:
        return ""
    columns = {
        "What": "name", "Arguments": "arguments", "Results": "results", "Temporary": "temporary",
        "Peer's temporary": "theirs", "Whole process": "process", "Peer's name": "peer_name",
    }  # fmt: skip
    flat = [{**row, **_held(row["memory"]), "theirs": _held(row.get("peer_memory")).get("temporary")} for row in found]
    told = """In MB: what the compiled program sets aside on a device for its arguments, its results, and on the way.
Whole process: the most that one held which did nothing else, JAX and its compiler included. Aimed at: token statistics
never hold a second array of logits, and 32,768 classes with all their pairs stay within 1 GB."""
    return _section("memory", "Memory", f'{_table("Memory", columns, flat)}<p class="under">{told}</p>')


def _held(memory: Mapping[str, Any] | None) -> dict[str, float]:
    """In megabytes, with what a program holds altogether."""
    held = {name: size / 1e6 for name, size in (memory or {}).items() if size is not None}
    whole = {"megabytes": sum(size for name, size in held.items() if name != "process")} if held else {}
    return held | whole


def _section(name: str, title: str, body: str) -> str:
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{title}</h2>\n{body}</section>'


def _plate(files: str, alt: str, told: str) -> str:
    return f"""<figure class="page"><a class="plate" href="{files}/figure.pdf"><img src="{files}/figure.png"
alt="{alt}"></a><figcaption><p>{told}</p></figcaption></figure>"""


def _table(label: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> str:
    """A table to be sorted: the title of a column, and the key of its cells."""
    head = "".join(f'<th scope="col"{"" if key in WORDS else " class=n"}>{name}</th>' for name, key in columns.items())
    body = "".join(f"<tr>{_row(row, list(columns.values()))}</tr>" for row in rows)
    return f"""<div class="scroll" tabindex="0" role="region" aria-label="{label}">
<table class="claims bench"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"""


def _row(row: Mapping[str, Any], keys: Sequence[str]) -> str:
    def cell(key: str) -> str:
        if key in WORDS:
            return f"<td>{escape(str(row.get(key) or ''))}</td>"
        return f'<td class="n" data-value="{sort_key(row.get(key))}">{_range(row.get(key))}</td>'

    return f'<th scope="row">{escape(str(row[keys[0]]))}</th>' + "".join(map(cell, keys[1:]))


def _range(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " to ".join(map(_short, value))
    return _short(value)


def _short(value: Any) -> str:
    """Three figures: a machine that is shared gives no more."""
    return number(float(f"{value:.3g}") if isinstance(value, float) else value)
