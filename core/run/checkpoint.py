"""Checkpoints of a loop: the newest step of a folder that is whole, or nothing.

    <folder>/<step>/   arrays/ (written by Orbax)   manifest.json (what is in it, and the checksum of every file)

A step is written aside by Orbax, brought to the disk with its manifest, and only then given its name, because Orbax
alone leaves its small files empty when the power fails. A step that differs from its manifest is named and passed over.
"""

import json
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from core.run import store
from core.run.complain import warn
from core.run.fence import UNFENCED, Attempt, insist
from core.run.together import everyone, from_leader, is_leader

_KEPT = 2


class Checkpoints(NamedTuple):
    """Functions over one folder, called by all processes of the run."""

    save: Callable[[int, Any], bool]  # (step, tree) -> whether it is on disk, when it is there
    restore: Callable[[Callable[[int], Any]], tuple[int, Any] | None]  # (step -> tree of shapes) -> newest or None


NO_CHECKPOINTS = Checkpoints(lambda step, tree: False, lambda shapes_at: None)


def open_checkpoints(folder: Path, attempt: Attempt = UNFENCED) -> Checkpoints:
    """Checkpoints in `folder`, which is made at the first save; only the newest attempt at a result writes there.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     checkpoints = open_checkpoints(Path(folder, "loop"))
    ...     saved = checkpoints.save(3, {"x": jnp.arange(2.0)})
    ...     step, tree = checkpoints.restore(lambda step: {"x": jnp.zeros(2)})
    >>> saved, step, tree["x"].tolist()
    (True, 3, [0.0, 1.0])
    """
    return Checkpoints(partial(_save, folder, attempt), partial(_restore, folder, attempt))


def steps_in(folder: Path) -> list[int]:
    """The steps that are there, damaged ones included, in order of their numbers: clocks have no say.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("9", "10", ".11.new-0"):
    ...         Path(folder, name).mkdir()
    ...     steps_in(Path(folder))
    [9, 10]
    """
    return sorted(int(path.name) for path in folder.glob("[0-9]*") if path.name.isdigit())


def _save(folder: Path, attempt: Attempt, step: int, tree: Any) -> bool:
    """A save that fails costs a line, not the run: the next one may find room."""
    insist(attempt)
    final, aside = folder / str(step), folder / f".{step}.new-{attempt.token}"
    if from_leader(is_leader() and final.exists()):
        return True
    problem = ""
    try:
        if is_leader():
            for leftover in folder.glob(".*"):
                shutil.rmtree(leftover, ignore_errors=True)
            aside.mkdir(parents=True)
        _orbax().save((aside / "arrays").resolve(), _numbered(tree))
        if is_leader():
            _publish(aside, final, attempt, step, tree)
    except Exception as error:  # Orbax wraps what the disk says in errors of many kinds
        problem = f"{type(error).__name__}: {str(error)[:300]}"
        shutil.rmtree(aside, ignore_errors=True)
    if problem:
        warn(f"{final} can't be saved, and the run goes on: {problem}")
    return not everyone(bool(problem)).any()


def _publish(aside: Path, final: Path, attempt: Attempt, step: int, tree: Any) -> None:
    files = sorted(path for path in aside.rglob("*") if path.is_file())
    sums = {str(path.relative_to(aside)): store.sha256(path) for path in files}
    store.write_json(aside / "manifest.json", store.seal({"step": step, "leaves": _leaves(tree), "files": sums}))
    if not attempt.is_newest():  # Orbax took its time
        raise PermissionError("a newer attempt has begun")
    store.publish(aside, final)
    for old in steps_in(final.parent)[:-_KEPT]:
        _remove(final.parent / str(old))


def _restore(folder: Path, attempt: Attempt, shapes_at: Callable[[int], Any]) -> tuple[int, Any] | None:
    while (step := from_leader(max(steps_in(folder), default=-1) if is_leader() else -1)) >= 0:
        like, place = shapes_at(step), folder / str(step)
        problem = _damage(place, step, like) if is_leader() else ""
        if not from_leader(bool(problem)):
            try:
                return step, _like(_orbax().restore((place / "arrays").resolve(), _abstract(_numbered(like))), like)
            except Exception as error:  # whole, but of another Orbax: the step before it is as good as new
                problem = f"{type(error).__name__}: {str(error)[:300]}"
        if problem:
            warn(f"checkpoint {place} is passed over: {problem}")
        insist(attempt)
        if is_leader():
            _remove(place)
    return None


def _remove(place: Path) -> None:
    """Takes the name first, so that a step that has one is whole also when this is cut short."""
    gone = place.with_name(f".{place.name}.gone")
    os.rename(place, gone)
    shutil.rmtree(gone, ignore_errors=True)


def _damage(place: Path, step: int, like: Any) -> str:
    """What is wrong with a step, or nothing."""
    try:
        manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
        if not store.is_intact(manifest):
            return "manifest.json differs from its checksum"
        if manifest["step"] != step or manifest["leaves"] != _leaves(like):
            return "it holds another step, or another state"
        bad = [name for name, digest in manifest["files"].items() if store.sha256(place / name) != digest]
        return f"{bad[0]} differs from its checksum" if bad else ""
    except (OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


@cache
def _orbax() -> Any:
    logging.getLogger("absl").setLevel(logging.CRITICAL)  # Orbax tells its whole day there
    import orbax.checkpoint as ocp  # a third of a second, which a loop that never saves need not spend

    return ocp.Checkpointer(ocp.StandardCheckpointHandler())


def _numbered(tree: Any) -> dict[str, Any]:
    """The leaves by number, typed random keys as plain integers: what any version of Orbax can hold."""
    leaves = (jax.random.key_data(x) if _is_key(x) else x for x in jax.tree.leaves(tree))
    # Orbax refuses arrays that live on one of several hosts; as the run is pure, the leader's is everybody's
    local = jax.process_count() > 1
    return {str(i): np.asarray(x) if local and _is_addressable(x) else x for i, x in enumerate(leaves)}


def _like(leaves: Mapping[str, Any], like: Any) -> Any:
    old, treedef = jax.tree.flatten(like)
    new = [leaves[str(i)] for i in range(len(old))]
    return treedef.unflatten(
        jax.random.wrap_key_data(x, impl=jax.random.key_impl(o)) if _is_key(o) else x
        for x, o in zip(new, old, strict=True)
    )


def _leaves(tree: Any) -> list[list[Any]]:
    """Path, shape and type of every leaf, as JSON gives them back."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return [[jax.tree_util.keystr(path), list(jnp.shape(x)), str(x.dtype)] for path, x in leaves]


def _abstract(leaves: dict[str, Any]) -> dict[str, Any]:
    return {
        name: jax.ShapeDtypeStruct(jnp.shape(x), x.dtype, sharding=getattr(x, "sharding", None))
        for name, x in leaves.items()
    }


def _is_key(x: Any) -> bool:
    return isinstance(x, jax.Array) and jnp.issubdtype(x.dtype, jax.dtypes.prng_key)


def _is_addressable(x: Any) -> bool:
    return getattr(x, "is_fully_addressable", True)
