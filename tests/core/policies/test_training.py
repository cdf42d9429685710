from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from core.policies.advantages import plain
from core.policies.interventions.branch_rollouts import branch_rollouts
from core.policies.interventions.interface import Context
from core.policies.interventions.one_of import one_of
from core.policies.interventions.signed_weights import signed_weights
from core.policies.sampling import draw, response_logits
from core.policies.tabular import exact_ascent, tabular
from core.policies.tasks import bandit, long_copy, modular_sum
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


def test_the_expected_update_of_a_huge_group_is_the_exact_one():
    """Sampling, rewards ±1, weights, surrogate and optimiser together against closed forms, in standard errors.

    In expectation success alone and failure alone give the gradient p (R - R̄), and both of them twice that.
    """
    size, methods = 4000, (signed_weights(1.0, 0.0), signed_weights(0.0, 1.0), signed_weights(1.0, 1.0))
    one = TASK._replace(prompts=lambda key, n: jnp.zeros((n, 1), int))
    recipe = Recipe(POLICY.apply, one, optax.sgd(1.0), prompts=1, size=size, updates=1, advantages=plain)

    @jax.jit
    def steps(index, keys):
        told = recipe._replace(method=one_of(methods, index))
        start = training_init(told, PARAMS)
        return jax.lax.map(lambda k: training_step(told, start, k)[0].params["logits"][0] - TABLE[0], keys)

    rewards = one.reward(jnp.zeros((5, 1), int), jnp.arange(5)[:, None])
    exact = exact_ascent("gradient", TABLE[:1], rewards[None], 1.0)[0] - TABLE[0]
    assert jnp.abs(exact).max() > 0.01
    for index, factor in enumerate((1, 1, 2)):
        moves = steps(jnp.asarray(index), jax.random.split(jax.random.key(4), 8))
        score = (moves.mean(0) - factor * exact) / (moves.std(0, ddof=1) / np.sqrt(8))
        assert jnp.abs(score).max() < 5


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


def test_sampling_follows_the_policy_and_respects_what_is_forced():
    prompts = jnp.full((20_000, 1), 2)
    drawing = jax.jit(partial(draw, POLICY.apply, PARAMS, prompts, 1, temperature=2.0))
    free = jnp.zeros((20_000, 1), bool)
    responses, logits = drawing(jax.random.key(0), written=jnp.zeros_like(prompts), forced=free)
    shares = np.bincount(responses[:, 0], minlength=5) / 20_000
    exact = jax.nn.softmax(TABLE[2] / 2.0)
    assert np.abs((shares - exact) / np.sqrt(exact * (1 - exact) / 20_000)).max() < 5
    np.testing.assert_array_equal(logits[0, 0], TABLE[2])
    forced = jnp.arange(20_000)[:, None] % 2 == 0
    again, _ = drawing(jax.random.key(1), written=responses, forced=forced)
    np.testing.assert_array_equal(again[::2], responses[::2])
    assert (again[1::2] != responses[1::2]).any()


def test_drawing_all_places_at_once_is_drawing_token_by_token():
    """Each token depends on the sum of all before it: the longest chain that a policy can have."""
    rows = jax.random.normal(jax.random.key(2), (50, 7))

    def chained(params, sequences):
        return rows[jnp.cumsum(sequences, axis=1) % 50]

    prompts, key, length = jnp.arange(64)[:, None], jax.random.key(3), 6
    together = jax.jit(lambda k: draw(chained, None, prompts, length, k))(key)
    sequence = jnp.concatenate([prompts, jnp.zeros((64, length), int)], axis=1)
    for place, at in enumerate(jax.random.split(key, length)):
        logits = chained(None, sequence)[:, place]
        np.testing.assert_array_equal(together.logits[:, place], logits)
        sequence = sequence.at[:, place + 1].set(jax.random.categorical(at, logits))
    np.testing.assert_array_equal(together.responses, sequence[:, 1:])


def test_branches_share_the_beginning_of_their_parent():
    def flat(params, sequence):
        return jnp.zeros((*sequence.shape, 1000))

    prompts = jnp.zeros((8, 2), int)
    context = Context(jnp.asarray(0), 10, 2, 4, jax.random.key(0), ())
    sample = jax.jit(lambda k: branch_rollouts(2).sample(partial(draw, flat, None, prompts, 6), k, context).responses)
    drawn = sample(jax.random.key(3))
    for base in (0, 4):
        for member in (2, 3):
            same = np.asarray(drawn[base + member] == drawn[base + member - 2])
            assert same[: same.argmin()].all()
            assert not same[same.argmin() :].any()


@pytest.mark.parametrize(
    ("task", "right", "chance"),
    [
        (modular_sum(slip=0.35), lambda p: [p[:, :2].sum(1) % 10, p[:, :3].sum(1) % 10], [0.685, 0.685]),
        (long_copy(words=2, slip=0.2), lambda p: list(p[:, :3].T), [0.82, 0.82, None]),
    ],
    ids=["sum", "copy"],
)
def test_the_base_policy_is_a_policy_and_slips_as_told(task, right, chance):
    prompts = task.prompts(jax.random.key(0), 50)
    places = right(prompts)
    style = [jnp.full(50, 12)] * (task.response_length - len(places))
    responses = jnp.stack([*style, *places], 1)
    base = jax.jit(task.base)(prompts, responses)
    np.testing.assert_allclose(base.sum(-1), 1, rtol=1e-6)
    np.testing.assert_array_equal(task.reward(prompts, responses), 1)
    np.testing.assert_array_equal(task.reward(prompts, responses.at[:, -1].add(1)), 0)
    found = np.asarray(jnp.take_along_axis(base, responses[..., None], -1)[..., 0])[:, len(style) :]
    trapped = np.asarray(prompts[:, 2] < 3)
    for place, share in enumerate(chance):
        expected = share if share else np.where(trapped, 0.01, 0.82)  # a slip from the trap, 0.1 over ten digits
        np.testing.assert_allclose(found[:, place], expected, rtol=1e-5)


def test_logits_are_read_off_where_the_tokens_were_drawn():
    prompts, responses = jnp.array([[3]]), jnp.array([[1]])
    np.testing.assert_array_equal(response_logits(POLICY.apply, PARAMS, prompts, responses)[0, 0], TABLE[3])


def test_the_door():
    with pytest.raises(ValueError, match="updates is 3"):
        training_init(Recipe(POLICY.apply, TASK, optax.sgd(1.0), prompts=4, size=4, updates=3), PARAMS)
    with pytest.raises(ValueError, match="slip"):
        modular_sum(slip=0.0)
    for bad in ({"words": 0}, {"slip": 1.0}, {"conviction": 0.0}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            long_copy(**bad)
    with pytest.raises(ValueError, match="answers"):
        bandit(jax.random.key(0), answers=1)
