"""From the flags of a sweep to its points and its folder; refuses what can't be meant before anything is written."""

import hashlib
import re
import shutil
from typing import Any, NamedTuple

from core.run import record
from core.run.catalogue import ROOT, Figure
from core.run.complain import warn
from core.run.experiment import Experiment
from core.run.request import Request, preset_of
from launch.jobs import default_count
from launch.sweeps.grammar import grid, grid_size, swept_values
from launch.sweeps.points import ABOUT, PARTS, RUNS, TABLE, Sweep, code_of, grown, make_points, read_sweep, write_sweep
from launch.sweeps.work import load

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_TASKS = 16  # of a job array
_LAST_SEED = 2**32 - 1


class Plan(NamedTuple):
    """A sweep that was asked for, and as it stands or will stand in its folder."""

    experiment: Experiment
    figure: Figure
    values: dict[str, tuple[Any, ...]]  # of each swept field
    seeds: range
    sweep: Sweep


def plan(request: Request, *, seeds: int, batch: int, name: str | None) -> Plan:
    """What the flags ask for, joined to what the folder has; writes nothing.

    Raises:
        ValueError: for whatever is wrong with the flags, and when the folder has results of other code or precision.
    """
    if len(request.names) != 1 or "/" not in request.names[0].strip("/"):
        raise ValueError("name one figure, <paper>/<figure>; python -m launch.run --list shows them")
    if name is not None and not _NAME.match(name):
        raise ValueError(f"--name={name}: letters, digits, dots and dashes make a name, at most 64 of them")
    if request.seed + seeds - 1 > _LAST_SEED:
        raise ValueError(f"--seed={request.seed} --seeds={seeds}: the last seed may be {_LAST_SEED}")
    experiment, figure = load(request.names[0])
    config = preset_of(experiment.presets, request.preset)
    values = swept_values(config, request.config)
    grid_size(values, seeds)
    range_of_seeds = range(request.seed, request.seed + seeds)
    about = {
        "experiment": f"{figure.paper}/{figure.name}",
        "code": code_of(figure),
        "x64": experiment.x64 if request.x64 is None else request.x64,
    }
    points = make_points(about["experiment"], about["x64"], grid(config, values), range_of_seeds, batch)
    digest = hashlib.sha256("".join(points["id"].to_pylist()).encode()).hexdigest()[:8]
    folder = request.out / figure.paper / figure.name / f"sweep-{name or digest}"
    sweep = Sweep(folder, about, points)
    if (folder / ABOUT).exists() and not request.force:
        sweep = _joined(sweep)
    return Plan(experiment, figure, values, range_of_seeds, sweep)


def begin(planned: Plan, *, force: bool) -> None:
    """Writes the points of a sweep; with `force`, removes what was computed before."""
    folder = planned.sweep.folder
    if force:
        for old in (PARTS, RUNS):
            shutil.rmtree(folder / old, ignore_errors=True)
        (folder / TABLE).unlink(missing_ok=True)
    origin = {"versions": record.versions(), "git": record.git_state(ROOT)}
    write_sweep(folder, {**planned.sweep.about, **origin}, planned.sweep.points)


def worker_count(planned: Plan, asked: int | None, *, slurm: bool) -> int:
    """How many workers: those asked for, or what the machine takes; never more than there are batches."""
    batches = planned.sweep.points["batch"][-1].as_py() + 1
    return min(asked or (_TASKS if slurm else default_count()), batches)


def _joined(new: Sweep) -> Sweep:
    """The sweep with the points that its folder has already; a damaged folder is written anew, and keeps its parts."""
    try:
        old = read_sweep(new.folder)
    except ValueError as error:
        warn(f"{error}: done")
        return new
    for key, what in (("code", "code or jaxlib"), ("x64", "precision"), ("experiment", "experiment")):
        if old.about[key] != new.about[key]:
            raise ValueError(
                f"{new.folder} has results of another {what}, which are not mixed: choose another --name or --out, "
                "or drop them with --force"
            )
    return Sweep(new.folder, new.about, grown(old.points, new.points))
