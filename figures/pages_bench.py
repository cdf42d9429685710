"""The page of speed: what a benchmark measured, as a table and as curves of growth."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from figures.frame import Site, counted, masthead, page
from figures.markup import number, sort_key

BENCHMARKS, GROWTH = "benchmarks.html", "figures/benchmarks"
BENCH_KEYS = ("name", "ours", "peer", "ratio", "limit_fraction", "unit", "spread")

_UNDER = """Costs are CPU time of all threads, in the unit of the row: less is better. Ratio: the peer's cost over ours,
its median and its range over the rounds. Share of limit: what the same work costs if only its scarcest resource is
used, over ours. A dash: nothing comparable was there."""


def write_benchmarks(rows: Sequence[Mapping[str, Any]], site: Site, folder: Path) -> None:
    """The page with its figure, into the folder of a report."""
    from figures.growth import draw_growths, growths  # matplotlib, which a report without measurements does not need
    from figures.save import save

    found = growths(rows)
    if found:
        save(draw_growths(found), folder / GROWTH, {"command": "python -m launch.bench --json=FILE"})
    (folder / BENCHMARKS).write_text(_page(rows, site, bool(found)), encoding="utf-8")


def check_bench(rows: Any) -> None:
    """Raises a ValueError unless `rows` is a list of measurements with the keys of `BENCH_KEYS`."""
    if not isinstance(rows, list | tuple) or not all(isinstance(row, Mapping) for row in rows):
        raise ValueError(f"bench: must be a list of rows with the keys {', '.join(BENCH_KEYS)}")
    for row in rows:
        missing = [key for key in BENCH_KEYS if key not in row]
        if missing:
            raise ValueError(f"bench {row.get('name')!r}: lacks {', '.join(missing)}")


def _page(rows: Sequence[Mapping[str, Any]], site: Site, curves: bool) -> str:
    compared = [row for row in rows if not row.get("curve") or row["peer"] is not None]
    lede = f"{counted(len(rows), 'measurement')}, ours and the peer's in one process, turn by turn."
    body = f"""{masthead("Speed", "Benchmarks", lede)}
<div class="scroll" tabindex="0" role="region" aria-label="Benchmarks">
<table class="claims bench"><thead><tr>{_head()}</tr></thead><tbody>{"".join(map(_row, compared))}</tbody></table></div>
<p class="under">{_UNDER}</p>
{_growth_section() if curves else ""}"""
    return page("Benchmarks · Tipping", body, BENCHMARKS, site)


def _growth_section() -> str:
    told = """<b>Cost against size.</b> Each dot is the median cost of one call; the line is a power law fitted over the
larger half of the sizes; the dotted line has the slope that the mathematics says, through the largest size."""
    return f"""<section aria-labelledby="growth"><h2 id="growth">Growth</h2>
<figure class="page"><a class="plate" href="{GROWTH}/figure.pdf"><img src="{GROWTH}/figure.png"
alt="Cost against size, with fitted slopes"></a><figcaption><p>{told}</p></figcaption></figure></section>"""


def _head() -> str:
    words = ("What", "Unit", "Peer's name", "Goal")
    columns = ("What", "Ours", "Wall", "Peer", "Unit", "Peer's name", "Ratio", "Spread", "Share of limit", "Goal")
    return "".join(f'<th scope="col"{"" if name in words else " class=n"}>{name}</th>' for name in columns)


def _row(row: Mapping[str, Any]) -> str:
    def cells(*keys: str) -> str:
        return "".join(
            f'<td class="n" data-value="{sort_key(row.get(key))}">{_range(row.get(key))}</td>' for key in keys
        )

    def words(key: str) -> str:
        return f"<td>{escape(str(row.get(key) or ''))}</td>"

    return (
        f'<tr><th scope="row">{escape(str(row["name"]))}</th>{cells("ours", "wall", "peer")}{words("unit")}'
        f"{words('peer_name')}{cells('ratio', 'spread', 'limit_fraction')}{words('goal')}</tr>"
    )


def _range(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " to ".join(map(_short, value))
    return _short(value)


def _short(value: Any) -> str:
    """Three figures: a machine that is shared gives no more."""
    return number(float(f"{value:.3g}") if isinstance(value, float) else value)
