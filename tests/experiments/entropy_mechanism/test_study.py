import jax.numpy as jnp
import numpy as np

from core.policies.tasks import modular_sum
from experiments.entropy_mechanism._study import taught_curve


def test_the_taught_family_is_what_the_task_teaches():
    """Base policy of the task by enumeration of all answers, for three rates of slips."""
    entropies, rewards = taught_curve()
    partial, last = np.divmod(np.arange(100), 10)
    prompts = jnp.broadcast_to(jnp.array([3, 9, 4, 18]), (100, 4))
    responses = jnp.stack([jnp.full(100, 10), jnp.asarray(partial), jnp.asarray(last)], axis=1)
    for slip in (0.1, 0.35, 0.8):
        task = modular_sum(slip=slip)
        base = np.asarray(task.base(prompts, responses), float)
        chance = base[np.arange(100), 1, partial] * base[np.arange(100), 2, last]
        reward = chance @ np.asarray(task.reward(prompts, responses))
        row = base[0, 1, :10]
        entropy = -row @ np.log(row)
        np.testing.assert_allclose(chance.sum(), 1, rtol=1e-6)
        np.testing.assert_allclose(np.interp(-entropy, -entropies, rewards), reward, atol=1e-4)
