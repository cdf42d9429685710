"""How a run is asked to stop: Ctrl-C by a person, SIGTERM by a cluster that wants its machine back."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

EXIT_SUPERSEDED, EXIT_REQUEUE, EXIT_INTERRUPTED = 3, 75, 130


class Preempted(KeyboardInterrupt):
    """SIGTERM came. The same command goes on later: the exit status 75 asks a scheduler to start it again."""


class Superseded(KeyboardInterrupt):
    """A newer copy of this run owns its result.

    The exit status is not 75: two copies whose scheduler starts them again would supersede each other for ever.
    """


def exit_status(stop: KeyboardInterrupt) -> int:
    """The exit status of a command that was stopped.

    >>> exit_status(Preempted()), exit_status(Superseded()), exit_status(KeyboardInterrupt())
    (75, 3, 130)
    """
    return {Preempted: EXIT_REQUEUE, Superseded: EXIT_SUPERSEDED}.get(type(stop), EXIT_INTERRUPTED)


def farewell(stop: KeyboardInterrupt) -> str:
    """What a command that was stopped says, in one line.

    >>> farewell(Preempted())
    'stopped by SIGTERM; run the same command again to go on from the last checkpoint'
    """
    if isinstance(stop, Superseded):
        return str(stop)
    cause = "stopped by SIGTERM" if isinstance(stop, Preempted) else "interrupted"
    return f"{cause}; run the same command again to go on from the last checkpoint"


def stop_for(signum: int) -> KeyboardInterrupt:
    """The exception that a signal asks for.

    >>> stop_for(signal.SIGTERM), stop_for(signal.SIGINT)
    (Preempted(), KeyboardInterrupt())
    """
    return Preempted() if signum == signal.SIGTERM else KeyboardInterrupt()


@contextmanager
def preemptible() -> Iterator[None]:
    """SIGTERM raises `Preempted` where the program stands, as Ctrl-C raises `KeyboardInterrupt`."""

    def on_signal(signum: int, frame: Any) -> None:
        raise Preempted

    with _handled(on_signal, signal.SIGTERM):
        yield


@contextmanager
def deferred_stop() -> Iterator[Callable[[], int]]:
    """Turns Ctrl-C and SIGTERM into a number (0: none came), so that a loop can save before it leaves.

    A second Ctrl-C leaves at once; a second SIGTERM changes nothing, because a scheduler that can't wait sends SIGKILL.

    >>> with deferred_stop() as asked:
    ...     asked()
    0
    """
    came: list[int] = []

    def on_signal(signum: int, frame: Any) -> None:
        came.append(signum)
        if came.count(signal.SIGINT) > 1:
            raise KeyboardInterrupt
        if len(came) == 1:
            again = "; Ctrl-C again to leave at once" if signum == signal.SIGINT else ""
            print(f"\nstopping after this chunk, to save{again}", file=sys.stderr)

    with _handled(on_signal, signal.SIGINT, signal.SIGTERM):
        yield lambda: max(came, default=0)


@contextmanager
def _handled(handler: Callable[[int, Any], None], *signals: int) -> Iterator[None]:
    try:
        before = {number: signal.signal(number, handler) for number in signals}
    except ValueError:  # not the main thread: whoever owns the signals decides
        yield
        return
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, signal.SIG_DFL if old is None else old)  # None: a handler that is not Python's
