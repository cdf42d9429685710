"""How a command ends: what went wrong in one line, on any terminal, and an exit status."""

import os
import re
import sys
from collections.abc import Callable, Sequence

_LONGEST_WORD, _LONGEST_LINE = 300, 1500


def complain(text: str) -> None:
    """Prints `error: <text>` on the standard error stream.

    >>> from contextlib import redirect_stderr
    >>> with redirect_stderr(sys.stdout):
    ...     complain("no such figure")
    error: no such figure
    """
    print(f"error: {one_line(text)}", file=sys.stderr)


def warn(text: str) -> None:
    """Prints `warning: <text>` on the standard error stream: nothing failed, but somebody should know.

    >>> from contextlib import redirect_stderr
    >>> with redirect_stderr(sys.stdout):
    ...     warn("a checkpoint is damaged")
    warning: a checkpoint is damaged
    """
    print(f"warning: {one_line(text)}", file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    r"""The text with what can't be shown escaped (line breaks, broken bytes, marks that turn a line round), and cut.

    >>> print(one_line("no figure 'a\n\udcff'"))
    no figure 'a\n\udcff'
    """
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    shown = re.sub(rf"\S{{{_LONGEST_WORD},}}", lambda word: f"{word[0][:100]}…{word[0][-100:]}", shown)
    return shown if len(shown) <= _LONGEST_LINE else f"{shown[: _LONGEST_LINE - 300]} … {shown[-290:]}"


def leave(main: Callable[[Sequence[str]], int]) -> None:
    """Runs a command as the program that it is; a reader who has seen enough (`| head`) is no error of ours.

    >>> leave(lambda words: 3)
    Traceback (most recent call last):
    SystemExit: 3
    """
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except OSError as error:
        # what is still in the buffer can't be written: without this, Python would try again at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141  # as a shell reports a closed pipe
        if not isinstance(error, BrokenPipeError):
            complain(f"can't write: {error.strerror}")
            status = 1
    sys.exit(status)
