"""Results on disk: one folder a run, complete or not there.

    <out>/<paper>/<figure>/<preset>-<hash of the config>-seed<k>/   arrays.npz  run.json  figure.{png,pdf,svg}

A run is written aside, synced and renamed, so that a crash at any moment leaves the old result or the new one.
"""

import ctypes
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

FIGURE_FILES = ("figure.png", "figure.pdf", "figure.svg")
_NEEDED_BYTES = 64 * 2**20


def run_folder(out: Path, paper: str, figure: str, label: str, config: Mapping[str, Any], seed: int) -> Path:
    """The folder of a run; `config` is everything that the numbers depend on besides the seed."""
    digest = hashlib.sha256(json.dumps(config, sort_keys=True, default=str).encode()).hexdigest()[:8]
    return out / paper / figure / f"{label}-{digest}-seed{seed}"


def check_writable(folder: Path) -> None:
    """Says before any computing that results could not be kept.

    Raises:
        ValueError: when `folder` can't be made or written, or its disk has less than 64 MiB left.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.write_bytes(b"x")
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise ValueError(f"--out: can't write to {folder} ({error.strerror}); choose another folder") from None
    if free < _NEEDED_BYTES:
        raise ValueError(f"--out: {free / 2**20:.0f} MiB left on the disk of {folder}, at least 64 MiB are needed")


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> str:
    """Writes an npz whose bytes depend on the arrays alone; returns its SHA-256."""
    with open(path, "wb") as file:
        np.savez(file, allow_pickle=False, **{name: arrays[name] for name in sorted(arrays)})
        file.flush()
        os.fsync(file.fileno())
    return sha256(path)


def write_json(path: Path, content: Any) -> None:
    """Writes JSON aside and renames it into place."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with open(aside, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1, sort_keys=True, allow_nan=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, path)


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_record(folder: Path) -> dict[str, Any] | None:
    """The record of a complete run, or None: a half-written or damaged run is as good as none."""
    try:
        restore_parked(folder)
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        intact = sha256(folder / "arrays.npz") == record["arrays_sha256"]
    except (OSError, ValueError, KeyError):
        return None
    return record if intact else None


def read_arrays(folder: Path) -> dict[str, np.ndarray]:
    """The arrays of a complete run."""
    with np.load(folder / "arrays.npz", allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def is_drawn(folder: Path) -> bool:
    """Whether the figure is there in all its formats."""
    return all((folder / name).exists() for name in FIGURE_FILES)


def new_folder(final: Path) -> Path:
    """An empty folder beside `final` to write the new result into; leftovers of killed attempts are removed."""
    for leftover in final.parent.glob(f".{final.name}.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    aside = final.with_name(f".{final.name}.new-{os.getpid()}")
    aside.mkdir(parents=True)
    return aside


def publish(aside: Path, final: Path) -> None:
    """Puts a finished folder in place of what stands at `final`, in one step where the system can."""
    _sync_folder(aside)
    if not final.exists():
        os.rename(aside, final)
    elif _exchange(aside, final):
        shutil.rmtree(aside)
    else:
        parked = _parked(final)
        shutil.rmtree(parked, ignore_errors=True)
        os.rename(final, parked)
        os.rename(aside, final)
        shutil.rmtree(parked)
    _sync_folder(final.parent)


def restore_parked(final: Path) -> None:
    """Undoes an exchange that was cut short on a file system that can't swap two folders in one step."""
    parked = _parked(final)
    if parked.exists():
        if final.exists():
            shutil.rmtree(parked, ignore_errors=True)
        else:
            os.rename(parked, final)


def _parked(final: Path) -> Path:
    return final.with_name(f".{final.name}.old")


def _exchange(a: Path, b: Path) -> bool:
    """Swaps two folders atomically (Linux renameat2); False where that does not exist."""
    at_cwd, exchange = -100, 2
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    if renameat2(at_cwd, os.fsencode(a), at_cwd, os.fsencode(b), exchange) == 0:
        return True
    if ctypes.get_errno() in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(b))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
