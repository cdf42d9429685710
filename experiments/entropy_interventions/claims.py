"""Identities, limits and counterexamples behind single entropy interventions, checked."""

import jax
import jax.numpy as jnp
import numpy as np

from core.policies.advantages import centred
from core.policies.interventions.confidence_weight import confidence_weight
from core.policies.interventions.contrast_halves import contrast_halves
from core.policies.interventions.entropy_bonus import entropy_bonus
from core.policies.interventions.epo import epo
from core.policies.interventions.interface import Batch, Context, Intervention, Live, neutral
from core.policies.interventions.kl_covariance import flat_abs
from core.policies.interventions.one_of import one_of
from core.policies.lens import one_step
from core.policies.surrogate import surrogate
from core.policies.testbed import bandit_recipe
from core.probes.tokens import token_stats
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, holds_if, refuted
from core.verify.falsify import falsify
from core.verify.identity import identity
from core.verify.order import order
from core.verify.trial import Trial
from experiments.entropy_interventions._methods import WITH_PLAIN
from theory.entropy.clipping import change_by_clipping, clipping_step
from theory.entropy.one_state import half_updates, mean_square_score, success_gradient
from theory.entropy.radius import safe_radius
from theory.entropy.selection import best_of_divergence, best_of_divergence_limit
from theory.entropy.softmax import covariance, softmax_row
from theory.entropy.tail_risk import lower_tail, mixed_tail_value, tail_advantage
from theory.entropy.tempering import change_by_imitation, tempered_covariance


def c01_clipping_biases_entropy(trial: Trial) -> Evidence:
    """With random rewards clipping alone changes H by ηm{p_X(E S - E[S|X]) - p_Y(E S - E[S|Y])} + O(η²)."""
    rates = np.geomspace(1e-3, 1e-1, 9)

    def objective(z, z_old):
        ratio = jax.nn.softmax(z) / jax.nn.softmax(z_old)
        gain = sum(jnp.minimum(a * ratio, a * jnp.clip(ratio, 0.9, 1.2)) / 2 for a in (2.0, -2.0))
        return jax.nn.softmax(z_old) @ gain

    @jax.jit
    def measure(key: jax.Array) -> tuple[jax.Array, ...]:
        logits, old = _drifted(key, 200)
        slope = jax.vmap(jax.grad(objective))(logits, old)
        law, start = sum(change_by_clipping(logits, old, 0.1, 0.2, 1.0)), _plain_entropy(logits)
        misses = jax.lax.map(lambda rate: _size(_plain_entropy(logits + rate * slope) - start - rate * law), rates)
        return clipping_step(logits, old, 0.1, 0.2, 1.0), slope, misses

    step, slope, misses = measure(trial.key)
    return combine(identity(step, slope, rtol=0.0, atol=1e-13), order(rates, np.asarray(misses), expected=2))


def c02_tighter_clip_low_raises_entropy(trial: Trial) -> Evidence:
    """Clipping below raises the entropy and clipping above lowers it: true on average over states, not of each."""
    changes = jax.jit(lambda key: change_by_clipping(*_drifted(key, 2000), 0.1, 0.1, 1.0))
    lower, upper = (np.asarray(change) for change in changes(trial.key))
    share = np.mean((lower < 0) | (upper > 0))
    every = bound(np.concatenate([lower, -upper]), tolerance=1e-12)
    typical = bound(np.array([lower.mean(), -upper.mean()]), tolerance=0.0)
    return holds_if(f"averaged over states ({share:.0%} of single states go the other way)", typical, every)


def c03_temperature_sets_the_sign(trial: Trial) -> Evidence:
    """Imitating one's samples at temperature T moves H with the sign of T - 1, for every policy."""

    @jax.jit
    def slacks(key: jax.Array) -> jax.Array:
        keys = jax.random.split(key, 2)
        logits = jnp.exp(jax.random.normal(keys[0], (4000, 1))) * 2 * jax.random.normal(keys[1], (4000, 10))
        warmth = jnp.exp(jax.random.normal(keys[0], (4000,)))
        return change_by_imitation(logits, warmth) * jnp.sign(warmth - 1)

    def attack(point):
        masses, counts, heat = jax.nn.softmax(point[:5]), jax.nn.softplus(3 * point[5:10]), point[10]
        change = tempered_covariance(masses, counts, jnp.exp(heat))
        level = jnp.log(masses) - counts
        return change * jnp.sign(heat) / (jnp.max(jnp.exp(level)) * jnp.abs(heat) + 1e-300)

    polish = min(8, 2 * trial.effort)
    found = falsify(attack, lambda k: jax.random.normal(k, (11,)), trial.key, starts=16, steps=200, polish=polish)
    return bound(slacks(trial.key), tolerance=1e-15, falsified=found)


def c04_success_equals_failure(trial: Trial) -> Evidence:
    """In expectation, with rewards ±1, right samples alone and wrong samples alone give one update, ∇R (PSR = NSR)."""

    @jax.jit
    def measure(key: jax.Array) -> tuple[jax.Array, ...]:
        logits, right = 2 * jax.random.normal(key, (200, 15)), np.arange(15) < np.arange(200)[:, None] % 13 + 1
        by_autodiff = jax.vmap(jax.grad(lambda z, m: jnp.sum(jax.nn.softmax(z) * m)))(logits, right)
        return by_autodiff, *half_updates(logits, right), success_gradient(logits, right)

    by_autodiff, *closed = measure(trial.key)
    return combine(*(identity(by_autodiff, update, rtol=0.0, atol=1e-14) for update in closed))


def c05_tail_risk_gradient(trial: Trial) -> Evidence:
    """The mixed tail risk of RiskPO has the gradient of E[w min(R - q_a, 0) + min(R - q_b, 0)] at fixed quantiles."""

    def closed(z, r):
        p = jax.nn.softmax(z)
        adv = tail_advantage(r, lower_tail(p, r, 0.2)[1], lower_tail(p, r, 0.8)[1])
        return p * (adv - p @ adv)

    def by_differences(z, r):
        value = jax.vmap(lambda y: mixed_tail_value(jax.nn.softmax(y), r))
        return (value(z[None] + 1e-6 * jnp.eye(9)) - value(z[None] - 1e-6 * jnp.eye(9))) / 2e-6

    @jax.jit
    def measure(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        logits, rewards = (jax.random.normal(key, (20, 9)) for key in jax.random.split(key, 2))
        return jax.vmap(closed)(logits, rewards), jax.vmap(by_differences)(logits, rewards)

    return identity(*measure(trial.key), rtol=0.0, atol=1e-8)


def c06_tail_risk_and_entropy(trial: Trial) -> Evidence:
    """RiskPO spares entropy because Cov(l, A_tail) <= Cov(l, A_mean): not where likely answers pay more."""

    def gap(z, r):
        p = jax.nn.softmax(z)
        adv = tail_advantage(r, lower_tail(p, r, 0.2)[1], lower_tail(p, r, 0.8)[1])
        return covariance(z, softmax_row(z).shifted, r) - covariance(z, softmax_row(z).shifted, adv)

    @jax.jit
    def gaps(key: jax.Array) -> jax.Array:
        keys = jax.random.split(key, 3)
        rewards, order_up = (jnp.sort(jax.random.normal(key, (2000, 9)), axis=1) for key in keys[:2])
        return jax.vmap(gap)(order_up, rewards)

    rising = np.asarray(gaps(trial.key))
    share = np.mean(rising >= 0)
    return refuted(f"log p rising with the reward; it holds in {share:.0%} of 2000", bound(rising, tolerance=1e-12))


def c07_contrast_at_one_half(trial: Trial) -> Evidence:
    """CANON at μ = 1/2 is the centred reward of the whole group (Dr. GRPO)."""

    @jax.jit
    def measure(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        batch, context = _rollout(key, contrast_halves(0.5))
        adv = contrast_halves(0.5).shape(batch, neutral(batch, 0.8, 1.2), context).effect.advantage
        return centred(batch.reward.reshape(-1, context.size)), adv

    plain, adv = (np.asarray(x) for x in measure(trial.key))
    return identity(np.broadcast_to(plain.reshape(-1, 1), adv.shape), adv, rtol=0.0, atol=1e-6)


def c08_confidence_weights_average_to_one(trial: Trial) -> Evidence:
    """The confidence weights of ETTRL have mean 1 over a batch: they redistribute, they do not rescale."""

    @jax.jit
    def weights(key: jax.Array) -> jax.Array:
        batch, context = _rollout(key, confidence_weight())
        flat = batch._replace(advantage=jnp.ones_like(batch.advantage))
        return confidence_weight().shape(flat, neutral(flat, 0.8, 1.2), context).effect.advantage

    return identity(1.0, np.asarray(weights(trial.key))[:, 0].mean(), rtol=1e-6)


def c09_score_norm(trial: Trial) -> Evidence:
    """E_{k~p}|∇_z log p_k|² = 1 - Σ p² = 1 - e^{-H_2}: uncertain tokens pull harder (EMPG, Proposition 1)."""

    @jax.jit
    def measure(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        logits = 2 * jax.random.normal(key, (50, 12))
        scores = jax.vmap(jax.jacobian(jax.nn.log_softmax))(logits)
        return mean_square_score(logits), jnp.sum(jax.nn.softmax(logits) * jnp.sum(scores**2, -1), -1)

    return identity(*measure(trial.key), rtol=1e-12)


def c10_released_penalty_has_no_gradient(trial: Trial) -> Evidence:
    """The smoothing penalty of EPO steers the entropy: not as released, where only its bonus has a gradient."""

    @jax.jit
    def slopes(key: jax.Array) -> list[jax.Array]:
        batch, context = _rollout(key, epo(0.1))
        off = batch.logits + jax.random.normal(key, batch.logits.shape, batch.logits.dtype)
        return [_slope(m, batch, context, off) for m in (epo(0.1), epo(0.1, hinge=True), entropy_bonus(0.1))]

    with_penalty, hinge, bonus = (np.asarray(slope) for slope in slopes(trial.key))
    moves, would = (np.abs(slope - bonus).max() for slope in (with_penalty, hinge))
    claim = bound(float(moves) / float(would) - 0.01, tolerance=1e-6)
    return refuted("any batch, in the second half of training: the penalty is piecewise constant", claim)


def c11_absolute_value_at_zero() -> Evidence:
    """|log r| has no pull on policy: true of x sign(x), false of jnp.abs, whose derivative at 0 is 1 in JAX."""
    ours, plain = jax.jit(lambda x: (jax.grad(flat_abs)(x), jax.grad(jnp.abs)(x)))(0.0)
    with_it = identity(0.0, ours, rtol=0.0)
    return holds_if("|x| is written x sign(x)", with_it, identity(0.0, plain, rtol=0.0, atol=0.5))


def c12_best_of_many() -> Evidence:
    """KL(best of N ‖ policy) <= log N - (N-1)/N, reached for a continuous reward."""

    @jax.jit
    def measure(draws: jax.Array) -> tuple[jax.Array, ...]:
        each = jax.vmap(best_of_divergence, (None, 0))
        return best_of_divergence_limit(draws), *(each(jnp.full(k, 1 / k), draws) for k in (10_000, 10))

    limit, fine, coarse = (np.asarray(x) for x in measure(np.array([2.0, 4.0, 16.0, 64.0])))
    return combine(identity(limit, fine, rtol=1e-4), bound(limit - coarse, tolerance=0.0))


def c13_radius_of_first_order(trial: Trial) -> Evidence:
    """The free energy log Z(z + t a) is analytic for |t| < π/(max a - min a): no zero of Z is nearer."""
    coefficients = np.exp(np.asarray(jax.jit(lambda key: jax.random.normal(key, (100, 8)))(trial.key)))
    radius = float(jax.jit(safe_radius)(np.arange(8.0)))
    zeros = [np.abs(np.log(np.roots(c).astype(complex)).imag).min() / radius for c in coefficients]
    reached = np.abs(np.log(np.roots([1.0, 1.0]).astype(complex)).imag).min() / np.pi
    return combine(bound(np.array(zeros) - 1, tolerance=1e-9), identity(1.0, reached, rtol=1e-12))


def c14_first_order_lens(trial: Trial) -> Evidence:
    """One small step of any method changes the entropy by the sum of S dz over the visited states, to first order."""
    rates = np.geomspace(0.02, 0.2, 5)

    @jax.jit
    def misses(key: jax.Array) -> jax.Array:
        recipe, params = bandit_recipe(jax.random.key(3))
        table, keys = {"logits": params["logits"].astype(float)}, jax.random.split(key, 6)

        def of_method(index: jax.Array) -> jax.Array:
            told = recipe._replace(method=one_of(WITH_PLAIN, index))

            def at_rate(rate: jax.Array) -> jax.Array:
                gaps = jax.lax.map(lambda key: jnp.subtract(*one_step(told, table, key, rate)), keys)
                return _size(gaps)

            return jax.lax.map(at_rate, rates)

        return jax.lax.map(of_method, jnp.arange(len(WITH_PLAIN)))

    found = np.asarray(misses(trial.key))
    return combine(*(order(rates, miss, expected=2, tolerance=0.2) for miss in found))


def _plain_entropy(logits: jax.Array) -> jax.Array:
    return -jnp.sum(jax.nn.softmax(logits) * jax.nn.log_softmax(logits), axis=-1)


def _size(values: jax.Array) -> jax.Array:
    return jnp.sqrt(jnp.mean(values**2))


def _drifted(key: jax.Array, count: int) -> tuple[jax.Array, jax.Array]:
    """Logits of a policy some steps away from an older one, and those of the older one."""
    keys = jax.random.split(key, 2)
    old = 2 * jax.random.normal(keys[0], (count, 12))
    return old + 0.3 * jax.random.normal(keys[1], old.shape), old


def _rollout(key: jax.Array, method: Intervention) -> tuple[Batch, Context]:
    """A synthetic rollout of 8 groups of 8, three tokens each."""
    keys = jax.random.split(key, 4)
    logits = 1.5 * jax.random.normal(keys[0], (64, 3, 11), jnp.float32)
    responses = jax.random.categorical(keys[1], logits)
    stats = token_stats(logits, responses)
    reward = jnp.float32(jax.random.bernoulli(keys[2], shape=(64,)))
    adv = jnp.broadcast_to((reward - reward.mean())[:, None], (64, 3))
    group = jnp.repeat(jnp.arange(8), 8)
    batch = Batch(group[:, None], responses, logits, *stats[:4], logits, reward, adv, jnp.ones_like(adv), group)
    return batch, Context(jnp.asarray(60), 100, 8, 8, keys[3], jax.tree.map(jnp.asarray, method.memory))


def _slope(method: Intervention, batch: Batch, context: Context, logits: jax.Array) -> jax.Array:
    context = context._replace(memory=jax.tree.map(jnp.asarray, method.memory))
    effect, marks, _ = method.shape(batch, neutral(batch, 0.8, 1.2), context)

    def loss(z):
        stats = token_stats(z, batch.responses)
        live = Live(z, stats.log_prob, stats.entropy, jnp.exp(stats.log_prob - batch.log_prob))
        return surrogate(live, batch, effect, marks, method)

    return jax.grad(loss)(logits)
