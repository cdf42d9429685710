"""Independent work shared by several processes of this machine: `--jobs`."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Any

GRACE_SECONDS = 20.0  # between SIGTERM and SIGKILL
_MOST = 8  # of our own accord: each takes its own memory
_AGAIN_SECONDS = 2.0
JOBS = "processes that share the work; 0: one a core, and one in all where there is an accelerator"


def default_count() -> int:
    """One worker a core; one in all where there is an accelerator, which one process fills."""
    accelerators = [*Path("/dev").glob("nvidia[0-9]*"), *Path("/dev").glob("accel[0-9]*")]
    return 1 if accelerators else os.cpu_count() or 1


def count_of(jobs: int, items: int) -> int:
    """How many processes are worth starting.

    >>> count_of(3, 100), count_of(3, 2), count_of(1, 0)
    (3, 2, 1)
    """
    return max(1, min(jobs or min(default_count(), _MOST), items))


def each(
    work: Callable[[Any], Any], items: Sequence[Any], jobs: int, prepare: Callable[[], object], *, apart: bool = False
) -> Iterator[tuple[Any, Any]]:
    """(item, `work(item)`) in the order in which they end; `prepare` comes first, once in each process.

    One job works here, unless `apart`. More are fresh processes: `work`, `prepare` and the items are pickled, what one
    of them prints is printed, and all are asked by SIGTERM to save and leave when this iterator is closed or raises.
    """
    if count_of(jobs, len(items)) == 1 and not apart:
        prepare()
        yield from ((item, work(item)) for item in items)
        return
    before = set(multiprocessing.active_children())
    begin = partial(_begin, prepare)
    with ProcessPoolExecutor(count_of(jobs, len(items)), multiprocessing.get_context("spawn"), begin) as pool:
        ahead = {pool.submit(work, item): item for item in items}
        try:
            for future in as_completed(ahead):
                yield ahead[future], future.result()
        except BrokenProcessPool:  # whose pool holds its own lock until the others have left
            _end([child for child in multiprocessing.active_children() if child not in before])
            advice = "" if apart else "; the same command with --jobs=1 goes on"
            raise RuntimeError(f"a process died, as when memory runs out{advice}") from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            _end([child for child in multiprocessing.active_children() if child not in before])
            raise


def _begin(prepare: Callable[[], object]) -> None:
    """What a process does before its first item."""
    os.environ["TQDM_DISABLE"] = "1"  # bars of several processes would overwrite each other
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of us; the parent passes it on as SIGTERM
    parent = multiprocessing.parent_process()
    if parent is not None:  # a parent that is killed can't ask anybody to leave
        threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()
    prepare()


def _end(children: Sequence[multiprocessing.process.BaseProcess]) -> None:
    """SIGTERM, again for those who saved at the first one and then wait for work; SIGKILL when the time is over."""
    until = time.monotonic() + GRACE_SECONDS
    while (left := [child for child in children if child.is_alive()]) and time.monotonic() < until:
        for child in left:
            child.terminate()
        left[0].join(_AGAIN_SECONDS)
    for child in left:
        child.kill()
