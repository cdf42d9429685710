from functools import partial

import jax
import numpy as np

from core.policies.testbed import bandit_recipe
from core.policies.watch import watch_tokens
from core.run.mesh import device_mesh
from tests.compiled import compiled


def test_what_is_seen_is_what_was_trained_on():
    """Two seeds, three rollouts: entropy, its change, the law -E[A (S - E S)] by hand, and the reward."""
    recipe, params = bandit_recipe(jax.random.key(0), states=8, answers=4, prompts=4, size=4, updates=1, horizon=3)
    keys = jax.random.split(jax.random.key(1), 2)
    reports, tokens = compiled(partial(watch_tokens, recipe, mesh=device_mesh()))(params, keys)
    score = np.exp(tokens.log_prob) * (tokens.log_prob + tokens.entropy)
    law = -tokens.advantage * (score - tokens.expected)
    np.testing.assert_allclose(np.mean(tokens.entropy, (2, 3)), reports["entropy"], rtol=1e-6)
    for found, name in ((tokens.change, "entropy_change"), (law, "predicted_change")):
        np.testing.assert_allclose(np.mean(found, (2, 3)), reports[name], rtol=1e-3, atol=1e-7)
    np.testing.assert_allclose(np.mean(tokens.reward, 2), reports["reward"], rtol=1e-6)
