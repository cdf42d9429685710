"""What "The Entropy Mechanism of Reinforcement Learning" claims about entropy, covariance and reward, checked."""

from collections.abc import Callable
from functools import cache

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
from theory.entropy.reward_law import ExponentialLaw, fit_law, law_reward, parent_entropy

VOCABULARY = 30
RATES = np.geomspace(1e-4, 1e-2, 9)
FLOWS = {"gradient": 2.0, "group": 0.5, "natural": 0.05}  # rates of the exact ascents


def c01_lemma_covariance(trial: Trial) -> Evidence:
    """To first order any change dz of the logits moves the entropy by -Cov_p(log p, dz) (Lemma 1)."""

    @jax.jit
    def measure(logits: jax.Array, adv: jax.Array) -> tuple[jax.Array, jax.Array]:
        return change_along(logits, adv), jax.jvp(_plain_entropy, (logits,), (adv,))[1]

    return identity(*measure(*_states(trial.key)), rtol=1e-10, atol=1e-13)


def c02_policy_gradient_moves_logits(trial: Trial) -> Evidence:
    """A policy-gradient step moves logits by η p (A - Ā) (Proposition 1); as printed, η p A, only where Ā = 0."""

    @jax.jit
    def measure(logits: jax.Array, adv: jax.Array) -> tuple[jax.Array, ...]:
        slope = jax.vmap(jax.grad(lambda z, a: jax.nn.softmax(z) @ a))(logits, adv)
        centred = adv - jnp.sum(jax.nn.softmax(logits) * adv, -1, keepdims=True)
        return slope, *(policy_gradient_step(logits, given, literal=True) for given in (centred, adv))

    slope, *printed = measure(*_states(trial.key))
    with_it, without = (identity(step, slope, rtol=0.0, atol=1e-13) for step in printed)
    return holds_if("advantages are centred under the policy, E_p[A] = 0", with_it, without)


def c03_policy_gradient_entropy(trial: Trial) -> Evidence:
    """One exact policy-gradient step changes the entropy by -η Cov_p(log p, p (A - Ā)) + O(η²) (Theorem 1)."""
    return order(RATES, _misses(trial, "gradient", change_policy_gradient), expected=2)


def c04_natural_gradient_entropy(trial: Trial) -> Evidence:
    """One natural-gradient step changes the entropy by -η Cov_p(log p, A) + O(η²) (Theorem 2)."""
    return order(RATES, _misses(trial, "natural", change_natural_gradient), expected=2)


def c05_the_law_is_a_chord() -> Evidence:
    """R = -a e^H + b describes one right answer among K equally wrong ones, whatever moves it: R = p, H = H_K(p)."""
    success, held = np.linspace(0.5, 0.999, 400), np.linspace(0.3, 0.5, 50)

    @jax.jit
    def measure(success: jax.Array, held: jax.Array) -> tuple[ExponentialLaw, jax.Array]:
        law = fit_law(parent_entropy(success, 5), success)
        return law, law_reward(law, parent_entropy(held, 5))

    law, foretold = measure(success, held)
    error = root_mean_square_error(held, foretold)
    return fit({"a": law.slope, "b": law.intercept}, law.r2, error, "K = 5, p from 0.5 to 0.999; held out p < 0.5")


def c06_coefficients_do_not_depend_on_the_algorithm() -> Evidence:
    """R = -a e^H + b with a within 15 % and b within 6 % for plain, natural and group-relative policy gradient."""
    laws = [jax.jit(fit_law)(*flow) for flow in _flows().values()]
    a, b = (np.array([getattr(law, name) for law in laws], float) for name in ("slope", "intercept"))
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
    rows = np.log(np.concatenate([success[:, None], np.tile((1 - success[:, None]) / (answers - 1), 10)], 1))

    def slope(rows: jax.Array, p: jax.Array, tilt: jax.Array | float = 1.0) -> jax.Array:
        adv = (np.arange(rows.shape[1]) == 0) - p[:, None]
        return -jax.jvp(_plain_entropy, (rows,), (tilt * adv / jnp.sqrt(p * (1 - p))[:, None],))[1]

    @jax.jit
    def measure(uneven: jax.Array) -> tuple[tuple[jax.Array, ...], ...]:
        p, wrong = jax.nn.softmax(uneven)[:, 0], jnp.exp(_plain_entropy(uneven[:, 1:]))
        return (
            (group_covariance(p, 1 + wrong), slope(uneven, p)),
            (group_covariance(success, float(answers)), slope(rows, success)),
            (group_policy_covariance(success, float(answers)), slope(rows, success, np.exp(rows))),
            (group_covariance(1 / answers, float(answers)), group_covariance(np.array([1 / 8, 1 / 2, 7 / 8]), 10.0)),
        )

    uneven, natural, gradient, (by_chance, by_accuracy) = measure(_states(trial.key)[0])
    return combine(
        identity(*uneven, rtol=1e-9, atol=1e-12),
        identity(*natural, rtol=1e-11, atol=1e-13),
        identity(*gradient, rtol=1e-11, atol=1e-13),
        identity(0.0, by_chance, rtol=0.0, atol=1e-14),
        bound(np.diff(by_accuracy), tolerance=0.0),
    )


def c08_where_a_regulariser_stops(trial: Trial) -> Evidence:
    """E[R] + αH - βKL(π‖π_0) is (α+β) KL(π‖π*) short of its maximum, π* = softmax((R + β log π_0)/(α+β))."""
    bonus, penalty = 0.3, 0.5

    @jax.jit
    def measure(logits: jax.Array, rewards: jax.Array) -> tuple[jax.Array, jax.Array]:
        other = jax.random.normal(jax.random.fold_in(trial.key, 1), logits.shape)
        best, there = regularised_policy(rewards, logits, bonus, penalty), jax.nn.softmax(other)

        def value(prob):
            log_prob = jnp.log(prob)
            gap = jnp.sum(prob * (log_prob - jax.nn.log_softmax(logits)), -1)
            return jnp.sum(prob * (rewards - bonus * log_prob), -1) - penalty * gap

        divergence = jnp.sum(there * (jax.nn.log_softmax(other) - jnp.log(best)), -1)
        return (bonus + penalty) * divergence, value(best) - value(there)

    return identity(*measure(*_states(trial.key)), rtol=1e-10, atol=1e-13)


def c15_fit_of_exact_flows() -> Evidence:
    """R = -a e^H + b along the policy gradient of a population of bandits: how good a fit without any noise."""
    flows = _flows()
    h, r = flows["gradient"]
    late = r > 0.8
    early = jax.jit(fit_law)(h[~late], r[~late])
    error = root_mean_square_error(r[late], jax.jit(law_reward)(early, h[late]))
    law, *others = (jax.jit(fit_law)(*flow) for flow in flows.values())
    said = ", ".join(f"R2 {float(l.r2):.4f} along the {k}" for k, l in zip(("group", "natural"), others, strict=True))
    return fit({"a": law.slope, "b": law.intercept}, law.r2, error, f"held out R > 0.8; {said}")


@jax.jit
def _states(key: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Logits of 300 states from flat to peaked, and advantages with a mean that is not 0."""
    keys = jax.random.split(key, 3)
    scale = jnp.exp(0.7 * jax.random.normal(keys[0], (300, 1)))
    logits, noise = (jax.random.normal(key, (300, VOCABULARY)) for key in keys[1:])
    return 2 * scale * logits, 0.7 + noise


def _plain_entropy(logits: jax.Array) -> jax.Array:
    return -jnp.sum(jax.nn.softmax(logits) * jax.nn.log_softmax(logits), axis=-1)


def _misses(trial: Trial, kind: str, law: Callable[..., jax.Array]) -> np.ndarray:
    """The root mean square over states of what the law leaves over of one exact step, at each rate."""

    def sizes(logits: jax.Array, adv: jax.Array) -> jax.Array:
        start, change = _plain_entropy(logits), law(logits, adv, jnp.ones(len(logits)))

        def size(rate: jax.Array) -> jax.Array:
            missed = _plain_entropy(exact_ascent(kind, logits, adv, rate)) - start - change * rate
            return jnp.sqrt(jnp.mean(missed**2))

        return jax.lax.map(size, RATES)

    return np.asarray(jax.jit(sizes)(*_states(trial.key)))


@cache
def _flows() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Mean entropy and reward of exact ascents on a population of bandits, while R runs from 0.2 to 0.95."""

    @jax.jit
    def paths(key: jax.Array) -> dict[str, tuple[jax.Array, jax.Array]]:
        rewards, table = bandit_table(key, 256, 20, spread=1.5)

        def path(kind: str, rate: float) -> tuple[jax.Array, jax.Array]:
            def step(logits, _):
                prob = jax.nn.softmax(logits)
                point = _plain_entropy(logits).mean(), jnp.sum(prob * rewards, -1).mean()
                return exact_ascent(kind, logits, rewards, rate), point

            return jax.lax.scan(step, table, length=600)[1]

        return {kind: path(kind, rate) for kind, rate in FLOWS.items()}

    found = {kind: [np.asarray(x) for x in path] for kind, path in paths(jax.random.key(1)).items()}
    return {kind: (h[(r > 0.2) & (r < 0.95)], r[(r > 0.2) & (r < 0.95)]) for kind, (h, r) in found.items()}
