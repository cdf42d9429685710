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
