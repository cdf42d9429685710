"""What "Differential Information Distribution" claims about preference optimisation, checked; re-derived."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import optimize, stats

from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, holds_if, refuted
from core.verify.falsify import falsify
from core.verify.fit import fit
from core.verify.identity import identity
from core.verify.law import law_counts
from core.verify.order import order
from core.verify.trial import Trial
from experiments.differential_information._preferences import random_policies, sample_pairs
from theory.entropy.laws import change_along
from theory.entropy.softmax import entropy
from theory.short.differential_information import (
    chernoff_place,
    differential_information,
    learned_policy,
    mean_log_ratio,
    on_the_line,
    preference_loss,
)

ANSWERS, BETA = 6, 0.7


def c01_labels_encode_the_ratio(trial: Trial) -> Evidence:
    """With chosen from π_ref and rejected from π_ref (π_ref/π*)^β, y beats y' with probability σ(β log q(y)/q(y'))."""
    reference, target = _setting(trial)
    rejected = on_the_line(reference, target, -BETA)
    counts = np.asarray(sample_pairs(trial.key, reference, rejected, 20_000 * trial.effort))
    first, second = np.triu_indices(ANSWERS, 1)
    log_q = np.log(np.asarray(differential_information(target, reference)))
    chance = 1 / (1 + np.exp(-BETA * (log_q[first] - log_q[second])))
    return law_counts(counts[first, second], counts[first, second] + counts[second, first], chance)


def c02_recovery_iff_the_exponent_fits(trial: Trial) -> Evidence:
    """The population loss of DPO has the target as its only minimum."""
    reference, target = _setting(trial)
    fitting, other = (_minimiser(reference, on_the_line(reference, target, -b), reference) for b in (BETA, 1.5 * BETA))
    found = holds_if(
        "π_w/π_l ∝ (π*/π_ref)^β with the β of the loss (without it: 1.5 β, which overshoots)",
        identity(np.exp(target), fitting, rtol=0.0, atol=1e-6),
        identity(np.exp(target), other, rtol=0.0, atol=1e-6),
    )
    beyond = identity(np.exp(on_the_line(reference, target, 1.5)), other, rtol=0.0, atol=1e-6)
    return found if beyond.verdict == "holds" else beyond


def c03_no_other_minimum(trial: Trial) -> Evidence:
    """No reward explains the pairs better than r = β log π*/π_ref, up to a constant; attacked."""
    reference, target = _setting(trial)
    rejected = on_the_line(reference, target, -BETA)
    learned = BETA * (learned_policy(reference, reference, rejected, BETA) - reference)
    least = preference_loss(learned, reference, rejected)

    def slack(r: jax.Array) -> jax.Array:
        return preference_loss(r, reference, rejected) - least

    sample = lambda key: 2 * jax.random.normal(key, (ANSWERS,))  # noqa: E731
    found = falsify(slack, sample, trial.key, starts=8 * trial.effort, steps=200)
    points = jax.vmap(sample)(jax.random.split(trial.key, 100 * trial.effort))
    centred = found.point - found.point.mean()
    return combine(
        bound(jax.jit(jax.vmap(slack))(points), tolerance=1e-12, falsified=found),
        identity(BETA * (target - reference - (target - reference).mean()), centred, rtol=0.0, atol=1e-5),
    )


def c04_only_the_log_ratio(trial: Trial) -> Evidence:
    """The pairs that encode the target teach the target."""
    reference, target = _setting(trial)
    rejected = on_the_line(reference, target, -BETA)
    ratio, bare = (_minimiser(reference, rejected, start) for start in (reference, jnp.zeros(ANSWERS)))
    return holds_if(
        "the reward is the log-ratio; β log π without the reference learns another policy",
        identity(np.exp(target), ratio, rtol=0.0, atol=1e-6),
        identity(np.exp(target), bare, rtol=0.0, atol=1e-6),
    )


def c05_likelihood_displacement(trial: Trial) -> Evidence:
    """Learning from preferences makes the chosen answers likelier: E log π*(chosen)/π_ref(chosen) > 0."""
    pairs = [random_policies(key, ANSWERS, 2.0) for key in jax.random.split(trial.key, 5)]
    turn = [float(chernoff_place(*pair)) for pair in pairs]
    after = [float(mean_log_ratio(*pair, c + 1e-6)) for pair, c in zip(pairs, turn, strict=True)]
    before = [float(mean_log_ratio(*pair, c - 1e-6)) for pair, c in zip(pairs, turn, strict=True)]
    ends = np.array([[mean_log_ratio(*pair, c) for c in (0.0, 1.0)] for pair in pairs])
    exact = np.array([[-stats.entropy(np.exp(r), np.exp(t)), stats.entropy(np.exp(t), np.exp(r))] for r, t in pairs])
    found = holds_if(
        "they come from beyond the Chernoff point of reference and target; drawn from the reference they lose KL",
        bound(np.array(after), tolerance=0.0),
        bound(np.array(before), tolerance=0.0),
    )
    closed = identity(exact, ends, rtol=1e-11)
    return found if closed.verdict == "holds" else closed


def c06_entropy_of_the_information_decides() -> Evidence:
    """Of two targets the one whose differential information has more entropy smooths the policy more."""
    reference = np.log(np.append(np.full(3, 0.333), 0.001))
    changes, information = [], []
    for power in (-0.9, 0.5):  # towards the uniform policy, and away from it
        target = jax.nn.log_softmax((1 + power) * reference)
        information.append(stats.entropy(np.asarray(differential_information(target, reference))))
        changes.append(stats.entropy(np.exp(target)) - stats.entropy(np.exp(reference)))
    ordered = np.diff(changes)[0] * np.sign(np.diff(information)[0])
    return refuted(
        f"a reference with one rare answer: H(q) = {information[0]:.2f} smooths and {information[1]:.2f} sharpens",
        bound(ordered, tolerance=1e-9),
    )


def c07_what_decides(trial: Trial) -> Evidence:
    """Whether a policy is smoothed is decided by a covariance: ΔH = -t Cov_ref(log π_ref, log q) + O(t²) along q^t."""
    reference, target = _setting(trial)
    log_q = np.log(np.asarray(differential_information(target, reference)))
    steps = np.geomspace(1e-3, 3e-2, 7)
    start = stats.entropy(np.exp(reference))
    moved = [stats.entropy(np.asarray(jax.nn.softmax(reference + t * log_q))) - start for t in steps]
    first = np.array([change_along(reference, t * log_q) for t in steps])
    return order(steps, np.abs(moved - first), expected=2)


def c08_how_good_a_predictor(trial: Trial) -> Evidence:
    """Over random policies the entropy of the differential information goes with smoothing: reported."""
    keys = jax.random.split(trial.key, 200 * trial.effort)
    reference, target = jax.vmap(lambda key: random_policies(key, 20, 1.0))(keys)
    information = np.asarray(entropy(target - reference))
    change = np.asarray(entropy(target) - entropy(reference))
    covariance = np.asarray(change_along(reference, target - reference))
    slope, intercept = np.polyfit(information, change, 1)
    quality = {
        "correlation": np.corrcoef(information, change)[0, 1],
        "correlation_of_covariance": np.corrcoef(covariance, change)[0, 1],
    }
    left = change - slope * information - intercept
    return fit(quality, r2=1 - left.var() / change.var(), holdout_error=left.std(), note=f"{len(keys)} random pairs")


def _setting(trial: Trial) -> tuple[jax.Array, jax.Array]:
    return random_policies(jax.random.fold_in(trial.key, 9), ANSWERS)


def _minimiser(chosen: jax.Array, rejected: jax.Array, start: jax.Array) -> np.ndarray:
    """Probabilities that minimise the loss with the reward β (log π - start), by BFGS over logits."""

    def loss(z: jax.Array) -> jax.Array:
        gain = BETA * (jax.nn.log_softmax(z) - start)
        pairs = jnp.exp(chosen[:, None] + rejected[None, :])
        return -jnp.sum(pairs * jax.nn.log_sigmoid(gain[:, None] - gain[None, :]))

    slope = jax.jit(jax.value_and_grad(loss))
    found = optimize.minimize(slope, np.zeros(ANSWERS), jac=True, method="BFGS", options={"gtol": 1e-11})
    return np.asarray(jax.nn.softmax(found.x))
