"""One table: every method goes through the same laws."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from core.policies.advantages import centred
from core.policies.interventions.branch_rollouts import branch_rollouts
from core.policies.interventions.clip_batch import clip_batch
from core.policies.interventions.clip_bounds import clip_bounds
from core.policies.interventions.clip_covariance import clip_covariance
from core.policies.interventions.clip_vocabulary import clip_vocabulary
from core.policies.interventions.confidence_weight import confidence_weight
from core.policies.interventions.contrast_halves import contrast_halves
from core.policies.interventions.difficulty_bucket import difficulty_bucket
from core.policies.interventions.empg import empg
from core.policies.interventions.entropy_advantage import entropy_advantage
from core.policies.interventions.entropy_balanced import entropy_balanced
from core.policies.interventions.entropy_band import entropy_band
from core.policies.interventions.entropy_bonus import entropy_bonus
from core.policies.interventions.entropy_control import entropy_control
from core.policies.interventions.epo import epo
from core.policies.interventions.interface import Batch, Context, Live, chain, neutral
from core.policies.interventions.kl_covariance import kl_covariance
from core.policies.interventions.likelihood_floor import likelihood_floor
from core.policies.interventions.low_probability import low_probability
from core.policies.interventions.mastered_tokens import mastered_tokens
from core.policies.interventions.novelty_reward import novelty_reward
from core.policies.interventions.one_of import one_of
from core.policies.interventions.outcome_bonus import outcome_bonus
from core.policies.interventions.pear import pear
from core.policies.interventions.quadrant import quadrant
from core.policies.interventions.reference_divergence import reference_divergence
from core.policies.interventions.signed_weights import signed_weights
from core.policies.interventions.siren import siren
from core.policies.interventions.steer import steer
from core.policies.interventions.tail_risk import tail_risk
from core.policies.interventions.tempered_targets import tempered_targets
from core.policies.interventions.top_entropy import top_entropy
from core.policies.surrogate import surrogate
from core.probes.tokens import token_stats
from tests.compiled import compiled

GROUPS, SIZE, LENGTH, VOCAB = 4, 4, 3, 7
INF = float("inf")

# name: (as used, the same at zero strength or None where a method replaces something and has no zero)
METHODS = {
    "entropy bonus": (entropy_bonus(0.1), entropy_bonus(0.0)),
    "clip bounds": (clip_bounds(0.1, 0.4), clip_bounds(0.2, 0.2)),
    "Clip_B": (clip_batch(0.5), clip_batch(INF)),
    "Clip_B both": (clip_batch(0.5, "both"), clip_batch(1e9, "both")),
    "Clip_V": (clip_vocabulary(0.5, 0.2), clip_vocabulary(1e9)),
    "Clip_V both": (clip_vocabulary(0.5, 0.2, "both"), clip_vocabulary(1e9, sides="both")),
    "Clip-Cov": (clip_covariance(0.1, (0.0, 5.0)), clip_covariance(0.0)),
    "KL-Cov": (kl_covariance(0.1), None),
    "STEER printed": (steer(0.3), steer(1.0)),
    "STEER released": (steer(0.3, "released"), steer(1.0, "released")),
    "STEER exact": (steer(0.3, "exact"), steer(1.0, "exact")),
    "top entropy": (top_entropy(0.3), top_entropy(1.0)),
    "entropy advantage": (entropy_advantage(), entropy_advantage(0.0)),
    "Lp-Reg": (low_probability(quantile=0.5), low_probability(0.0)),
    "SIREN": (siren(), siren(0.0)),
    "EPO released": (epo(0.1), epo(0.0)),
    "EPO hinge": (epo(0.1, hinge=True), epo(0.0, hinge=True)),
    "AEPO": (tempered_targets(), tempered_targets(strength=0.0)),
    "AEPO agentic": (entropy_balanced(share=0.5), entropy_balanced(0.0, 0.0)),
    "EMPG": (empg(), empg(0.0, 1.0, 0.0)),
    "UloRL": (mastered_tokens(0.5, 10.0), mastered_tokens(target=0.0)),
    "PEAR": (pear(), pear(0.0)),
    "ETTRL": (confidence_weight(), confidence_weight(0.0)),
    "ARES": (difficulty_bucket(), difficulty_bucket(0.0)),
    "CANON": (contrast_halves(), None),
    "CURE": (branch_rollouts(1), branch_rollouts(0)),
    "EVOL-RL": (novelty_reward(), None),
    "RiskPO": (tail_risk(), None),
    "DPH forward": (reference_divergence(0.1), reference_divergence(0.0)),
    "DPH Jensen": (reference_divergence(0.1, "jensen"), reference_divergence(0.0, "jensen")),
    "DPH alpha": (reference_divergence(0.1, "alpha"), reference_divergence(0.0, "alpha")),
    "Entrocraft": (entropy_band(), entropy_band((-INF, INF), (-INF, INF))),
    "EntroPIC": (entropy_control(), entropy_control(0.5, 0.0, 0.0)),
    "outcome batch": (outcome_bonus(), outcome_bonus(0.0)),
    "outcome history": (outcome_bonus(kind="history"), outcome_bonus(0.0, "history")),
    "PSR": (signed_weights(1.0, 0.0), signed_weights(1.0, 1.0)),
    "LLDS": (likelihood_floor(), likelihood_floor(0.0)),
    "quadrant": (quadrant(True, True), None),
    "two at once": (chain(clip_batch(0.5), entropy_bonus(0.1), siren()), chain(clip_batch(INF), entropy_bonus(0.0))),
}
ZEROS = {name: zero for name, (_, zero) in METHODS.items() if zero is not None}
TABLE = {**{name: used for name, (used, _) in METHODS.items()}, **{f"{n} at 0": m for n, m in ZEROS.items()}}
TABLE |= {
    "past the clip": entropy_balanced(0.0, 1.0),
    "nothing": chain(),
    "open": clip_bounds(1.0, INF),  # plain policy gradient: no ratio is clipped
    "KL-Cov strong": kl_covariance(0.3, 5.0),
}
stats_of = compiled(token_stats)


def make_batch(seed, scale=1.0, chance=0.5):
    draw, rows = np.random.default_rng(seed), GROUPS * SIZE
    logits = np.float32(scale * draw.normal(size=(rows, LENGTH, VOCAB)))
    responses = np.argmax(logits + draw.gumbel(size=logits.shape), axis=-1)
    stats = stats_of(logits, responses)
    reward = np.float32(draw.uniform(size=(GROUPS, SIZE)) < chance)
    advantage = np.tile((reward - reward.mean(1, keepdims=True)).reshape(rows, 1), LENGTH)
    reference = logits + np.float32(draw.normal(size=logits.shape))
    prompts = np.repeat(draw.integers(0, 9, (GROUPS, 2)), SIZE, axis=0)
    mask = np.ones((rows, LENGTH), np.float32)
    mask[::3, -1] = 0
    return Batch(prompts, responses, logits, *stats[:4], reference, reward.ravel(), advantage, mask, prompts[:, 0])


def make_context(method, step=60):
    memory = jax.tree.map(jnp.asarray, method.memory)
    return Context(jnp.asarray(step), 100, GROUPS, SIZE, jax.random.key(5), memory)


def loss_of_logits(method, batch, context, logits):
    """The surrogate as a function of free logits, through every slot but sampling."""
    reward = method.reward(batch, context)
    advantage = centred(reward.reshape(GROUPS, SIZE)).ravel()[:, None] * jnp.ones((1, LENGTH), jnp.float32)
    batch = batch._replace(reward=reward, advantage=advantage)
    effect, marks, _ = method.shape(batch, neutral(batch, 0.8, 1.2), context)
    stats = token_stats(logits, batch.responses)
    live = Live(logits, stats.log_prob, stats.entropy, jnp.exp(stats.log_prob - batch.log_prob))
    return surrogate(live, batch, effect, marks, method)


@compiled
def whole_table(index, logits, batch, step):
    """All methods in one program: loss and slope."""
    method = one_of(list(TABLE.values()), index)
    return jax.value_and_grad(lambda z: loss_of_logits(method, batch, make_context(method, step), z))(logits)


def slope_of(name, logits, batch, step=60):
    return whole_table(list(TABLE).index(name), logits, batch, step)


@pytest.fixture(scope="module")
def batch():
    return make_batch(0)


@pytest.fixture(scope="module")
def moved(batch):
    return batch.logits + np.float32(0.3 * np.random.default_rng(9).normal(size=batch.logits.shape))


@pytest.fixture(scope="module")
def plain_slope(batch, moved):
    return slope_of("nothing", moved, batch)[1]


def test_shapes_dtypes_and_memory_are_kept(batch):
    """That all methods agree on them is what lets them share one program; here: on which, and that marks have rows."""

    def both(index, batch):
        method = one_of(list(TABLE.values()), index)
        context = make_context(method)
        return method.reward(batch, context), method.shape(batch, neutral(batch, 0.8, 1.2), context), context.memory

    reward, shaped, memory = jax.eval_shape(both, 0, batch)
    assert (reward.shape, reward.dtype) == (batch.reward.shape, np.float32)
    for field, value in zip(shaped.effect._fields, shaped.effect, strict=True):
        assert (value.shape, value.dtype) == (batch.mask.shape, np.float32), field
    told, kept = (jax.tree.map(lambda x: (x.shape, x.dtype), tree) for tree in (shaped.memory, memory))
    assert told == kept
    assert all(x.shape[0] == GROUPS * SIZE for x in jax.tree.leaves(shaped.marks)), "marks are cut into minibatches"


@pytest.mark.parametrize("name", ZEROS)
def test_zero_strength_is_nothing(name, batch, moved, plain_slope):
    np.testing.assert_allclose(slope_of(f"{name} at 0", moved, batch)[1], plain_slope, atol=2e-7)


@pytest.mark.parametrize("name", [n for n in METHODS if n not in ("CURE", "AEPO", "outcome history")])
def test_at_strength_something_changes(name, batch, moved, plain_slope):
    slope = slope_of(name, moved, batch)[1]
    assert np.isfinite(slope).all()
    assert np.abs(slope - plain_slope).max() > 1e-5


@pytest.mark.parametrize("name", METHODS)
def test_masked_tokens_have_no_gradient_and_no_say(name, batch, moved):
    slope = slope_of(name, moved, batch)[1]
    np.testing.assert_array_equal(slope[::3, -1], 0)
    spoilt = ("log_prob", "entropy", "discriminator", "expected")
    noisy = batch._replace(**{f: getattr(batch, f) + np.float32(0.5) * (batch.mask == 0) for f in spoilt})
    np.testing.assert_allclose(slope_of(name, moved, noisy)[1], slope, atol=1e-6)


@pytest.fixture(scope="module")
def hard_batches():
    """Every row decided and all rewards equal (or all of them wrong); everything masked."""
    decided, wrong = make_batch(1, scale=300.0, chance=1.0), make_batch(3, chance=0.0)
    return decided, wrong, make_batch(2)._replace(mask=np.zeros((GROUPS * SIZE, LENGTH), np.float32))


@pytest.mark.parametrize("name", METHODS)
def test_degenerate_batches_stay_finite(name, hard_batches):
    for bad in hard_batches:
        loss, slope = slope_of(name, bad.logits, bad)
        assert np.isfinite(loss)
        assert np.isfinite(slope).all()
    np.testing.assert_array_equal(slope, 0)  # nothing is left of an empty mask


def test_equal_rewards_teach_nothing(hard_batches):
    _, wrong, _ = hard_batches
    np.testing.assert_array_equal(slope_of("nothing", wrong.logits, wrong)[1], 0)


def test_a_method_of_the_table_is_that_method_alone(batch, moved):
    """The switch against a program of its own, for a chain that fills different slots, memory and marks."""
    method = TABLE["two at once"]
    alone = compiled(jax.grad(lambda z, batch: loss_of_logits(method, batch, make_context(method), z)))
    np.testing.assert_allclose(slope_of("two at once", moved, batch)[1], alone(moved, batch), atol=1e-7)


def test_no_gradient_flows_through_the_statistics(batch, moved):
    """Weights are constants: the slope is that of the policy term with the weights frozen."""
    method = steer(0.3)

    @compiled
    def both(batch, moved):
        effect, marks, _ = method.shape(batch, neutral(batch, 0.0, INF), make_context(method))

        def live_of(z):
            stats = token_stats(z, batch.responses)
            return Live(z, stats.log_prob, stats.entropy, jnp.exp(stats.log_prob - batch.log_prob))

        frozen = method.live(live_of(moved), batch, effect, marks)

        def by_hand(z):
            return -jnp.sum(frozen * batch.mask * live_of(z).ratio * effect.advantage) / jnp.sum(batch.mask)

        slope = jax.grad(lambda z: surrogate(live_of(z), batch, effect, marks, method))(moved)
        return slope, jax.grad(by_hand)(moved)

    np.testing.assert_allclose(*both(batch, moved), atol=1e-7)


def test_kl_covariance_is_silent_on_policy_and_abs_would_not_be(batch, moved):
    silent, plain = (slope_of(name, batch.logits, batch)[1] for name in ("KL-Cov strong", "open"))
    np.testing.assert_allclose(silent, plain, atol=1e-9)
    loud, plain = (slope_of(name, moved, batch)[1] for name in ("KL-Cov strong", "open"))
    assert np.abs(loud - plain).max() > 1e-3
    assert jax.grad(jnp.abs)(0.0) == 1.0, "the trap that flat_abs is there for"


def test_clip_covariance_draws_inside_its_band_and_no_more_than_its_share(batch):
    method = clip_covariance(0.2, (0.05, 5.0))
    effect = compiled(lambda b: method.shape(b, neutral(b, 0.8, 1.2), make_context(method)).effect)(batch)
    gap = (batch.log_prob - batch.log_prob[batch.mask > 0].mean()) * (
        batch.advantage - batch.advantage[batch.mask > 0].mean()
    )
    dropped = effect.weight == 0
    assert 0 < dropped.sum() <= int(0.2 * batch.mask.sum())
    assert ((gap > 0.05) & (gap < 5.0) & (batch.mask > 0))[dropped].all()
    np.testing.assert_array_equal(effect.keep, 1)


def test_rewarded_tokens_past_the_clip_are_pushed_at_its_bound(batch, moved, plain_slope):
    """What AEPO adds to the slope is that of (1 + ε) A log π over the tokens that the clip stops."""
    gap = slope_of("past the clip", moved, batch)[1] - plain_slope
    log_softmax = moved - np.log(np.exp(moved).sum(-1, keepdims=True))
    log_prob = np.take_along_axis(log_softmax, batch.responses[..., None], -1)[..., 0]
    counted = (batch.mask > 0) & (batch.entropy > batch.entropy[batch.mask > 0].min())  # a share of 1, but for one
    stopped = counted & (batch.advantage > 0) & (np.exp(log_prob - batch.log_prob) > 1.2)
    score = np.eye(VOCAB)[batch.responses] - np.exp(log_softmax)
    assert stopped.any()
    by_hand = -1.2 * (stopped * batch.advantage)[..., None] * score / batch.mask.sum()
    np.testing.assert_allclose(gap, by_hand, atol=1e-6)


def test_released_epo_is_only_its_bonus(batch, moved):
    for step in (0, 60):
        released, bonus = (slope_of(name, moved, batch, step)[1] for name in ("EPO released", "entropy bonus"))
        np.testing.assert_allclose(released, bonus, atol=1e-8)


def test_an_answer_seen_before_earns_less(batch):
    method = outcome_bonus(0.5, "history")

    @compiled
    def both(batch):
        fresh = make_context(method)
        memory = method.shape(batch, neutral(batch, 0.8, 1.2), fresh).memory
        return method.reward(batch, fresh), method.reward(batch, fresh._replace(memory=memory))

    first, second = both(batch)
    key = [(*p, r) for p, r in zip(batch.prompts.tolist(), batch.responses[:, -1], strict=True)]
    times = np.array([key.count(k) for k in key])
    np.testing.assert_allclose(first - batch.reward, 0.5)
    np.testing.assert_allclose(second - batch.reward, 0.5 / np.sqrt(times), rtol=1e-6)
