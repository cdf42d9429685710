from functools import partial

import jax
import numpy as np
import pytest

from core.policies.interventions.entropy_bonus import entropy_bonus
from core.policies.interventions.interface import NOTHING
from core.policies.testbed import SumRuns, bandit_recipe, compare
from core.run.mesh import device_mesh
from tests.compiled import compiled


def test_each_method_starts_from_each_seeds_own_base():
    recipe, _ = bandit_recipe(jax.random.key(0), states=8, answers=4, prompts=4, size=4, updates=1, horizon=2)
    peaked = 2 * np.eye(4, dtype=np.float32)[np.arange(8) % 4]
    bases = {"logits": np.stack([0 * peaked, peaked])}
    p = np.exp([2.0, 0, 0, 0]) / np.exp([2.0, 0, 0, 0]).sum()
    methods = (NOTHING, entropy_bonus(0.0), entropy_bonus(0.3))
    compared = compiled(partial(compare, recipe, methods=methods, mesh=device_mesh(), own=True))
    entropy = compared(bases, keys=compiled(jax.random.split)(jax.random.key(1)))["entropy"]
    np.testing.assert_allclose(entropy[:, :, 0], np.broadcast_to([np.log(4), -p @ np.log(p)], (3, 2)), atol=1e-5)
    np.testing.assert_allclose(entropy[0], entropy[1], atol=1e-6)
    assert np.abs(entropy[2] - entropy[0])[1, 1] > 1e-4, "the bonus does something"


def test_runs_on_sums_have_at_least_two_seeds():
    with pytest.raises(ValueError, match="seeds=1: must be >= 2"):
        SumRuns(seeds=1)
