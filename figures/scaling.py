"""The same work on more devices: what it costs, how much sooner it is done, and what a device holds."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.ticker import NullLocator

from figures.style import COLORS, DOUBLE, GREY, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLES = {"strong": ("o", "-"), "weak": ("s", "--")}


class Scaled(NamedTuple):
    """One work on a growing number of devices, from one on; "strong": the whole is fixed, "weak": a device's share."""

    of: str
    kind: str
    devices: np.ndarray
    efficiency: np.ndarray  # CPU time of a unit of work on one device, over that on so many
    spread: np.ndarray  # (2, devices) its range over the rounds
    speed: np.ndarray  # wall-clock time of a unit on one device, over that on so many
    megabytes: np.ndarray  # that the program holds on each device


def scalings(rows: Sequence[Mapping[str, Any]]) -> list[Scaled]:
    """The curves in the rows of a benchmark; the weak ones begin where the strong ones do, on one device.

    >>> rows = [{"scaling": {"of": "a", "kind": "strong", "devices": k}, "ratio": 1 / k} for k in (1, 2)]
    >>> held = {"arguments": 3_000_000, "results": 0, "temporary": 1_000_000}
    >>> curve = scalings([row | {"memory": held} for row in rows])[0]
    >>> curve.devices.tolist(), curve.efficiency.tolist(), curve.megabytes.tolist()
    ([1, 2], [1.0, 0.5], [4.0, 4.0])
    """
    found: dict[tuple[str, str], dict[int, Mapping[str, Any]]] = {}
    for row in rows:
        place = row.get("scaling")
        if place and row.get("memory"):
            found.setdefault((place["of"], place["kind"]), {})[place["devices"]] = row
    for of, kind in found:
        found[of, kind] = {**{k: row for k, row in found.get((of, "strong"), {}).items() if k == 1}, **found[of, kind]}
    return [_curve(*key, points) for key, points in found.items() if len(points) > 1]


def _curve(of: str, kind: str, points: Mapping[int, Mapping[str, Any]]) -> Scaled:
    rows = [points[devices] for devices in sorted(points)]
    return Scaled(
        of,
        kind,
        np.array(sorted(points)),
        np.array([row.get("ratio") or 1.0 for row in rows]),
        np.array([row.get("spread") or (1.0, 1.0) for row in rows]).T,
        np.array([row.get("wall_ratio") or 1.0 for row in rows]),
        np.array([_megabytes(row["memory"]) for row in rows]),
    )


def _megabytes(memory: Mapping[str, int]) -> float:
    """What a program holds on a device: its arguments, its results, and what it needs on the way."""
    return (memory["arguments"] + memory["results"] + memory["temporary"]) / 1e6


def draw_scalings(found: Sequence[Scaled], *, virtual: bool) -> "Figure":
    """Cost and memory against devices, a colour a work; and speed, unless the devices are virtual and share cores.

    >>> curve = Scaled("a", "weak", np.array([1, 2]), np.ones(2), np.ones((2, 2)), np.ones(2), np.ones(2))
    >>> [ax.get_ylabel() for ax in draw_scalings([curve], virtual=True).axes]
    ['efficiency in CPU time', 'memory a device (MB)']
    """
    with house_style():
        figure, axes = new_figure(DOUBLE, 2.6, cols=2 if virtual else 3)
        cost, memory = axes[0], axes[-1]
        for curve, style in zip(found, _styles(found), strict=True):
            below, above = curve.efficiency - curve.spread[0], curve.spread[1] - curve.efficiency
            cost.errorbar(curve.devices, curve.efficiency, (below, above), elinewidth=0.5, **style)
            memory.plot(curve.devices, curve.megabytes, label=f"{curve.of}, {curve.kind}", **style)
            if curve.kind == "strong":
                memory.plot(curve.devices, curve.megabytes[0] / curve.devices, ":", color=GREY, zorder=0)
            if not virtual:
                axes[1].plot(curve.devices, curve.speed, **style)
        devices = max((curve.devices for curve in found), key=len)
        cost.axhline(1.0, linestyle=":", color=GREY)
        cost.set(ylabel="efficiency in CPU time", ylim=(0, None))
        memory.set(ylabel="memory a device (MB)", yscale="log")
        memory.yaxis.set_major_formatter("{x:g}")
        if not virtual:
            axes[1].plot(devices, devices, ":", color=GREY)
            axes[1].set(ylabel="speed against one device", ylim=(0, None))
        for ax in axes:
            ax.set(xscale="log", xlabel="devices")
            ax.set_xticks(devices, [str(count) for count in devices], minor=False)
            ax.xaxis.set_minor_locator(NullLocator())
        figure.legend(*memory.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _styles(found: Sequence[Scaled]) -> list[dict[str, str]]:
    works = list(dict.fromkeys(curve.of for curve in found))
    return [
        {"marker": marker, "linestyle": line, "color": COLORS[works.index(curve.of)]}
        for curve in found
        for marker, line in (STYLES[curve.kind],)
    ]
