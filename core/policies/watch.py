"""Training that lets someone look: each rollout and the policy after it, handed to a function of the caller."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from core.policies.interventions.interface import Batch, Context, Intervention, Shaped, chain
from core.policies.training import Recipe, rollout, training_init, training_step


def watch(
    recipe: Recipe, params: PyTree, key: Key[Array, ""], look: Callable[[Batch, PyTree], PyTree]
) -> tuple[dict[str, Float[Array, " rollouts"]], PyTree]:
    """The reports of `train`, and `look(batch, params)` of every rollout with the parameters that came out of it.

    The rollout gets here through the memory of a method that does nothing else, so that what is looked at is what was
    trained on.

    >>> from core.policies.testbed import bandit_recipe
    >>> recipe, params = bandit_recipe(jax.random.key(0), states=2, answers=4, prompts=3, size=5, updates=1, horizon=7)
    >>> looks = lambda key: watch(recipe, params, key, lambda batch, params: (batch.reward, params["logits"]))[1]
    >>> [x.shape for x in jax.eval_shape(looks, jax.random.key(1))]  # rollouts x answers, rollouts x the table
    [(7, 15), (7, 2, 4)]
    """
    bare = recipe._replace(method=Intervention())

    def blank_rollout(params: PyTree, key: Key[Array, ""]) -> Batch:
        state = training_init(bare, params)
        return rollout(bare, state, Context(state.step, recipe.horizon, recipe.prompts, recipe.size, key, ()), key)

    blank = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), jax.eval_shape(blank_rollout, params, key))
    recorder = Intervention(lambda batch, effect, context: Shaped(effect, (), batch), memory=blank)
    watched = recipe._replace(method=chain(recipe.method, recorder))

    def step(state, key: Key[Array, ""]) -> tuple[Any, tuple[dict, PyTree]]:
        state, report = training_step(watched, state, key)
        return state, (report, look(state.memory[1], state.params))

    keys = jax.random.split(key, recipe.horizon)
    return jax.lax.scan(step, training_init(watched, params), keys)[1]
