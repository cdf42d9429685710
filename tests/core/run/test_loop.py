import contextlib
import signal
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.run import fence, loop
from core.run.checkpoint import steps_in
from core.run.loop import Keeping, NotFinite, chunked_scan
from core.run.stopping import Preempted, Superseded


class State(NamedTuple):
    x: jax.Array
    key: jax.Array
    best: jax.Array


def step(state, index):
    key, noise_key = jax.random.split(state.key)
    x = 0.9 * state.x + jax.random.normal(noise_key, state.x.shape) + 0.01 * index
    return State(x, key, jnp.minimum(state.best, x.min())), {"mean": x.mean(), "index": index}


def initial():
    return State(jnp.ones(5), jax.random.key(3), jnp.inf)


def same(a, b):
    def bits(x):
        return np.asarray(jax.random.key_data(x) if jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else x).tobytes()

    return all(bits(x) == bits(y) for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))


@pytest.fixture(scope="module")
def undisturbed():
    """What 50 steps in chunks of 10 end in when nothing happens."""
    return chunked_scan(step, initial(), 50, chunk=10)


@pytest.fixture
def after_chunk(monkeypatch):
    """Lets a test act after the chunk of a given number, where a person or a cluster might."""

    def set_up(number, act):
        chunks = iter(range(1, 100))

        @contextlib.contextmanager
        def watched(seconds, name):
            yield lambda: act() if next(chunks) == number else None

        monkeypatch.setattr(loop, "watchdog", watched)

    return set_up


@pytest.mark.parametrize("chunk", [7, 64])
def test_chunks_change_nothing(chunk, undisturbed):
    state, ys = chunked_scan(step, initial(), 50, chunk=chunk)
    np.testing.assert_allclose(state.x, undisturbed[0].x, rtol=1e-14)
    np.testing.assert_allclose(ys["mean"], undisturbed[1]["mean"], rtol=1e-14)
    np.testing.assert_array_equal(ys["index"], np.arange(50))


def test_the_loop_is_jax_scan(undisturbed):
    state, ys = jax.jit(lambda s: jax.lax.scan(step, s, jnp.arange(50)))(initial())
    np.testing.assert_allclose(state.x, undisturbed[0].x, rtol=1e-14)
    np.testing.assert_allclose(ys["mean"], undisturbed[1]["mean"], rtol=1e-14)


def test_no_steps_give_back_the_state_and_empty_outputs():
    state, ys = chunked_scan(step, initial(), 0)
    assert same(state, jax.tree.map(jnp.asarray, initial()))
    assert ys["mean"].shape == (0,)


@pytest.mark.parametrize(("number", "stop"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Preempted)])
def test_a_signal_saves_after_the_chunk_and_the_next_run_ends_in_the_same_bits(
    tmp_path, undisturbed, after_chunk, number, stop
):
    after_chunk(3, lambda: signal.raise_signal(number))
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt) as stopped:
        chunked_scan(step, initial(), 50, chunk=10, keeping=Keeping(tmp_path, seconds=1e9))
    assert stopped.type is stop
    assert signal.getsignal(number) is before
    assert steps_in(tmp_path / "steps") == [30]
    executed = []

    def watched(state, index):
        jax.debug.callback(lambda i: executed.append(int(i)), index)
        return step(state, index)

    resumed = chunked_scan(watched, initial(), 50, chunk=10, keeping=Keeping(tmp_path))
    jax.effects_barrier()
    assert min(executed) == 30
    assert same(resumed, undisturbed)


def test_a_second_ctrl_c_leaves_at_once(tmp_path, after_chunk):
    after_chunk(2, lambda: [signal.raise_signal(signal.SIGINT) for _ in range(2)])
    with pytest.raises(KeyboardInterrupt):
        chunked_scan(step, initial(), 50, chunk=10, keeping=Keeping(tmp_path, seconds=1e9))
    assert steps_in(tmp_path / "steps") == []


def test_the_older_of_two_copies_stops_without_a_write(tmp_path, after_chunk, monkeypatch, undisturbed):
    monkeypatch.setattr(fence, "_locked", lambda file: True)  # as on another host, whose locks this one does not see
    result, saves = tmp_path / "result", tmp_path / "saves"
    with contextlib.ExitStack() as newer, fence.only_attempt(result) as older:
        after_chunk(3, lambda: newer.enter_context(fence.only_attempt(result)))
        with pytest.raises(Superseded, match=r"a newer attempt at .*result has begun"):
            chunked_scan(step, initial(), 50, chunk=10, keeping=Keeping(saves, 0.0, older))
        assert [path.name for path in sorted((saves / "steps").iterdir())] == ["10", "20"]
    with fence.only_attempt(result) as newest:
        resumed = chunked_scan(step, initial(), 50, chunk=10, keeping=Keeping(saves, 0.0, newest))
    assert same(resumed, undisturbed)


def test_a_nan_stops_the_loop_with_quantity_and_step_and_keeps_the_last_good_state(tmp_path):
    def breaks(state, index):
        new, y = step(state, index)
        return new._replace(x=jnp.where(index == 33, jnp.nan, new.x)), y

    with pytest.raises(NotFinite, match=r"training: state\.x is not finite after step 33"):
        chunked_scan(breaks, initial(), 60, name="training", chunk=10, keeping=Keeping(tmp_path))
    assert steps_in(tmp_path / "training") == [30]


def test_an_infinity_stops_the_loop_unless_the_quantity_began_infinite():
    def overflows(state, index):
        return state._replace(x=state.x * 1e200, best=state.best), 0.0

    with pytest.raises(NotFinite, match=r"state\.x is not finite after step 1$"):
        chunked_scan(overflows, initial(), 10, chunk=10)


@pytest.mark.parametrize(("steps", "chunk"), [(-1, 10), (10, 0)])
def test_bad_lengths_are_refused(steps, chunk):
    with pytest.raises(ValueError, match="must be >="):
        chunked_scan(step, initial(), steps, chunk=chunk)
