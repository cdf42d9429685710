"""Ends a process that no longer makes progress, though its threads and its heartbeats live."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.run.complain import complain
from core.run.stopping import EXIT_REQUEUE


@contextmanager
def watchdog(seconds: float | None, name: str = "the run") -> Iterator[Callable[[], None]]:
    """Lends a function that must be called at least every `seconds` until the block ends; None never ends anything.

    When it is not, the process leaves at once with one line and the status 75, by which a scheduler starts it again:
    what hangs can't be asked to clean up. It can't see a thread that holds Python's lock for ever.

    >>> with watchdog(60.0, "three steps") as pet:
    ...     for _ in range(3):
    ...         pet()
    """
    if seconds is None:
        yield lambda: None
        return
    if not seconds > 0:
        raise ValueError(f"watchdog_seconds must be > 0, got {seconds}")
    petted, over = threading.Event(), threading.Event()

    def watch() -> None:
        while petted.wait(seconds):
            petted.clear()
            if over.is_set():
                return
        complain(
            f"{name} made no progress for {seconds:g} s; run the same command again to go on from the last checkpoint"
        )
        sys.stderr.flush()
        os._exit(EXIT_REQUEUE)

    threading.Thread(target=watch, name="watchdog", daemon=True).start()
    try:
        yield petted.set
    finally:
        over.set()
        petted.set()
