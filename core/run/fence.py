"""One writer a result: a lock among the processes of a host, and a fence against a copy that should be dead.

A cluster that loses sight of a process starts its run again, maybe elsewhere, while the old one may live on. So the
file beside the result holds the token of the newest attempt. Whoever finds another token there stops without a write.
"""

import errno
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, NamedTuple

from core.run.stopping import Superseded
from core.run.together import from_leader, is_leader

_LENGTH = 8  # of a token in hex: writing one over the other leaves one of them, never a mixture of two lengths


class Attempt(NamedTuple):
    """One attempt at a result."""

    folder: Path  # of the result
    token: int  # the same on all processes of the run
    is_newest: Callable[[], bool]  # whether no other has begun since


UNFENCED = Attempt(Path(), 0, lambda: True)


@contextmanager
def only_attempt(folder: Path) -> Iterator[Attempt]:
    """Makes this run the newest attempt at the result in `folder`.

    Raises:
        ValueError: when another process of this host is at it; the lock ends with the process.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder, only_attempt(Path(folder, "result")) as attempt:
        ...     attempt.is_newest()
        True
    """
    path = folder.with_name(f".{folder.name}.lock")
    mine = secrets.randbits(31)
    with _claimed(path, mine, folder) if is_leader() else nullcontext():
        token = from_leader(mine)
        yield Attempt(folder, token, lambda: _is_newest(path, token))


def insist(attempt: Attempt) -> None:
    """Called by all processes before they write.

    Raises:
        Superseded: when a newer attempt has begun, or when it can't be seen that none has.

    Examples:
        >>> insist(UNFENCED)  # nothing to object to
    """
    if not from_leader(is_leader() and attempt.is_newest()):
        raise superseded(attempt)


def superseded(attempt: Attempt) -> Superseded:
    """What an attempt raises that is not the newest.

    >>> print(superseded(Attempt(Path("result"), 1, lambda: False)))
    a newer attempt at result has begun; this one stops without a write
    """
    return Superseded(f"a newer attempt at {attempt.folder} has begun; this one stops without a write")


@contextmanager
def _claimed(path: Path, token: int, folder: Path) -> Iterator[None]:
    # not truncated: whoever is refused must not touch what is there, and the file stays, because removing it would let
    # a third process lock another file of the same name
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b", buffering=0) as file:
        if not _locked(file):
            raise ValueError(f"another process is computing {folder}; wait for it, or choose another --out")
        file.write(_spelled(token))
        os.fsync(file.fileno())
        yield


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EWOULDBLOCK, errno.EACCES)  # a file system without locks has the fence alone
    return True


def _is_newest(path: Path, token: int) -> bool:
    try:  # opening is what makes a network file system look at the server's copy
        return path.read_bytes() == _spelled(token)
    except OSError:
        return False


def _spelled(token: int) -> bytes:
    return f"{token:0{_LENGTH}x}".encode()
