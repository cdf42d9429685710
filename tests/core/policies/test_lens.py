from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from core.policies.interventions.clip_batch import clip_batch
from core.policies.interventions.interface import NOTHING
from core.policies.lens import one_step
from core.policies.testbed import bandit_recipe


def test_the_prediction_misses_by_the_square_of_the_step():
    recipe, params = bandit_recipe(jax.random.key(0), states=8, answers=6, prompts=8, size=4)
    table = {"logits": params["logits"].astype(float)}
    for method in (NOTHING, clip_batch(0.5)):
        step = jax.jit(partial(one_step, recipe._replace(method=method), table, jax.random.key(1)))
        miss = [abs(float(np.subtract(*step(rate)))) for rate in (0.02, 0.04)]
        assert 3.7 < miss[1] / miss[0] < 4.3
        assert jnp.sign(step(0.02)[0]) == jnp.sign(step(0.02)[1])
