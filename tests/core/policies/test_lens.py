import jax
import numpy as np

from core.policies.interventions.clip_batch import clip_batch
from core.policies.interventions.interface import NOTHING
from core.policies.interventions.one_of import one_of
from core.policies.lens import one_step
from core.policies.testbed import bandit_recipe
from tests.compiled import compiled


def test_the_prediction_misses_by_the_square_of_the_step():
    recipe, params = bandit_recipe(jax.random.key(0), states=8, answers=4, prompts=8, size=4)
    table = {"logits": params["logits"].astype(float)}
    methods = NOTHING, clip_batch(0.5)

    @compiled
    def step(index, rate):
        return one_step(recipe._replace(method=one_of(methods, index)), table, jax.random.key(1), rate)

    for index in range(len(methods)):
        pairs = np.array([step(np.asarray(index), rate) for rate in (0.02, 0.04)])
        miss = np.abs(pairs[:, 0] - pairs[:, 1])
        assert 3.7 < miss[1] / miss[0] < 4.3
        assert np.sign(pairs[0, 0]) == np.sign(pairs[0, 1])
