from functools import partial

import jax
import numpy as np

from core.policies.surrogate import look_again
from core.policies.testbed import bandit_recipe
from core.policies.watch import watch, watch_tokens
from core.run.mesh import device_mesh
from tests.compiled import compiled


def test_what_is_seen_is_what_was_trained_on():
    recipe, params = bandit_recipe(jax.random.key(0), states=8, answers=4, prompts=4, size=4, updates=1, horizon=3)

    def look(batch, after):
        return batch.entropy, look_again(recipe.apply, after, batch).entropy

    key = jax.random.key(1)
    reports, (before, after) = compiled(partial(watch, recipe, look=look))(params, key)
    np.testing.assert_allclose(before.mean((1, 2)), reports["entropy"], rtol=1e-6)
    np.testing.assert_allclose((after - before).mean((1, 2)), reports["entropy_change"], rtol=1e-3, atol=1e-7)


def test_records_of_tokens_average_to_the_reports():
    """Two seeds, three rollouts: entropy, its change, the law -E[A (S - E S)] by hand, and the reward."""
    recipe, params = bandit_recipe(jax.random.key(0), states=8, answers=4, prompts=4, size=4, updates=1, horizon=3)
    keys = jax.random.split(jax.random.key(1), 2)
    reports, tokens = compiled(partial(watch_tokens, recipe, mesh=device_mesh()))(params, keys)
    score = np.exp(tokens.log_prob) * (tokens.log_prob + tokens.entropy)
    law = -tokens.advantage * (score - tokens.expected)
    for found, name in ((tokens.entropy, "entropy"), (tokens.change, "entropy_change"), (law, "predicted_change")):
        np.testing.assert_allclose(np.mean(found, (2, 3)), reports[name], rtol=1e-3, atol=1e-7)
    np.testing.assert_allclose(np.mean(tokens.reward, 2), reports["reward"], rtol=1e-6)
