"""One lens over all methods: the entropy change that a step should cause by first order, and the one that it causes.

A step changes the logits of each visited state by dz, and to first order H by -Σ S dz: whatever the method does to
weights, masks, losses or rewards enters through dz alone.
"""

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, ArrayLike, Float, Key, PyTree

from core.policies.interventions.interface import Context, neutral
from core.policies.sampling import response_logits
from core.policies.surrogate import look_again, surrogate
from core.policies.training import Recipe, rollout, training_init
from theory.entropy.laws import change_along


def one_step(
    recipe: Recipe, params: PyTree, key: Key[Array, ""], rate: Float[ArrayLike, ""], stale: PyTree | None = None
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Mean entropy change over the tokens of one rollout: predicted to first order, and after a plain gradient step.

    Args:
        recipe: its method is applied; its optimiser is not.
        params: the policy that takes the step.
        key: of the rollout; the same key gives methods that leave sampling alone the same responses.
        rate: of the step.
        stale: parameters that drew the rollout, where ratios should not be 1; by default `params`.

    Examples:
        >>> from core.policies.testbed import bandit_recipe
        >>> recipe, params = bandit_recipe(jax.random.key(0), states=2, answers=4)
        >>> predicted, caused = jax.jit(lambda: one_step(recipe, params, jax.random.key(1), rate=0.01))()
        >>> bool(abs(predicted) > 1e-4), bool(jnp.allclose(predicted, caused, rtol=0.05))
        (True, True)
    """
    state = training_init(recipe, params if stale is None else stale)
    begin = Context(jnp.asarray(0), recipe.horizon, recipe.prompts, recipe.size, key, state.memory)
    batch = rollout(recipe, state, begin, key)
    plain = neutral(batch, recipe.low, recipe.high)
    # half-way through training, and with a memory as of this rollout, for methods that act late or on their history
    memory = recipe.method.shape(batch, plain, begin).memory
    middle = begin._replace(step=jnp.asarray(recipe.horizon // 2), memory=memory)
    effect, marks, _ = recipe.method.shape(batch, plain, middle)

    def loss(params: PyTree) -> Float[Array, ""]:
        return surrogate(look_again(recipe.apply, params, batch), batch, effect, marks, recipe.method)

    def logits(params: PyTree) -> Float[Array, "batch response vocab"]:
        return response_logits(recipe.apply, params, batch.prompts, batch.responses)

    step = jax.tree.map(lambda slope: -jnp.asarray(rate) * slope, jax.grad(loss)(params))
    here, change = jax.jvp(logits, (params,), (step,))
    before, after = (look_again(recipe.apply, p, batch).entropy for p in (params, optax.apply_updates(params, step)))
    return jnp.mean(change_along(here, change)), jnp.mean(after - before)
