"""Seeds in one program give what they give alone; what can't be vmapped, or is wrong, is told and not guessed."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.run.experiment import Experiment
from launch.sweeps.batches import TRACING, compute_alone, compute_vmapped

SEEDS = (3, 0, 2**32 - 1)


class Config(NamedTuple):
    size: int = 8


def experiment(compute, gaps=()):
    return Experiment({"smoke": Config()}, compute, lambda config, arrays: None, gaps=gaps)


def walk(config, key, run):
    def step(state, index):
        state = 0.9 * state + jax.random.normal(jax.random.fold_in(key, index), (config.size,))
        return state, state.sum()

    state, path = run.scan(step, jnp.zeros(config.size), 30, name="walk", chunk=7)
    host = np.arange(config.size, dtype=np.float32)  # host code that does not depend on the key
    return {"end": state, "path": path, "host": host, "scale": np.float32(float(jnp.sum(jnp.asarray(host))))}


def test_together_and_alone_agree_to_rounding():
    together = compute_vmapped(experiment(walk), Config(), SEEDS)
    assert not isinstance(together, str)
    for seed, result in zip(SEEDS, together, strict=True):
        alone = compute_alone(experiment(walk), Config(), seed)
        assert (result.error, alone.error) == (None, None)
        assert (result.vmapped, alone.vmapped) == (True, False)
        assert result.arrays.keys() == alone.arrays.keys()
        for name, value in alone.arrays.items():
            assert result.arrays[name].dtype == value.dtype, name
            np.testing.assert_allclose(result.arrays[name], value, rtol=1e-12, atol=1e-12)
    assert not np.array_equal(together[0].arrays["end"], together[1].arrays["end"])


@pytest.mark.parametrize("host", [float, np.asarray, lambda x: x.item() if x > 0 else 0.0, lambda x: x.devices()])
def test_host_code_on_random_numbers_goes_one_by_one(host):
    found = compute_vmapped(experiment(lambda c, key, run: {"x": host(jax.random.uniform(key))}), Config(), SEEDS)
    assert found in TRACING


def test_a_check_at_the_door_is_not_bypassed():
    def guarded(config, key, run):
        share = jnp.asarray(float(config.size))
        if share > 4:
            raise ValueError("share must be at most 4")
        return {"x": jax.random.uniform(key) * share}

    assert compute_vmapped(experiment(guarded), Config(), SEEDS) == "ValueError"
    assert compute_alone(experiment(guarded), Config(), 0).error == "ValueError: share must be at most 4"
    assert compute_alone(experiment(guarded), Config(4), 0).error is None


def test_a_number_that_is_not_finite_fails_its_own_seed():
    def sometimes(config, key, run):
        u = jax.random.uniform(key)
        return {"x": jnp.where(u < 0.5, jnp.nan, u), "u": u}

    found = compute_vmapped(experiment(sometimes), Config(), range(8))
    failed = [result.error is not None for result in found]
    assert 0 < sum(failed) < 8
    assert failed == [compute_alone(experiment(sometimes), Config(), seed).error is not None for seed in range(8)]
    allowed = compute_vmapped(experiment(sometimes, gaps=("x",)), Config(), range(8))
    assert all(result.error is None for result in allowed)
