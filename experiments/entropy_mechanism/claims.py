"""What "The Entropy Mechanism of Reinforcement Learning" claims about entropy, covariance and reward, checked."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np

from core.policies.tabular import exact_ascent
from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, holds_if
from core.verify.fit import fit, root_mean_square_error
from core.verify.identity import identity
from core.verify.order import order
from core.verify.trial import Trial
from experiments.entropy_mechanism._study import bandit_table
from theory.entropy.binary_reward import group_covariance, group_policy_covariance
from theory.entropy.laws import (
    change_along,
    change_natural_gradient,
    change_policy_gradient,
    policy_gradient_step,
)
from theory.entropy.regularised import regularised_policy
from theory.entropy.reward_law import fit_law, law_reward, parent_entropy

VOCABULARY = 30
RATES = np.geomspace(1e-4, 1e-2, 9)


def c01_lemma_covariance(trial: Trial) -> Evidence:
    """To first order any change dz of the logits moves the entropy by -Cov_p(log p, dz) (Lemma 1)."""
    logits, adv = _states(trial, 300)
    by_jvp = jax.jvp(_plain_entropy, (logits,), (adv,))[1]
    return identity(change_along(logits, adv), by_jvp, rtol=1e-10, atol=1e-13)


def c02_policy_gradient_moves_logits(trial: Trial) -> Evidence:
    """A policy-gradient step moves logits by η p (A - Ā) (Proposition 1); as printed, η p A, only where Ā = 0."""
    logits, adv = _states(trial, 300)
    slope = jax.vmap(jax.grad(lambda z, a: jax.nn.softmax(z) @ a))(logits, adv)
    centred = adv - jnp.sum(jax.nn.softmax(logits) * adv, -1, keepdims=True)
    printed = partial(policy_gradient_step, logits, literal=True)
    return holds_if(
        "advantages are centred under the policy, E_p[A] = 0",
        identity(printed(centred), slope, rtol=0.0, atol=1e-13),
        identity(printed(adv), slope, rtol=0.0, atol=1e-13),
    )


def c03_policy_gradient_entropy(trial: Trial) -> Evidence:
    """One exact policy-gradient step changes the entropy by -η Cov_p(log p, p (A - Ā)) + O(η²) (Theorem 1)."""
    logits, adv = _states(trial, 300)
    unit, start = jnp.ones(len(logits)), _plain_entropy(logits)

    def misses(rate):
        return _plain_entropy(exact_ascent("gradient", logits, adv, rate)) - start - law * rate

    law = change_policy_gradient(logits, adv, unit)
    return order(RATES, np.array([_size(misses(r)) for r in RATES]), expected=2)


def c04_natural_gradient_entropy(trial: Trial) -> Evidence:
    """One natural-gradient step changes the entropy by -η Cov_p(log p, A) + O(η²) (Theorem 2)."""
    logits, adv = _states(trial, 300)
    unit, start = jnp.ones(len(logits)), _plain_entropy(logits)

    def misses(rate):
        return _plain_entropy(exact_ascent("natural", logits, adv, rate)) - start - law * rate

    law = change_natural_gradient(logits, adv, unit)
    return order(RATES, np.array([_size(misses(r)) for r in RATES]), expected=2)


def c05_the_law_is_a_chord() -> Evidence:
    """R = -a e^H + b describes one right answer among K equally wrong ones, whatever moves it: R = p, H = H_K(p)."""
    success = jnp.linspace(0.5, 0.999, 400)
    held = jnp.linspace(0.3, 0.5, 50)
    law = fit_law(parent_entropy(success, 5), success)
    error = root_mean_square_error(held, law_reward(law, parent_entropy(held, 5)))
    return fit({"a": law.slope, "b": law.intercept}, law.r2, error, "K = 5, p from 0.5 to 0.999; held out p < 0.5")


def c06_coefficients_do_not_depend_on_the_algorithm() -> Evidence:
    """R = -a e^H + b with a within 15 % and b within 6 % for plain, natural and group-relative policy gradient."""
    laws = [fit_law(*_flow(kind)) for kind in ("gradient", "group", "natural")]
    a, b = (
        np.array([float(x) for x in values]) for values in zip(*((l.slope, l.intercept) for l in laws), strict=True)
    )
    return combine(
        bound(0.15 - np.abs(a / a.mean() - 1), tolerance=0.0),
        bound(0.06 - np.abs(b / b.mean() - 1), tolerance=0.0),
    )


def c07_one_right_answer(trial: Trial) -> Evidence:
    """With one right answer in K, Cov_p(log p, A) = σ g and Cov_p(S, A) = σ³ g K/(K-1), A = (R - p)/σ, g the log-odds.

    Both change sign where the policy is right as often as by chance, and the first orders prompts as Figure 8 does:
    accuracy 7/8 above 1/2 above 1/8. Where the wrong answers differ, e^H of them take the place of K - 1, H their
    entropy among themselves, so that K - 1 of them give a ceiling and one of them a floor.
    """
    success, answers = np.linspace(0.02, 0.98, 25), 11
    rows = jnp.log(jnp.concatenate([success[:, None], jnp.tile((1 - success[:, None]) / (answers - 1), 10)], 1))
    adv = (jax.nn.one_hot(0, answers)[None] - success[:, None]) / np.sqrt(success * (1 - success))[:, None]
    law_slopes = (jax.jvp(_plain_entropy, (rows,), (dz,))[1] for dz in (adv, jnp.exp(rows) * adv))
    natural, gradient = (-np.asarray(slope) for slope in law_slopes)
    by_accuracy = np.asarray(group_covariance(np.array([1 / 8, 1 / 2, 7 / 8]), 10.0))
    uneven = _states(trial, 300)[0]
    p = jax.nn.softmax(uneven)[:, 0]
    outcome = (jax.nn.one_hot(0, VOCABULARY)[None] - p[:, None]) / jnp.sqrt(p * (1 - p))[:, None]
    wrong = jnp.exp(_plain_entropy(uneven[:, 1:]))
    return combine(
        identity(
            group_covariance(p, 1 + wrong),
            -jax.jvp(_plain_entropy, (uneven,), (outcome,))[1],
            rtol=1e-9,
            atol=1e-12,
        ),
        identity(group_covariance(success, float(answers)), natural, rtol=1e-11, atol=1e-13),
        identity(group_policy_covariance(success, float(answers)), gradient, rtol=1e-11, atol=1e-13),
        identity(0.0, group_covariance(1 / answers, float(answers)), rtol=0.0, atol=1e-14),
        bound(np.diff(by_accuracy), tolerance=0.0),
    )


def c08_where_a_regulariser_stops(trial: Trial) -> Evidence:
    """E[R] + αH - βKL(π‖π_0) is (α+β) KL(π‖π*) short of its maximum, π* = softmax((R + β log π_0)/(α+β))."""
    logits, rewards = _states(trial, 300)
    other = jax.random.normal(jax.random.fold_in(trial.key, 1), logits.shape)
    bonus, penalty = 0.3, 0.5
    best = regularised_policy(rewards, logits, bonus, penalty)

    def value(prob):
        log_prob = jnp.log(prob)
        gap = jnp.sum(prob * (log_prob - jax.nn.log_softmax(logits)), -1)
        return jnp.sum(prob * (rewards - bonus * log_prob), -1) - penalty * gap

    there = jax.nn.softmax(other)
    divergence = jnp.sum(there * (jax.nn.log_softmax(other) - jnp.log(best)), -1)
    return identity((bonus + penalty) * divergence, value(best) - value(there), rtol=1e-10, atol=1e-13)


def c15_fit_of_exact_flows() -> Evidence:
    """R = -a e^H + b along the policy gradient of a population of bandits: how good a fit without any noise."""
    h, r = _flow("gradient")
    law = fit_law(h, r)
    late = r > 0.8
    early = fit_law(h[~late], r[~late])
    error = root_mean_square_error(r[late], law_reward(early, h[late]))
    others = ", ".join(f"R2 {float(fit_law(*_flow(kind)).r2):.4f} along the {kind}" for kind in ("group", "natural"))
    return fit({"a": law.slope, "b": law.intercept}, law.r2, error, f"held out R > 0.8; {others}")


def _states(trial: Trial, count: int) -> tuple[jax.Array, jax.Array]:
    """Logits from flat to peaked, and advantages with a mean that is not 0."""
    keys = jax.random.split(trial.key, 3)
    scale = jnp.exp(0.7 * jax.random.normal(keys[0], (count, 1)))
    return 2 * scale * jax.random.normal(keys[1], (count, VOCABULARY)), 0.7 + jax.random.normal(
        keys[2], (count, VOCABULARY)
    )


def _plain_entropy(logits: jax.Array) -> jax.Array:
    return -jnp.sum(jax.nn.softmax(logits) * jax.nn.log_softmax(logits), axis=-1)


def _size(values: jax.Array) -> float:
    return float(jnp.sqrt(jnp.mean(values**2)))


@cache
def _flow(kind: str, spread: float = 1.5) -> tuple[jax.Array, jax.Array]:
    """Mean entropy and reward of exact ascent on a population of bandits, while R runs from 0.2 to 0.95."""
    rewards, table = bandit_table(jax.random.key(1), 256, 20, spread=spread)
    rate = {"gradient": 2.0, "group": 0.5, "natural": 0.05}[kind]

    def step(logits, _):
        prob = jax.nn.softmax(logits)
        point = _plain_entropy(logits).mean(), jnp.sum(prob * rewards, -1).mean()
        return exact_ascent(kind, logits, rewards, rate), point

    _, (h, r) = jax.jit(lambda z: jax.lax.scan(step, z, length=600))(table)
    use = (r > 0.2) & (r < 0.95)
    return h[use], r[use]
