"""What a sweep would run and what it costs, before anything is written."""

import shlex

import jax

from core.run.catalogue import cost_in_seconds, read_card
from core.run.request import Request
from launch.run import done_in
from launch.sweeps.batches import compute_vmapped
from launch.sweeps.plan import Plan
from launch.sweeps.points import ABOUT
from launch.sweeps.progress import duration, look


def dry_run(planned: Plan, request: Request, *, batch: int, workers: int, command: list[str]) -> list[str]:
    """The lines that describe a sweep; two seeds of the smoke preset are computed to find out how seeds run."""
    about, folder, total = planned.sweep.about, planned.sweep.folder, planned.sweep.points.num_rows
    there = look(folder).done if (folder / ABOUT).exists() and not request.force else 0
    precision = "float64" if about["x64"] else "float32"
    lines = [f"{about['experiment']}, preset {request.preset}, {precision}: {total} points, {there} are there"]
    lines += [*_values(planned), _trial(planned, batch)]
    if cost := _cost(planned, request, total - there, workers):
        lines.append(cost)
    return [*lines, f"would run: {shlex.join(command)}"]


def _cost(planned: Plan, request: Request, points: int, workers: int) -> str | None:
    known = done_in(planned.figure, request.out, request.preset)
    seconds = known or cost_in_seconds(read_card(planned.figure.path).fields.get("Cost", ""), request.preset)
    if not seconds:
        return None
    source = "as the preset took here" if known else "by the Cost field of the preset"
    whole = f"{duration(seconds * points)} of computing, {duration(seconds * points / workers)} on {workers} workers"
    return f"cost: a point alone {seconds:g} s, {source}; all of them at most {whole}"


def _trial(planned: Plan, batch: int) -> str:
    """Whether seeds share a program, found by computing two of them at the smallest size."""
    jax.config.update("jax_enable_x64", planned.sweep.about["x64"])
    found = compute_vmapped(planned.experiment, planned.experiment.presets["smoke"], (0, 1))
    if isinstance(found, str):
        return f"seeds one by one, because they can't be vmapped ({found})"
    one, two = found
    same = not one.error and all((one.arrays[name] == two.arrays[name]).all() for name in one.arrays)
    note = "; they all give the same numbers: nothing here is random" if same else ""
    return f"up to {min(batch, len(planned.seeds))} seeds of a config in one program{note}"


def _values(planned: Plan) -> list[str]:
    rows = {f"--config.{name}": [_shown(value) for value in values] for name, values in planned.values.items()}
    rows["--seeds"] = [str(seed) for seed in planned.seeds]
    width = max(map(len, rows))
    return [f"  {flag:{width}}  {_short(values)}" for flag, values in rows.items()]


def _shown(value: object) -> str:
    return ",".join(map(_shown, value)) if isinstance(value, tuple) else f"{value}"


def _short(values: list[str]) -> str:
    separator = "; " if any("," in value for value in values) else ", "
    if len(values) <= 8:
        return separator.join(values)
    return f"{separator.join(values[:3])} ... {values[-1]} ({len(values)} values)"
