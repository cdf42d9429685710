"""Results on disk: one folder a run, complete or not there.

    <out>/<paper>/<figure>/<preset>-<hash of the config>-seed<k>/   arrays.npz  run.json  figure.{png,pdf,svg}

A run is written aside, synced and renamed, so that a crash at any moment leaves the old result or the new one. Every
file has its checksum in run.json, and run.json in itself, so that what a disk or a hand changed later is found.
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

from core.run.complain import warn

FIGURE_FILES = ("figure.png", "figure.pdf", "figure.svg")
_NEEDED_BYTES = 64 * 2**20


def run_folder(out: Path, paper: str, figure: str, label: str, config: Mapping[str, Any], seed: int) -> Path:
    """The folder of a run; `config` is everything that the numbers depend on besides the seed.

    >>> three, four = (run_folder(Path("results"), "paper", "figure", "smoke", {"n": n}, 0) for n in (3, 4))
    >>> three.parent == four.parent, three.name == four.name, three.name.split("-")[::2]
    (True, False, ['smoke', 'seed0'])
    """
    digest = hashlib.sha256(json.dumps(config, sort_keys=True, default=str).encode()).hexdigest()[:8]
    return out / paper / figure / f"{label}-{digest}-seed{seed}"


def check_writable(folder: Path) -> None:
    """Says before any computing that results could not be kept.

    Raises:
        ValueError: when `folder` can't be made or written, or its disk has less than 64 MiB left.

    Examples:
        >>> check_writable(Path("/dev/null/results"))
        Traceback (most recent call last):
        ValueError: --out: can't write to /dev/null/results (Not a directory); choose another folder
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


def write_whole(path: Path, content: bytes) -> Path:
    """Writes a file that is at every moment the old one or the new one, also after a power cut.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "greeting"), b"hello").read_bytes()
    b'hello'
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(aside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _sync(path.parent)  # the rename itself
    return path


def write_json(path: Path, content: Any) -> None:
    """Writes JSON, whole or not at all.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_json(Path(folder, "run.json"), {"seed": 1, "n": 2})
    ...     json.loads(Path(folder, "run.json").read_text())
    {'n': 2, 'seed': 1}
    """
    text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False)
    write_whole(path, f"{text}\n".encode())


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> str:
    """Writes an npz whose bytes depend on the arrays alone; returns its SHA-256. `publish` makes it last.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "arrays.npz")
    ...     write_arrays(file, {"x": np.ones(2)}) == sha256(file)
    True
    """
    np.savez(path, allow_pickle=False, **{name: arrays[name] for name in sorted(arrays)})
    return sha256(path)


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hex.

    >>> sha256(Path(os.devnull)) == hashlib.sha256(b"").hexdigest()
    True
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def seal(content: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON object that carries its own checksum.

    >>> sorted(seal({"seed": 1}))
    ['seed', 'sha256']
    """
    return {**content, "sha256": _digest(content)}


def is_intact(content: Any) -> bool:
    """Whether an object that was sealed is what was sealed.

    >>> is_intact(seal({"seed": 1})), is_intact({**seal({"seed": 1}), "seed": 2})
    (True, False)
    """
    return isinstance(content, dict) and content.get("sha256") == _digest(content)


def intact_rows(rows: Any, path: Path) -> list[dict[str, Any]]:
    """The sealed rows of the table at `path` that are as they were written; others are named and left out.

    >>> [row["n"] for row in intact_rows([seal({"n": 1}), seal({"n": 2})], Path("table.json"))]
    [1, 2]
    """
    bad = [index for index, row in enumerate(rows) if not is_intact(row)]
    if bad:
        warn(f"{path}: {len(bad)} of {len(rows)} rows are damaged and left out, the first at index {bad[0]}")
    return [row for row in rows if is_intact(row)]


def _digest(content: Mapping[str, Any]) -> str:
    bare = {name: value for name, value in content.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(bare, sort_keys=True).encode()).hexdigest()


def read_record(folder: Path) -> dict[str, Any] | None:
    """The record of a complete run, or None: a damaged run is as good as none, and is named on the error stream.

    >>> read_record(Path("nowhere")) is None
    True
    """
    try:
        _restore_parked(folder)
        if not folder.exists():
            return None
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        if not is_intact(record):
            raise ValueError("run.json differs from its checksum")
        if sha256(folder / "arrays.npz") != record["arrays_sha256"]:
            raise ValueError("arrays.npz differs from its checksum")
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            return None  # nothing can be there; whoever writes says what is wrong
        reason = f"{Path(error.filename or '').name}: {error.strerror}" if isinstance(error, OSError) else str(error)
        warn(f"{folder} is damaged and counts as missing: {reason}")
        return None
    return record


def read_arrays(folder: Path) -> dict[str, np.ndarray]:
    """The arrays of a complete run.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = write_arrays(Path(folder, "arrays.npz"), {"x": np.arange(3)})
    ...     read_arrays(Path(folder))["x"].tolist()
    [0, 1, 2]
    """
    with np.load(folder / "arrays.npz", allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def pictures(folder: Path) -> dict[str, str]:
    """SHA-256 of the pictures that are there.

    >>> pictures(Path("nowhere"))
    {}
    """
    return {name: sha256(folder / name) for name in FIGURE_FILES if (folder / name).exists()}


def is_drawn(folder: Path, record: Mapping[str, Any]) -> bool:
    """Whether the figure is there in all its formats, as it was drawn; a picture that was damaged is named.

    >>> is_drawn(Path("nowhere"), {"pictures_sha256": {}})
    False
    """
    drawn, there = record["pictures_sha256"], pictures(folder)
    for name in FIGURE_FILES:
        if name in drawn and there.get(name) != drawn[name]:
            warn(f"{folder / name} is damaged or gone, and has to be drawn again")
    return len(drawn) == len(FIGURE_FILES) and there == drawn


def new_folder(final: Path) -> Path:
    """An empty folder beside `final` to write the new result into; leftovers of killed attempts are removed.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     new_folder(Path(folder, "result")).name.rpartition("-")[0]
    '.result.new'
    """
    for leftover in final.parent.glob(f".{final.name}.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    aside = final.with_name(f".{final.name}.new-{os.getpid()}")
    aside.mkdir(parents=True)
    return aside


def publish(aside: Path, final: Path) -> None:
    """Puts a finished folder in place of what stands at `final`, in one step where the system can.

    All of it is on the disk before it gets its name: a name that outlives a power cut without its content would be
    worse than no name.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     final = Path(folder, "result")
    ...     for text in ("old", "new"):
    ...         aside = new_folder(final)
    ...         _ = (aside / "note").write_text(text)
    ...         publish(aside, final)
    ...     (final / "note").read_text(), [path.name for path in Path(folder).iterdir()]
    ('new', ['result'])
    """
    _sync_tree(aside)
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
    _sync(final.parent)


def _sync_tree(folder: Path) -> None:
    """Brings a folder with all that is in it to the disk."""
    for path in folder.rglob("*"):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    """Brings a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _restore_parked(final: Path) -> None:
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
