"""Group-relative policy optimisation: draw, compare, shape, update, all of it one step of a scan."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, ArrayLike, Bool, Float, Int, Key, PyTree

from core.policies.advantages import group_normalised
from core.policies.interventions.interface import NOTHING, Batch, Context, Effect, Intervention, masked_mean, neutral
from core.policies.sampling import Apply, draw, response_logits
from core.policies.surrogate import look_again, surrogate
from core.policies.tasks import Task
from core.probes.tokens import token_stats


class Recipe(NamedTuple):
    """How a policy is trained."""

    apply: Apply  # the policy: parameters and sequences -> logits
    task: Task  # prompts and rewards
    optimiser: optax.GradientTransformation  # of the parameters, once a minibatch
    prompts: int = 32  # a rollout
    size: int = 8  # answers a prompt
    updates: int = 4  # minibatches a pass over the rollout
    passes: int = 1  # over each rollout
    low: Float[ArrayLike, ""] = 0.8  # least importance ratio before the clip
    high: Float[ArrayLike, ""] = 1.2  # largest
    advantages: Callable[[Float[Array, "groups size"]], Float[Array, "groups size"]] = group_normalised
    method: Intervention = NOTHING  # what is changed about all this
    horizon: int = 100  # rollouts
    reward_noise: bool | Bool[Array, ""] = False  # rewards by coin toss, whatever the answer


class Trained(NamedTuple):
    """What the next rollout needs."""

    params: PyTree  # of the policy
    moments: optax.OptState  # of the optimiser
    base: PyTree  # parameters of the base policy
    memory: PyTree  # of the method
    step: Int[Array, ""]  # rollouts so far


def training_init(recipe: Recipe, params: PyTree) -> Trained:
    """Training begins at the base policy.

    >>> from core.policies.testbed import bandit_recipe
    >>> recipe, params = bandit_recipe(jax.random.key(0), states=2, answers=4)
    >>> state = training_init(recipe, params)
    >>> int(state.step), state.params is state.base
    (0, True)
    """
    if recipe.prompts * recipe.size % recipe.updates:
        raise ValueError(
            f"updates is {recipe.updates}; allowed are the divisors of {recipe.prompts} prompts x {recipe.size} answers"
        )
    memory = jax.tree.map(jnp.asarray, recipe.method.memory)
    return Trained(params, recipe.optimiser.init(params), params, memory, jnp.zeros((), int))


def training_step(recipe: Recipe, state: Trained, key: Key[Array, ""]) -> tuple[Trained, dict[str, Array]]:
    """One rollout and its updates; the report holds scalars, among them what the entropy was predicted to do.

    >>> from core.policies.testbed import bandit_recipe
    >>> recipe, params = bandit_recipe(jax.random.key(0), states=2, answers=4)
    >>> state = training_init(recipe, params)
    >>> sorted(jax.eval_shape(partial(training_step, recipe), state, jax.random.key(1))[1])
    ['covariance', 'decision_entropy', 'entropy', 'entropy_change', 'predicted_change', 'reward', 'touched']
    """
    at_rollout, at_method, at_order = jax.random.split(key, 3)
    context = Context(state.step, recipe.horizon, recipe.prompts, recipe.size, at_method, state.memory)
    batch = rollout(recipe, state, context, at_rollout)
    effect, marks, memory = recipe.method.shape(batch, neutral(batch, recipe.low, recipe.high), context)
    params, moments = _updates(recipe, state, batch, effect, marks, at_order)
    after = look_again(recipe.apply, params, batch)
    report = _report(recipe.task, batch, effect) | {
        "entropy_change": masked_mean(after.entropy - batch.entropy, batch.mask)
    }
    return Trained(params, moments, state.base, memory, state.step + 1), report


def rollout(recipe: Recipe, state: Trained, context: Context, key: Key[Array, ""]) -> Batch:
    """Responses to fresh prompts, with rewards and group-relative advantages.

    >>> from core.policies.testbed import bandit_recipe
    >>> recipe, params = bandit_recipe(jax.random.key(0), states=2, answers=4, prompts=2, size=2)
    >>> state = training_init(recipe, params)
    >>> context = Context(state.step, recipe.horizon, recipe.prompts, recipe.size, jax.random.key(1), ())
    >>> jax.jit(lambda: rollout(recipe, state, context, jax.random.key(2)).group)().tolist()
    [0, 0, 1, 1]
    """
    task, size = recipe.task, recipe.size
    at_prompts, at_draw, at_coin = jax.random.split(key, 3)
    prompts = jnp.repeat(task.prompts(at_prompts, recipe.prompts), size, axis=0)
    drawing = partial(draw, recipe.apply, state.params, prompts, task.response_length)
    sample = recipe.method.sample
    responses, logits = sample(drawing, at_draw, context) if sample else drawing(at_draw)
    reward = task.reward(prompts, responses)
    toss = jax.random.bernoulli(at_coin, shape=reward.shape).astype(reward.dtype)
    reward = jnp.where(recipe.reward_noise, toss, reward)
    stats = token_stats(logits, responses)
    base = response_logits(recipe.apply, state.base, prompts, responses)
    one = jnp.ones_like(stats.log_prob)
    group = jnp.repeat(jnp.arange(recipe.prompts), size)
    batch = Batch(prompts, responses, logits, *stats[:4], base, reward, one, one, group)
    reward = recipe.method.reward(batch, context)
    advantage = recipe.advantages(reward.reshape(recipe.prompts, size)).ravel()
    return batch._replace(reward=reward, advantage=advantage[:, None] * one)


def _updates(
    recipe: Recipe, state: Trained, batch: Batch, effect: Effect, marks: PyTree, key: Key[Array, ""]
) -> tuple[PyTree, optax.OptState]:
    count = recipe.prompts * recipe.size
    orders = jax.vmap(lambda k: jax.random.permutation(k, count))(jax.random.split(key, recipe.passes))

    def loss(params, pieces):
        part, told, marked = pieces
        return surrogate(look_again(recipe.apply, params, part), part, told, marked, recipe.method)

    def update(carry, chosen):
        params, moments = carry
        slope = jax.grad(loss)(params, jax.tree.map(lambda x: x[chosen], (batch, effect, marks)))
        change, moments = recipe.optimiser.update(slope, moments, params)
        return (optax.apply_updates(params, change), moments), None

    minibatches = orders.reshape(recipe.passes * recipe.updates, -1)
    return jax.lax.scan(update, (state.params, state.moments), minibatches)[0]


def _report(task: Task, batch: Batch, effect: Effect) -> dict[str, Array]:
    mask, chosen = batch.mask, jnp.asarray(task.decisions)
    centred = batch.advantage * (batch.discriminator - batch.expected)
    log_gap = batch.log_prob - masked_mean(batch.log_prob, mask)
    covariance = log_gap * (batch.advantage - masked_mean(batch.advantage, mask))
    return {
        "entropy": masked_mean(batch.entropy, mask),
        "decision_entropy": jnp.mean(batch.entropy[:, chosen]),
        "reward": jnp.mean(task.reward(batch.prompts, batch.responses)),
        "touched": masked_mean(jnp.asarray(effect.weight * effect.keep != 1, mask.dtype), mask),
        "predicted_change": -masked_mean(centred, mask),
        "covariance": masked_mean(covariance, mask),
    }


def train(recipe: Recipe, params: PyTree, key: Key[Array, ""]) -> tuple[Trained, dict[str, Float[Array, " rollouts"]]]:
    """All rollouts in one scan; vmap it over keys for seeds.

    >>> from core.policies.testbed import bandit_recipe
    >>> recipe, params = bandit_recipe(jax.random.key(0), states=2, answers=4, horizon=30)
    >>> _, reports = jax.jit(partial(train, recipe))(params, jax.random.key(1))
    >>> bool(reports["reward"][-1] > 0.9), bool(reports["entropy"][-1] < 0.1)  # reward is won, and entropy lost
    (True, True)
    """
    keys = jax.random.split(key, recipe.horizon)
    return jax.lax.scan(partial(training_step, recipe), training_init(recipe, params), keys)


def adam(rate: float = 5e-4) -> optax.GradientTransformation:
    """Adam behind a clip of the global norm at 1.

    >>> optimiser, params = adam(0.25), jnp.array([1.0, 1.0])
    >>> change, _ = jax.jit(optimiser.update)(jnp.array([9.0, -9.0]), optimiser.init(params), params)
    >>> jnp.round(change, 4).tolist()  # a first step of Adam has the length of its rate
    [-0.25, 0.25]
    """
    return optax.flatten(optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate)))
