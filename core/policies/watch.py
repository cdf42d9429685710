"""Training that lets someone look: each rollout and the policy after it, handed to a function of the caller."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jaxtyping import Array, Float, Key, PyTree

from core.dealing import over_devices
from core.policies.interventions.interface import Batch, Context, Intervention, Shaped, chain
from core.policies.sampling import Apply
from core.policies.surrogate import look_again
from core.policies.testbed import sum_recipe
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


class TokenRecord(NamedTuple):
    """The tokens of a rollout, as `Batch` has them, and what the updates that followed did to their states."""

    log_prob: Float[Array, "*runs batch response"]
    entropy: Float[Array, "*runs batch response"]
    expected: Float[Array, "*runs batch response"]
    advantage: Float[Array, "*runs batch response"]
    reward: Float[Array, "*runs batch"]
    change: Float[Array, "*runs batch response"]  # of the entropy


def token_record(apply: Apply, batch: Batch, params: PyTree) -> TokenRecord:
    """For `watch`: a record of the rollout, given the policy after its updates.

    >>> from core.policies.interventions.by_hand import by_hand
    >>> batch = by_hand(entropy=jnp.log(2.0) - 0.25)[0]
    >>> uniform = lambda params, tokens: jnp.zeros((2, 2, 2))
    >>> jax.jit(lambda: token_record(uniform, batch, None).change)().tolist()
    [[0.25, 0.25], [0.25, 0.25]]
    """
    change = look_again(apply, params, batch).entropy - batch.entropy
    return TokenRecord(batch.log_prob, batch.entropy, batch.expected, batch.advantage, batch.reward, change)


def watch_tokens(
    recipe: Recipe, params: PyTree, keys: Key[Array, " seeds"], *, mesh: Mesh
) -> tuple[dict[str, Float[Array, "seeds rollouts"]], TokenRecord]:
    """Reports of independent runs from one base policy, and records (seeds, rollouts, ...) of all their tokens.

    >>> from core.policies.testbed import bandit_recipe
    >>> from core.run.mesh import device_mesh
    >>> recipe, params = bandit_recipe(jax.random.key(0), states=2, answers=4, prompts=3, size=5, updates=1, horizon=7)
    >>> keys = jax.random.split(jax.random.key(1), 2)
    >>> jax.eval_shape(partial(watch_tokens, recipe, mesh=device_mesh()), params, keys)[1].change.shape
    (2, 7, 15, 1)
    """
    look = partial(token_record, recipe.apply)
    return over_devices(mesh, lambda key: watch(recipe, params, key, look), keys)


def watch_sums(
    params: PyTree, keys: Key[Array, " seeds"], *, mesh: Mesh, rollouts: int, rate: float
) -> tuple[dict[str, Float[Array, "seeds rollouts"]], TokenRecord]:
    """`watch_tokens` on the modular sum, strictly on policy, as a function of numbers: see `sum_policy`.

    >>> from core.run.mesh import device_mesh
    >>> params = jax.eval_shape(sum_recipe()[1].init, jax.random.key(0))
    >>> watched = partial(watch_sums, mesh=device_mesh(), rollouts=7, rate=3e-4)
    >>> jax.eval_shape(watched, params, jax.random.split(jax.random.key(1), 2))[1].change.shape
    (2, 7, 256, 3)
    """
    return watch_tokens(sum_recipe(rate=rate, horizon=rollouts, updates=1)[0], params, keys, mesh=mesh)
