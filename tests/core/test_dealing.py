import jax
import numpy as np
import pytest

from core.dealing import over_devices, over_grid
from core.run.mesh import device_mesh


def test_runs_keep_their_order_and_their_trees():
    """On one device here; `tests/core/test_sharded.py` has the same bits on eight, and on two processes."""
    keys, shifts = jax.random.split(jax.random.key(0), 5), np.arange(5.0)

    def run(key, shift):
        return {"shift": shift, "draws": jax.random.normal(key, (2,)) + shift}

    found = jax.jit(lambda *runs: over_devices(device_mesh(), run, *runs))(keys, shifts)
    np.testing.assert_array_equal(found["shift"], shifts)
    expected = np.stack([jax.random.normal(key, (2,)) for key in keys]) + shifts[:, None]
    np.testing.assert_allclose(found["draws"], expected, rtol=1e-15)


def test_a_grid_has_every_combination_in_its_place():
    keys, pairs = jax.random.split(jax.random.key(0), 2), {"low": np.arange(3.0), "high": 10 * np.arange(3.0)}

    def run(key, pair):
        return jax.random.normal(key, (2,)) + pair["low"] + pair["high"]

    found = jax.jit(lambda *axes: over_grid(device_mesh(), run, *axes))(keys, pairs)
    expected = [[run(key, {name: x[place] for name, x in pairs.items()}) for place in range(3)] for key in keys]
    np.testing.assert_allclose(found, np.array(expected), rtol=1e-15)


@pytest.mark.parametrize("axes", [(np.ones(3), np.ones((0, 2))), ((np.ones(3), np.ones(2)), np.ones(2))])
def test_a_grid_with_an_axis_without_one_length_is_refused(axes):
    with pytest.raises(ValueError, match="runs have the leading lengths"):
        over_grid(device_mesh(), lambda *run: run[0], *axes)


@pytest.mark.parametrize("runs", [(np.ones(3), np.ones(2)), (np.ones((0, 2)),), (np.float64(1),), ()])
def test_runs_without_one_common_length_are_refused(runs):
    with pytest.raises(ValueError, match="runs have the leading lengths"):
        over_devices(device_mesh(), lambda *run: run[0], *runs)
