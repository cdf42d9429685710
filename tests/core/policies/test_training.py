from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from core.policies.advantages import plain
from core.policies.interventions.branch_rollouts import branch_rollouts
from core.policies.interventions.interface import Context
from core.policies.interventions.signed_weights import signed_weights
from core.policies.sampling import draw, response_logits
from core.policies.tabular import exact_ascent, tabular
from core.policies.tasks import bandit, modular_sum
from core.policies.training import Recipe, train, training_init, training_step
from theory.entropy.laws import change_policy_gradient

TASK, TABLE = bandit(jax.random.key(0), states=6, answers=5)
POLICY = tabular(TABLE)
PARAMS = POLICY.init(jax.random.key(0))


def test_training_raises_the_reward_and_lowers_the_entropy():
    recipe = Recipe(POLICY.apply, TASK, optax.sgd(10.0), prompts=16, size=8, updates=2, horizon=40)
    runs = jax.jit(jax.vmap(lambda k: train(recipe, PARAMS, k)[1]))(jax.random.split(jax.random.key(1), 4))
    assert (runs["reward"][:, -5:].mean(1) > runs["reward"][:, 0] + 0.2).all()
    assert (runs["entropy"][:, -5:].mean(1) < 0.5 * runs["entropy"][:, 0]).all()
    # a free table and single-minibatch steps: the law's sum is the realised change up to second order
    small = recipe._replace(optimiser=optax.sgd(1e-3), updates=1, horizon=3)
    out = jax.jit(partial(train, small))(PARAMS, jax.random.key(2))[1]
    assert jnp.sign(out["predicted_change"][0]) == jnp.sign(out["entropy_change"][0])


def test_the_expected_update_of_a_huge_group_is_the_exact_one():
    """Sampling, advantages, surrogate and optimiser together against p (R - R̄) in closed form, in standard errors."""
    size = 4000
    one = TASK._replace(prompts=lambda key, n: jnp.zeros((n, 1), int))
    recipe = Recipe(
        POLICY.apply, one, optax.sgd(1.0), prompts=1, size=size, updates=1, advantages=lambda r: r - r.mean()
    )
    step = jax.jit(lambda k: training_step(recipe, training_init(recipe, PARAMS), k)[0].params["logits"][0] - TABLE[0])
    moves = jnp.stack([step(k) for k in jax.random.split(jax.random.key(4), 8)])
    rewards = one.reward(jnp.zeros((5, 1), int), jnp.arange(5)[:, None])
    exact = exact_ascent("gradient", TABLE[:1], rewards[None], 1.0)[0] - TABLE[0]
    score = (moves.mean(0) - exact) / (moves.std(0, ddof=1) / np.sqrt(8))
    assert jnp.abs(score).max() < 5
    assert jnp.abs(exact).max() > 0.01


def test_exact_steps_change_the_entropy_as_the_law_says():
    rewards = jax.random.normal(jax.random.key(7), TABLE.shape)
    rate = 1e-5

    def entropy(z):
        return -jnp.sum(jax.nn.softmax(z) * jax.nn.log_softmax(z), -1)

    table = TABLE.astype(float)
    change = entropy(exact_ascent("gradient", table, rewards, rate)) - entropy(table)
    law = change_policy_gradient(table, rewards, jnp.full(6, rate))
    np.testing.assert_allclose(change, law, rtol=1e-3, atol=1e-11)
    with pytest.raises(ValueError, match="kind"):
        exact_ascent("newton", table, rewards, rate)


def test_success_and_failure_alone_agree_in_expectation():
    size = 4000
    one = TASK._replace(prompts=lambda key, n: jnp.zeros((n, 1), int))
    moves = {}
    for name, weights in {"success": (1.0, 0.0), "failure": (0.0, 1.0)}.items():
        recipe = Recipe(
            POLICY.apply, one, optax.sgd(1.0), prompts=1, size=size, updates=1, advantages=plain,
            method=signed_weights(*weights)
        )  # fmt: skip
        step = jax.jit(lambda k, r=recipe: training_step(r, training_init(r, PARAMS), k)[0].params["logits"][0])
        moves[name] = jnp.stack([step(k) for k in jax.random.split(jax.random.key(8), 8)])
    gap = moves["success"] - moves["failure"]
    assert jnp.abs(gap.mean(0) / (gap.std(0, ddof=1) / np.sqrt(8))).max() < 5


def test_sampling_follows_the_policy_and_respects_what_is_forced():
    prompts = jnp.full((20_000, 1), 2)
    responses = draw(POLICY.apply, PARAMS, prompts, 1, jax.random.key(0), temperature=2.0)
    shares = np.bincount(responses[:, 0], minlength=5) / 20_000
    exact = jax.nn.softmax(TABLE[2] / 2.0)
    assert np.abs((shares - exact) / np.sqrt(exact * (1 - exact) / 20_000)).max() < 5
    forced = jnp.arange(20_000)[:, None] % 2 == 0
    again = draw(POLICY.apply, PARAMS, prompts, 1, jax.random.key(1), written=responses, forced=forced)
    np.testing.assert_array_equal(again[::2], responses[::2])
    assert (again[1::2] != responses[1::2]).any()


def test_branches_share_the_beginning_of_their_parent():
    def flat(params, sequence):
        return jnp.zeros((*sequence.shape, 1000))

    prompts = jnp.zeros((8, 2), int)
    context = Context(jnp.asarray(0), 10, 2, 4, jax.random.key(0), ())
    drawn = branch_rollouts(2).sample(partial(draw, flat, None, prompts, 6), jax.random.key(3), context)
    for base in (0, 4):
        for member in (2, 3):
            same = np.asarray(drawn[base + member] == drawn[base + member - 2])
            assert same[: same.argmin()].all()
            assert not same[same.argmin() :].any()


def test_the_base_policy_of_the_sum_is_a_policy_and_slips_as_told():
    task = modular_sum(slip=0.35)
    prompts = task.prompts(jax.random.key(0), 50)
    responses = jnp.stack([jnp.full(50, 12), prompts[:, :2].sum(1) % 10, prompts[:, :3].sum(1) % 10], 1)
    base = task.base(prompts, responses)
    np.testing.assert_allclose(base.sum(-1), 1, rtol=1e-6)
    np.testing.assert_array_equal(task.reward(prompts, responses), 1)
    right = jnp.take_along_axis(base, responses[..., None], -1)[..., 0]
    np.testing.assert_allclose(right[:, 1:], 0.65 + 0.035, rtol=1e-6)


def test_logits_are_read_off_where_the_tokens_were_drawn():
    prompts, responses = jnp.array([[3]]), jnp.array([[1]])
    np.testing.assert_array_equal(response_logits(POLICY.apply, PARAMS, prompts, responses)[0, 0], TABLE[3])


def test_the_door():
    with pytest.raises(ValueError, match="updates is 3"):
        training_init(Recipe(POLICY.apply, TASK, optax.sgd(1.0), prompts=4, size=4, updates=3), PARAMS)
    with pytest.raises(ValueError, match="slip"):
        modular_sum(slip=0.0)
    with pytest.raises(ValueError, match="answers"):
        bandit(jax.random.key(0), answers=1)
