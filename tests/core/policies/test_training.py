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
from tests.compiled import compiled
from theory.entropy.laws import change_policy_gradient

TASK, LOGITS = bandit(jax.random.key(0), states=6, answers=5)
POLICY, TABLE = tabular(LOGITS), np.asarray(LOGITS)
PARAMS = POLICY.init(jax.random.key(0))


def test_training_raises_the_reward_and_lowers_the_entropy():
    recipe = Recipe(POLICY.apply, TASK, optax.sgd(10.0), prompts=16, size=8, updates=2, horizon=40)

    @compiled
    @jax.vmap
    def run(key):
        reports = train(recipe, PARAMS, key)[1]
        return reports["reward"], reports["entropy"]

    reward, entropy = run(jax.random.split(jax.random.key(1), 4))
    assert (reward[:, -5:].mean(1) > reward[:, 0] + 0.2).all()
    assert (entropy[:, -5:].mean(1) < 0.5 * entropy[:, 0]).all()


def test_the_expected_update_of_a_huge_group_is_the_exact_one():
    """Sampling, rewards ±1, weights, surrogate and optimiser together against closed forms, in standard errors.

    In expectation success alone and failure alone give the gradient p (R - R̄), and both of them twice that.
    """
    size, methods = 4000, (signed_weights(1.0, 0.0), signed_weights(0.0, 1.0), signed_weights(1.0, 1.0))
    one = TASK._replace(prompts=lambda key, n: jnp.zeros((n, 1), int))
    recipe = Recipe(POLICY.apply, one, optax.sgd(1.0), prompts=1, size=size, updates=1, advantages=plain)

    @compiled
    def steps(index, keys):
        told = recipe._replace(method=one_of(methods, index))
        start = training_init(told, PARAMS)
        return jax.lax.map(lambda k: training_step(told, start, k)[0].params["logits"][0] - TABLE[0], keys)

    @compiled
    def ascent():
        rewards = one.reward(jnp.zeros((5, 1), int), jnp.arange(5)[:, None])
        return exact_ascent("gradient", LOGITS[:1], rewards[None], 1.0)[0] - TABLE[0]

    exact = ascent()
    assert np.abs(exact).max() > 0.01
    keys = compiled(lambda: jax.random.split(jax.random.key(4), 8))()
    for index, factor in enumerate((1, 1, 2)):
        moves = steps(index, keys)
        score = (moves.mean(0) - factor * exact) / (moves.std(0, ddof=1) / np.sqrt(8))
        assert np.abs(score).max() < 5


def test_exact_steps_change_the_entropy_as_the_law_says():
    rewards, rate = np.random.default_rng(7).normal(size=TABLE.shape), 1e-5
    table = TABLE.astype(float)

    def entropy(z):
        return -jnp.sum(jax.nn.softmax(z) * jax.nn.log_softmax(z), -1)

    @compiled
    def both(table, rewards):
        change = entropy(exact_ascent("gradient", table, rewards, rate)) - entropy(table)
        return change, change_policy_gradient(table, rewards, jnp.full(6, rate))

    np.testing.assert_allclose(*both(table, rewards), rtol=1e-3, atol=1e-11)
    with pytest.raises(ValueError, match="kind"):
        jax.eval_shape(lambda: exact_ascent("newton", LOGITS, LOGITS, rate))


def test_sampling_follows_the_policy_and_respects_what_is_forced():
    prompts = np.full((20_000, 1), 2)
    drawing = compiled(
        lambda key, **given: draw(POLICY.apply, PARAMS, jnp.asarray(prompts), 1, key, temperature=2.0, **given)
    )
    free = np.zeros((20_000, 1), bool)
    responses, logits = drawing(jax.random.key(0), written=np.zeros_like(prompts), forced=free)
    shares = np.bincount(responses[:, 0], minlength=5) / 20_000
    exact = np.exp(TABLE[2] / 2.0) / np.exp(TABLE[2] / 2.0).sum()
    assert np.abs((shares - exact) / np.sqrt(exact * (1 - exact) / 20_000)).max() < 5
    np.testing.assert_array_equal(logits[0, 0], TABLE[2])
    forced = np.arange(20_000)[:, None] % 2 == 0
    again, _ = drawing(jax.random.key(1), written=responses, forced=forced)
    np.testing.assert_array_equal(again[::2], responses[::2])
    assert (again[1::2] != responses[1::2]).any()


def test_drawing_all_places_at_once_is_drawing_token_by_token():
    """Each token depends on the sum of all before it: the longest chain that a policy can have."""
    rows = np.random.default_rng(2).normal(size=(50, 7))

    def chained(params, sequences):
        return jnp.asarray(rows)[jnp.cumsum(sequences, axis=1) % 50]

    prompts, key, length = np.arange(64)[:, None], jax.random.key(3), 6
    together = compiled(lambda k: draw(chained, None, jnp.asarray(prompts), length, k))(key)
    sequence, categorical = prompts, compiled(jax.random.categorical)
    for place, at in enumerate(compiled(jax.random.split, static_argnums=1)(key, length)):
        logits = rows[sequence.sum(axis=1) % 50]
        np.testing.assert_array_equal(together.logits[:, place], logits)
        sequence = np.append(sequence, categorical(at, logits)[:, None], axis=1)
    np.testing.assert_array_equal(together.responses, sequence[:, 1:])


def test_branches_share_the_beginning_of_their_parent():
    def flat(params, sequence):
        return jnp.zeros((*sequence.shape, 1000))

    @compiled
    def sample(key):
        context = Context(jnp.asarray(0), 10, 2, 4, key, ())
        prompts = jnp.zeros((8, 2), int)
        return branch_rollouts(2).sample(partial(draw, flat, None, prompts, 6), key, context).responses

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
    prompts = compiled(task.prompts, static_argnums=1)(jax.random.key(0), 50)
    places = right(prompts)
    style = [np.full(50, 12)] * (task.response_length - len(places))
    responses = np.stack([*style, *places], 1)
    base, reward = compiled(task.base)(prompts, responses), compiled(task.reward)
    np.testing.assert_allclose(base.sum(-1), 1, rtol=1e-6)
    np.testing.assert_array_equal(reward(prompts, responses), 1)
    np.testing.assert_array_equal(
        reward(prompts, responses + (np.arange(responses.shape[1]) == responses.shape[1] - 1)), 0
    )
    found = np.take_along_axis(base, responses[..., None], -1)[:, len(style) :, 0]
    trapped = np.asarray(prompts[:, 2] < 3)
    for place, share in enumerate(chance):
        expected = share if share else np.where(trapped, 0.01, 0.82)  # a slip from the trap, 0.1 over ten digits
        np.testing.assert_allclose(found[:, place], expected, rtol=1e-5)


def test_logits_are_read_off_where_the_tokens_were_drawn():
    logits = compiled(partial(response_logits, POLICY.apply))(PARAMS, np.array([[3]]), np.array([[1]]))
    np.testing.assert_array_equal(logits[0, 0], TABLE[3])


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
