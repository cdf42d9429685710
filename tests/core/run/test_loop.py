import signal
import threading
import time
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.run.loop import Keeping, NotFinite, chunked_scan


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


@pytest.mark.parametrize("chunk", [1, 7, 20, 64])
def test_chunks_change_nothing(chunk):
    whole = jax.jit(lambda s: jax.lax.scan(step, s, jnp.arange(20)))(initial())
    state, ys = chunked_scan(step, initial(), 20, chunk=chunk)
    np.testing.assert_allclose(state.x, whole[0].x, rtol=1e-14)
    np.testing.assert_allclose(ys["mean"], whole[1]["mean"], rtol=1e-14)
    np.testing.assert_array_equal(ys["index"], np.arange(20))


def test_no_steps_give_back_the_state_and_empty_outputs():
    state, ys = chunked_scan(step, initial(), 0)
    assert same(state, jax.tree.map(jnp.asarray, initial()))
    assert ys["mean"].shape == (0,)


def test_a_resumed_loop_ends_in_the_bits_of_an_undisturbed_one(tmp_path):
    undisturbed = chunked_scan(step, initial(), 95, chunk=10)
    keeping = Keeping(tmp_path, seconds=0.0)  # a checkpoint each chunk
    chunked_scan(step, initial(), 40, chunk=10, keeping=keeping)  # as if killed after 40 of 95 steps
    executed = []

    def watched(state, index):
        jax.debug.callback(lambda i: executed.append(int(i)), index)
        return step(state, index)

    resumed = chunked_scan(watched, initial(), 95, chunk=10, keeping=keeping)
    jax.effects_barrier()
    assert min(executed) == 40
    assert same(resumed, undisturbed)


def test_an_unreadable_checkpoint_falls_back_to_the_one_before(tmp_path, capsys):
    keeping = Keeping(tmp_path, seconds=0.0)
    undisturbed = chunked_scan(step, initial(), 50, chunk=10)
    chunked_scan(step, initial(), 40, chunk=10, keeping=keeping)
    for path in (tmp_path / "steps" / "40").rglob("*"):
        if path.is_file():
            path.write_bytes(b"")
    assert same(chunked_scan(step, initial(), 50, chunk=10, keeping=keeping), undisturbed)
    assert "checkpoint 40" in capsys.readouterr().err


def test_a_nan_stops_the_loop_with_quantity_and_step_and_keeps_the_last_good_state(tmp_path):
    def breaks(state, index):
        new, y = step(state, index)
        return new._replace(x=jnp.where(index == 33, jnp.nan, new.x)), y

    with pytest.raises(NotFinite, match=r"training: state\.x is not finite after step 33"):
        chunked_scan(breaks, initial(), 60, name="training", chunk=10, keeping=Keeping(tmp_path))
    assert (tmp_path / "training" / "30").is_dir()


def test_an_infinity_stops_the_loop_unless_the_quantity_began_infinite():
    def overflows(state, index):
        return state._replace(x=state.x * 1e200, best=state.best), 0.0

    with pytest.raises(NotFinite, match=r"state\.x is not finite after step 1$"):
        chunked_scan(overflows, initial(), 10)


def test_ctrl_c_saves_and_the_next_run_goes_on(tmp_path):
    def slow(state, index):
        jax.debug.callback(lambda i: time.sleep(0.02), index)
        return step(state, index)

    threading.Timer(0.5, signal.raise_signal, [signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        chunked_scan(slow, initial(), 500, chunk=5, keeping=Keeping(tmp_path))
    saved = max(int(path.name) for path in (tmp_path / "steps").iterdir() if path.name.isdigit())
    assert 0 < saved < 500
    assert same(
        chunked_scan(step, initial(), 500, chunk=5, keeping=Keeping(tmp_path)),
        chunked_scan(step, initial(), 500, chunk=5),
    )


@pytest.mark.parametrize(("steps", "chunk"), [(-1, 10), (10, 0)])
def test_bad_lengths_are_refused(steps, chunk):
    with pytest.raises(ValueError, match="must be >="):
        chunked_scan(step, initial(), steps, chunk=chunk)
