"""Identities, limits and counterexamples behind single entropy interventions, checked."""

import jax
import jax.numpy as jnp
import numpy as np

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
    keys = jax.random.split(trial.key, 2)
    old = 2 * jax.random.normal(keys[0], (200, 12))
    logits = old + 0.3 * jax.random.normal(keys[1], old.shape)

    def objective(z, z_old):
        ratio = jax.nn.softmax(z) / jax.nn.softmax(z_old)
        gain = sum(jnp.minimum(a * ratio, a * jnp.clip(ratio, 0.9, 1.2)) / 2 for a in (2.0, -2.0))
        return jax.nn.softmax(z_old) @ gain

    slope = jax.vmap(jax.grad(objective))(logits, old)
    law = sum(change_by_clipping(logits, old, 0.1, 0.2, 1.0))
    rates = np.geomspace(1e-3, 1e-1, 9)
    start = _plain_entropy(logits)
    misses = [float(jnp.sqrt(jnp.mean((_plain_entropy(logits + r * slope) - start - r * law) ** 2))) for r in rates]
    return combine(
        identity(clipping_step(logits, old, 0.1, 0.2, 1.0), slope, rtol=0.0, atol=1e-13),
        order(rates, np.array(misses), expected=2),
    )


def c02_tighter_clip_low_raises_entropy(trial: Trial) -> Evidence:
    """Clipping below raises the entropy and clipping above lowers it: true on average over states, not of each."""
    keys = jax.random.split(trial.key, 2)
    old = 2 * jax.random.normal(keys[0], (2000, 12))
    logits = old + 0.3 * jax.random.normal(keys[1], old.shape)
    lower, upper = change_by_clipping(logits, old, 0.1, 0.1, 1.0)
    share = np.mean(np.asarray((lower < 0) | (upper > 0)))
    every = bound(np.concatenate([np.asarray(lower), -np.asarray(upper)]), tolerance=1e-12)
    typical = bound(np.array([lower.mean(), -upper.mean()]), tolerance=0.0)
    return holds_if(f"averaged over states ({share:.0%} of single states go the other way)", typical, every)


def c03_temperature_sets_the_sign(trial: Trial) -> Evidence:
    """Imitating one's samples at temperature T moves H with the sign of T - 1, for every policy."""
    keys = jax.random.split(trial.key, 2)
    logits = jnp.exp(jax.random.normal(keys[0], (4000, 1))) * 2 * jax.random.normal(keys[1], (4000, 10))
    warmth = jnp.exp(jax.random.normal(keys[0], (4000,)))
    slack = change_by_imitation(logits, warmth) * jnp.sign(warmth - 1)

    def attack(point):
        masses, counts, heat = jax.nn.softmax(point[:5]), jax.nn.softplus(3 * point[5:10]), point[10]
        change = tempered_covariance(masses, counts, jnp.exp(heat))
        level = jnp.log(masses) - counts
        return change * jnp.sign(heat) / (jnp.max(jnp.exp(level)) * jnp.abs(heat) + 1e-300)

    found = falsify(attack, lambda k: jax.random.normal(k, (11,)), trial.key, starts=16, steps=200)
    return bound(slack, tolerance=1e-15, falsified=found)


def c04_success_equals_failure(trial: Trial) -> Evidence:
    """In expectation, with rewards ±1, right samples alone and wrong samples alone give one update, ∇R (PSR = NSR)."""
    logits = 2 * jax.random.normal(trial.key, (200, 15))
    right = jnp.arange(15)[None] < jnp.arange(200)[:, None] % 13 + 1
    by_autodiff = jax.vmap(jax.grad(lambda z, m: jnp.sum(jax.nn.softmax(z) * m)))(logits, right)
    wins, losses = half_updates(logits, right)
    same = identity(by_autodiff, wins, rtol=0.0, atol=1e-14), identity(by_autodiff, losses, rtol=0.0, atol=1e-14)
    return combine(*same, identity(by_autodiff, success_gradient(logits, right), rtol=0.0, atol=1e-14))


def c05_tail_risk_gradient(trial: Trial) -> Evidence:
    """The mixed tail risk of RiskPO has the gradient of E[w min(R - q_a, 0) + min(R - q_b, 0)] at fixed quantiles."""
    keys = jax.random.split(trial.key, 2)
    logits, rewards = jax.random.normal(keys[0], (20, 9)), jax.random.normal(keys[1], (20, 9))

    def closed(z, r):
        p = jax.nn.softmax(z)
        adv = tail_advantage(r, lower_tail(p, r, 0.2)[1], lower_tail(p, r, 0.8)[1])
        return p * (adv - p @ adv)

    def by_differences(z, r):
        value = jax.vmap(lambda y: mixed_tail_value(jax.nn.softmax(y), r))
        return (value(z[None] + 1e-6 * jnp.eye(9)) - value(z[None] - 1e-6 * jnp.eye(9))) / 2e-6

    return identity(jax.vmap(closed)(logits, rewards), jax.vmap(by_differences)(logits, rewards), rtol=0.0, atol=1e-8)


def c06_tail_risk_and_entropy(trial: Trial) -> Evidence:
    """RiskPO spares entropy because Cov(l, A_tail) <= Cov(l, A_mean): not where likely answers pay more."""
    keys = jax.random.split(trial.key, 3)
    rewards = jnp.sort(jax.random.normal(keys[0], (2000, 9)), axis=1)
    order_up = jnp.sort(jax.random.normal(keys[1], (2000, 9)), axis=1)

    def gap(z, r):
        p = jax.nn.softmax(z)
        adv = tail_advantage(r, lower_tail(p, r, 0.2)[1], lower_tail(p, r, 0.8)[1])
        return covariance(z, softmax_row(z).shifted, r) - covariance(z, softmax_row(z).shifted, adv)

    rising = jax.vmap(gap)(order_up, rewards)
    share = np.mean(np.asarray(rising) >= 0)
    return refuted(f"log p rising with the reward; it holds in {share:.0%} of 2000", bound(rising, tolerance=1e-12))


def c07_contrast_at_one_half(trial: Trial) -> Evidence:
    """CANON at μ = 1/2 is the centred reward of the whole group (Dr. GRPO)."""
    batch, context = _rollout(trial, contrast_halves(0.5))
    adv = contrast_halves(0.5).shape(batch, neutral(batch, 0.8, 1.2), context).effect.advantage
    rewards = batch.reward.reshape(-1, context.size)
    plain = np.repeat(np.asarray(rewards - rewards.mean(1, keepdims=True)).ravel(), batch.mask.shape[1])
    return identity(plain.reshape(batch.mask.shape), adv, rtol=0.0, atol=1e-6)


def c08_confidence_weights_average_to_one(trial: Trial) -> Evidence:
    """The confidence weights of ETTRL have mean 1 over a batch: they redistribute, they do not rescale."""
    batch, context = _rollout(trial, confidence_weight())
    flat = batch._replace(advantage=jnp.ones_like(batch.advantage))
    weights = confidence_weight().shape(flat, neutral(flat, 0.8, 1.2), context).effect.advantage
    return identity(1.0, weights[:, 0].mean(), rtol=1e-6)


def c09_score_norm(trial: Trial) -> Evidence:
    """E_{k~p}|∇_z log p_k|² = 1 - Σ p² = 1 - e^{-H_2}: uncertain tokens pull harder (EMPG, Proposition 1)."""
    logits = 2 * jax.random.normal(trial.key, (50, 12))
    scores = jax.vmap(jax.jacobian(jax.nn.log_softmax))(logits)
    by_enumeration = jnp.sum(jax.nn.softmax(logits) * jnp.sum(scores**2, -1), -1)
    return identity(mean_square_score(logits), by_enumeration, rtol=1e-12)


def c10_released_penalty_has_no_gradient(trial: Trial) -> Evidence:
    """The smoothing penalty of EPO steers the entropy: not as released, where only its bonus has a gradient."""
    batch, context = _rollout(trial, epo(0.1))
    off = batch.logits + jax.random.normal(trial.key, batch.logits.shape, batch.logits.dtype)
    with_penalty, bonus = (_slope(m, batch, context, off) for m in (epo(0.1), entropy_bonus(0.1)))
    hinge = _slope(epo(0.1, hinge=True), batch, context, off)
    moves = float(jnp.abs(with_penalty - bonus).max())
    would = float(jnp.abs(hinge - bonus).max())
    claim = bound(moves / would - 0.01, tolerance=1e-6)
    return refuted("any batch, in the second half of training: the penalty is piecewise constant", claim)


def c11_absolute_value_at_zero() -> Evidence:
    """|log r| has no pull on policy: true of x sign(x), false of jnp.abs, whose derivative at 0 is 1 in JAX."""
    with_it = identity(0.0, jax.grad(flat_abs)(0.0), rtol=0.0)
    return holds_if("|x| is written x sign(x)", with_it, identity(0.0, jax.grad(jnp.abs)(0.0), rtol=0.0, atol=0.5))


def c12_best_of_many() -> Evidence:
    """KL(best of N ‖ policy) <= log N - (N-1)/N, reached for a continuous reward."""
    draws = (2.0, 4.0, 16.0, 64.0)
    limit = best_of_divergence_limit(jnp.array(draws))
    fine, coarse = (jnp.stack([best_of_divergence(jnp.full(k, 1 / k), n) for n in draws]) for k in (10_000, 10))
    return combine(identity(limit, fine, rtol=1e-4), bound(limit - coarse, tolerance=0.0))


def c13_radius_of_first_order(trial: Trial) -> Evidence:
    """The free energy log Z(z + t a) is analytic for |t| < π/(max a - min a): no zero of Z is nearer."""
    coefficients = np.exp(np.asarray(jax.random.normal(trial.key, (100, 8))))
    radius = float(safe_radius(jnp.arange(8.0)))
    zeros = [np.abs(np.log(np.roots(c).astype(complex)).imag).min() / radius for c in coefficients]
    reached = np.abs(np.log(np.roots([1.0, 1.0]).astype(complex)).imag).min() / np.pi
    return combine(bound(np.array(zeros) - 1, tolerance=1e-9), identity(1.0, reached, rtol=1e-12))


def c14_first_order_lens(trial: Trial) -> Evidence:
    """One small step of any method changes the entropy by the sum of S dz over the visited states, to first order."""
    recipe, params = bandit_recipe(jax.random.key(3))
    table = {"logits": params["logits"].astype(float)}
    rates = np.geomspace(0.02, 0.2, 5)

    @jax.jit
    def misses(rates: jax.Array, keys: jax.Array) -> jax.Array:
        def of_method(index: jax.Array) -> jax.Array:
            told = recipe._replace(method=one_of(WITH_PLAIN, index))

            def at_rate(rate: jax.Array) -> jax.Array:
                gaps = jax.lax.map(lambda key: jnp.subtract(*one_step(told, table, key, rate)), keys)
                return jnp.sqrt(jnp.mean(gaps**2))

            return jax.lax.map(at_rate, rates)

        return jax.lax.map(of_method, jnp.arange(len(WITH_PLAIN)))

    found = np.asarray(misses(rates, jax.random.split(trial.key, 6)))
    return combine(*(order(rates, miss, expected=2, tolerance=0.2) for miss in found))


def _plain_entropy(logits: jax.Array) -> jax.Array:
    return -jnp.sum(jax.nn.softmax(logits) * jax.nn.log_softmax(logits), axis=-1)


def _rollout(trial: Trial, method: Intervention) -> tuple[Batch, Context]:
    """A synthetic rollout of 8 groups of 8, three tokens each."""
    keys = jax.random.split(trial.key, 4)
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
