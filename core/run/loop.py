"""Long loops as chunked scans: progress with time left, checkpoints, signals and NaN handled once, for everybody.

A callback each step would cost more than most steps do; a host loop over compiled chunks costs nothing.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from tqdm import tqdm

from core.run.checkpoint import NO_CHECKPOINTS, open_checkpoints
from core.run.fence import UNFENCED, Attempt
from core.run.stopping import deferred_stop, stop_for
from core.run.together import everyone, on_host
from core.run.watchdog import watchdog

Step = Callable[[Any, jax.Array], tuple[Any, Any]]


class Keeping(NamedTuple):
    """Where and how often a loop is saved."""

    folder: Path | None  # None: never
    seconds: float = 30.0  # between two saves
    attempt: Attempt = UNFENCED  # only the newest attempt at a result saves
    watchdog_seconds: float | None = None  # a chunk that takes longer ends the process


NOT_KEPT = Keeping(None)


class NotFinite(ArithmeticError):
    """A quantity became NaN or infinite."""


def chunked_scan(
    step: Step, state: Any, steps: int, *, name: str = "steps", chunk: int = 100, keeping: Keeping = NOT_KEPT
) -> tuple[Any, Any]:
    """Like `jax.lax.scan(step, state, jnp.arange(steps))`, in compiled chunks of `chunk` steps.

    The chunks begin at multiples of `chunk` whatever happens, so that a run that was killed and resumed goes through
    the same programs, and ends in the same bits, as one that was not.

    Args:
        step: `(state, index) -> (state, y)`.
        state: The initial state, any tree of arrays; typed keys are welcome.
        steps: How many steps.
        name: What the progress bar and the errors call this loop; unique within an experiment.
        chunk: Steps a compiled call.
        keeping: Where to save and how often; resumes from what is there.

    Returns:
        The final state and the `y` of all steps, stacked, on the host.

    Raises:
        NotFinite: when the state or a `y` becomes NaN, or the state infinite: names the quantity and the step.
        KeyboardInterrupt: after Ctrl-C, when the state has been saved; `Preempted` after SIGTERM, on all processes
            of the run at the same step, whichever got the signal; `Superseded` when a newer copy of the run has begun.

    Examples:
        >>> total, before = chunked_scan(lambda state, index: (state + index, state), jnp.asarray(0), 4, chunk=2)
        >>> int(total), before.tolist()  # 0 + 1 + 2 + 3
        (6, [0, 0, 1, 3])
    """
    if steps < 0 or chunk < 1:
        raise ValueError(f"{name}: steps={steps} must be >= 0 and chunk={chunk} >= 1")
    state = jax.tree.map(jnp.asarray, state)

    @partial(jax.jit, static_argnums=2)
    def advance(state: Any, start: jax.Array, length: int) -> tuple[Any, Any]:
        return jax.lax.scan(step, state, start + jnp.arange(length))

    outputs = jax.eval_shape(lambda s: jax.lax.scan(step, s, jnp.arange(1)), state)[1]
    watched = [bool(infinite) for _, infinite in _doubts(state)]
    checkpoints = open_checkpoints(keeping.folder / name, keeping.attempt) if keeping.folder else NO_CHECKPOINTS
    done, (state, ys) = checkpoints.restore(lambda step: (state, _empty(outputs, step))) or (0, (state, None))
    pieces, saved = [jax.tree.map(np.asarray, ys)] if done else [], time.monotonic()
    with (
        deferred_stop() as asked,
        _progress(name, steps, done) as progress,
        watchdog(keeping.watchdog_seconds, name) as pet,
    ):
        while done < steps:
            length = min(chunk, steps - done)
            new_state, new_ys = jax.block_until_ready(advance(state, jnp.asarray(done), length))
            if (bad := _not_finite(new_state, new_ys, watched)) is not None:
                checkpoints.save(done, (state, _joined(pieces) if pieces else _empty(outputs, 0)))
                raise NotFinite(_where(advance, state, done, length, watched, name) or f"{name}: {bad} is not finite")
            state, done = new_state, done + length
            pieces.append(jax.tree.map(on_host, new_ys))
            progress(length)
            pet()
            stop, due = _agreed(asked(), time.monotonic() - saved >= keeping.seconds)
            if due or stop:
                pieces, saved = [_joined(pieces)], time.monotonic()
                checkpoints.save(done, (state, pieces[0]))
            if stop:
                raise stop_for(stop)
    return state, _joined(pieces) if pieces else _empty(outputs, 0)


def _agreed(signal: int, due: bool) -> tuple[int, bool]:
    """One decision for all processes, because saving takes all: a signal to any of them, the leader's clock."""
    heard = everyone(signal, due)
    return int(heard[:, 0].max()), bool(heard[0, 1])


def _empty(outputs: Any, steps: int) -> Any:
    return jax.tree.map(lambda y: np.empty((steps, *y.shape[1:]), y.dtype), outputs)


def _joined(pieces: list[Any]) -> Any:
    return pieces[0] if len(pieces) == 1 else jax.tree.map(lambda *ys: np.concatenate(ys), *pieces)


@contextmanager
def _progress(name: str, steps: int, done: int) -> Iterator[Callable[[int], Any]]:
    """A bar with rate and time left on a terminal; silence elsewhere."""
    with tqdm(total=steps, initial=done, desc=name, unit="step", file=sys.stderr, disable=None, leave=False) as bar:
        yield bar.update


@jax.jit
def _doubts(tree: Any) -> list[tuple[jax.Array, jax.Array]]:
    """Of each leaf, whether something in it is NaN and whether something is infinite: one program for all leaves."""

    def doubt(x: jax.Array) -> tuple[jax.Array, jax.Array]:
        numbers = x if jnp.issubdtype(x.dtype, jnp.inexact) else jnp.zeros(1)
        return jnp.isnan(numbers).any(), jnp.isinf(numbers).any()

    return [doubt(x) for x in jax.tree.leaves(tree)]


def _not_finite(state: Any, ys: Any, may_be_infinite: list[bool]) -> str | None:
    """The first leaf of the state that is NaN (or infinite, unless it began so), or of `ys` that is NaN."""
    leaves = jax.tree_util.tree_leaves_with_path(state)
    for (path, _), (nan, infinite), allowed in zip(leaves, _doubts(state), may_be_infinite, strict=True):
        if nan or (infinite and not allowed):
            return "state" + jax.tree_util.keystr(path)
    for (path, _), (nan, _) in zip(jax.tree_util.tree_leaves_with_path(ys), _doubts(ys), strict=True):
        if nan:
            return "output" + jax.tree_util.keystr(path)
    return None


def _where(advance: Any, state: Any, start: int, length: int, may_be_infinite: list[bool], name: str) -> str | None:
    """Walks through the chunk once more, step by step, to name the step."""
    for index in range(start, start + length):
        state, ys = advance(state, jnp.asarray(index), 1)
        if (bad := _not_finite(state, ys, may_be_infinite)) is not None:
            return f"{name}: {bad} is not finite after step {index}"
    return None
