from functools import partial

import jax
import numpy as np

from core.policies.surrogate import look_again
from core.policies.testbed import bandit_recipe
from core.policies.watch import watch


def test_what_is_seen_is_what_was_trained_on():
    recipe, params = bandit_recipe(jax.random.key(0), states=8, answers=4, prompts=4, size=4, updates=1, horizon=3)

    def look(batch, after):
        return batch.entropy, look_again(recipe.apply, after, batch).entropy

    key = jax.random.key(1)
    reports, (before, after) = jax.jit(partial(watch, recipe, look=look))(params, key)
    np.testing.assert_allclose(before.mean((1, 2)), reports["entropy"], rtol=1e-6)
    np.testing.assert_allclose((after - before).mean((1, 2)), reports["entropy_change"], rtol=1e-3, atol=1e-7)
