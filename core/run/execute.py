"""One experiment from request to result: the door, the computing, the writing, the drawing."""

import dataclasses
import shutil
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from core.run import record, store
from core.run.catalogue import ROOT, Figure, fingerprint, read_card
from core.run.experiment import Experiment, Run
from core.run.fence import Attempt, only_attempt, superseded
from core.run.loop import Keeping, NotFinite, chunked_scan
from core.run.mesh import device_mesh
from core.run.request import Request, configure
from core.run.together import from_leader, is_leader, on_host

_DEEDS = ("computed", "redrawn", "kept")

# (draw, folder, provenance): draws and writes the pictures. Lent by the floor above, which knows how results look.
Render = Callable[[Callable[[], Any], Path, Mapping[str, str]], Any]


class Outcome(NamedTuple):
    """What became of a request."""

    folder: Path  # of the result
    did: str  # "computed", "redrawn" or "kept"
    seconds: float  # that all of it took


def execute(experiment: Experiment, figure: Figure, request: Request, render: Render) -> Outcome:
    """Makes the result of `request` be there: computes it, draws it again, or finds it complete.

    Raises:
        ValueError: for whatever is wrong with the request, before any computing.
        NotFinite: when a number is NaN or infinite that should not be.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from core.run.request import parse
        >>> config = dataclasses.make_dataclass("Config", [("n", int, 3)], frozen=True)()
        >>> compute, draw = lambda config, key, run: {"x": np.arange(config.n)}, lambda config, arrays: None
        >>> experiment = Experiment({"smoke": config}, compute, draw)
        >>> figure = Figure("paper", "figure", ROOT / "core/run/execute.py")
        >>> with TemporaryDirectory() as folder:
        ...     request = parse(["--preset=smoke", "--config.n=4", "--x64", f"--out={folder}"])
        ...     outcome = execute(experiment, figure, request, lambda draw, folder, provenance: None)
        ...     outcome.did, store.read_arrays(outcome.folder)["x"].tolist()
        ('computed', [0, 1, 2, 3])
    """
    config = configure(experiment.presets, request.preset, request.config)
    x64 = experiment.x64 if request.x64 is None else request.x64
    label = "custom" if request.config else request.preset
    settings = {**dataclasses.asdict(config), "x64": x64}
    folder = store.run_folder(request.out, figure.paper, figure.name, label, settings, request.seed)
    sources = {kind: fingerprint(figure.path, drawing=kind == "draw") for kind in ("compute", "draw")}
    started = time.perf_counter()
    old = store.read_record(folder)
    did = _DEEDS[from_leader(_DEEDS.index(_needed(old, sources, folder, request)))]
    if did != "kept":
        if is_leader():
            store.check_writable(folder.parent)
        with only_attempt(folder) as attempt:
            made = None
            if did == "computed":
                arrays, seconds = _compute(experiment, config, request, x64, attempt, sources["compute"])
                made = arrays, _record(figure, config, request, x64, seconds, sources)
            elif is_leader() and old is not None:
                told = {**_told(figure), "sources": {**old["sources"], "draw": sources["draw"]}}
                made = store.read_arrays(folder), {**old, **told}
            if is_leader() and made is not None:
                _write(experiment, config, *made, render, attempt, keep_undrawn=did == "computed")
    elif is_leader():
        _clear_leftovers(folder)
    return Outcome(folder, did, time.perf_counter() - started)


def _needed(old: dict[str, Any] | None, sources: dict[str, str], folder: Path, request: Request) -> str:
    """What has to be done, named as done: "computed", "redrawn" or "kept"."""
    if request.redraw:
        if old is None:
            raise ValueError(f"--redraw: nothing to draw yet in {folder}; run without --redraw first")
        return "redrawn"
    if old is None or request.force or old["sources"]["compute"] != sources["compute"]:
        return "computed"
    return "kept" if old["sources"] == sources and store.is_drawn(folder, old) else "redrawn"


def _compute(
    experiment: Experiment, config: Any, request: Request, x64: bool, attempt: Attempt, source: str
) -> tuple[dict[str, np.ndarray], float]:
    jax.config.update("jax_enable_x64", x64)
    partial_results = _checkpoint_folder(attempt.folder, source, request.force)
    keeping = Keeping(partial_results, request.checkpoint_seconds, attempt, request.watchdog_seconds)
    run = Run(device_mesh(), partial(chunked_scan, keeping=keeping))
    started = time.perf_counter()
    computed = jax.block_until_ready(experiment.compute(config, jax.random.key(request.seed), run))
    seconds = time.perf_counter() - started
    arrays = {name: on_host(value) for name, value in computed.items()}
    for name, value in arrays.items():
        if name not in experiment.gaps and value.dtype.kind in "fc" and not np.isfinite(value).all():
            at = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
            raise NotFinite(f"result {name!r} is {value[at]} at index {at}; nothing was stored")
    return arrays, seconds


def _record(figure: Figure, config: Any, request: Request, x64: bool, seconds: float, sources: Any) -> dict[str, Any]:
    return {
        "paper": figure.paper,
        "figure": figure.name,
        **_told(figure),
        "preset": request.preset,
        "config": dataclasses.asdict(config),
        "overrides": list(request.config),
        "seed": request.seed,
        "x64": x64,
        "versions": record.versions(),
        "device": record.device(),
        "git": record.git_state(ROOT),
        "seconds": round(seconds, 3),
        "command": record.command(figure.module, request.preset, request.config, request.seed, request.x64),
        "sources": sources,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _told(figure: Figure) -> dict[str, str]:
    card = read_card(figure.path)
    return {"title": card.title, "caption": card.caption}


def _write(
    experiment: Experiment,
    config: Any,
    arrays: Any,
    content: Any,
    render: Render,
    attempt: Attempt,
    *,
    keep_undrawn: bool,
) -> None:
    """Writes a run aside and puts it in place; numbers that took long are kept even where the picture fails."""
    if not attempt.is_newest():
        raise superseded(attempt)
    aside = store.new_folder(attempt.folder)
    try:
        content = {**content, "arrays_sha256": store.write_arrays(aside / "arrays.npz", arrays)}
        problem = None
        try:
            render(lambda: experiment.draw(config, store.read_arrays(aside)), aside, _provenance(content))
        except BaseException as error:
            if not keep_undrawn and attempt.is_newest():
                raise
            problem = error
        if not attempt.is_newest():  # drawing took its time, and a newer copy has cleared away what it found
            raise superseded(attempt)
        content["pictures_sha256"] = store.pictures(aside)
        store.write_json(aside / "run.json", store.seal(content))
        store.publish(aside, attempt.folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    shutil.rmtree(_partial(attempt.folder), ignore_errors=True)
    if problem is not None:
        raise problem


def _provenance(content: Mapping[str, Any]) -> dict[str, str]:
    """What a picture says about itself wherever it travels; nothing in it changes when the same data is drawn again."""
    git = content["git"]
    return {
        "Title": content["title"],
        "Paper": content["paper"],
        "Command": content["command"],
        "Data": f"sha256 {content['arrays_sha256']}",
        "Commit": f"{git['commit']}{' with changes' if git['dirty'] else ''}",
        "Versions": ", ".join(f"{name} {number}" for name, number in sorted(content["versions"].items())),
    }


def _partial(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.partial")


def _clear_leftovers(folder: Path) -> None:
    """Removes the checkpoints of a run that was killed when its result was there; those of a newer run are younger."""
    try:
        published = (folder / "run.json").stat().st_mtime
        if all(path.stat().st_mtime <= published for path in (_partial(folder), *_partial(folder).rglob("*"))):
            shutil.rmtree(_partial(folder))
    except OSError:
        pass  # there are none, or somebody else is at it


def _checkpoint_folder(folder: Path, source: str, force: bool) -> Path:
    """Where the loops of this run save; what other code or another JAX saved there is not continued."""
    partial_folder = _partial(folder)
    current = partial_folder / f"{source}-{version('jaxlib')}-{jax.device_count()}"
    if is_leader():
        if force or (partial_folder.exists() and not current.exists()):
            shutil.rmtree(partial_folder, ignore_errors=True)
        current.mkdir(parents=True, exist_ok=True)
    return current
