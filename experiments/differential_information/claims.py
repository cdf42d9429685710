"""What "Differential Information Distribution" claims about preference optimisation, checked; re-derived."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import optimize, special, stats

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
line, information_of = jax.jit(on_the_line), jax.jit(differential_information)


def c01_labels_encode_the_ratio(trial: Trial) -> Evidence:
    """With chosen from π_ref and rejected from π_ref (π_ref/π*)^β, y beats y' with probability σ(β log q(y)/q(y'))."""
    reference, target = _setting(trial)
    pairs = jax.jit(sample_pairs, static_argnums=3)
    counts = np.asarray(pairs(trial.key, reference, line(reference, target, -BETA), (20_000 * trial.effort,)))[0]
    first, second = np.triu_indices(ANSWERS, 1)
    log_q = np.log(np.asarray(information_of(target, reference)))
    chance = 1 / (1 + np.exp(-BETA * (log_q[first] - log_q[second])))
    return law_counts(counts[first, second], counts[first, second] + counts[second, first], chance)


def c02_recovery_iff_the_exponent_fits(trial: Trial) -> Evidence:
    """The population loss of DPO has the target as its only minimum."""
    reference, target = _setting(trial)
    fitting, other = (_minimiser(reference, line(reference, target, -b), reference) for b in (BETA, 1.5 * BETA))
    found = holds_if(
        "π_w/π_l ∝ (π*/π_ref)^β with the β of the loss (without it: 1.5 β, which overshoots)",
        identity(np.exp(target), fitting, rtol=0.0, atol=1e-6),
        identity(np.exp(target), other, rtol=0.0, atol=1e-6),
    )
    beyond = identity(np.exp(line(reference, target, 1.5)), other, rtol=0.0, atol=1e-6)
    return found if beyond.verdict == "holds" else beyond


def c03_no_other_minimum(trial: Trial) -> Evidence:
    """No reward explains the pairs better than r = β log π*/π_ref, up to a constant; attacked."""
    reference, target = _setting(trial)
    rejected = np.asarray(line(reference, target, -BETA))
    loss = jax.jit(preference_loss)
    learned = BETA * (np.asarray(jax.jit(learned_policy)(reference, reference, rejected, BETA)) - reference)
    least = float(loss(learned, reference, rejected))

    def slack(r: jax.Array) -> jax.Array:
        return preference_loss(r, reference, rejected) - least

    def sample(key: jax.Array) -> jax.Array:
        return 2 * jax.random.normal(key, (ANSWERS,))

    def slacks(key: jax.Array) -> jax.Array:
        return jax.vmap(lambda key: slack(sample(key)))(jax.random.split(key, 100 * trial.effort))

    found = falsify(slack, sample, trial.key, starts=8 * trial.effort, steps=200)
    centred = found.point - found.point.mean()
    return combine(
        bound(jax.jit(slacks)(trial.key), tolerance=1e-12, falsified=found),
        identity(BETA * (target - reference - (target - reference).mean()), centred, rtol=0.0, atol=1e-5),
    )


def c04_only_the_log_ratio(trial: Trial) -> Evidence:
    """The pairs that encode the target teach the target."""
    reference, target = _setting(trial)
    rejected = line(reference, target, -BETA)
    ratio, bare = (_minimiser(reference, rejected, start) for start in (reference, np.zeros(ANSWERS)))
    return holds_if(
        "the reward is the log-ratio; β log π without the reference learns another policy",
        identity(np.exp(target), ratio, rtol=0.0, atol=1e-6),
        identity(np.exp(target), bare, rtol=0.0, atol=1e-6),
    )


def c05_likelihood_displacement(trial: Trial) -> Evidence:
    """Learning from preferences makes the chosen answers likelier: E log π*(chosen)/π_ref(chosen) > 0."""

    def slopes(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        pair = random_policies(key, ANSWERS, 2.0)
        turn = chernoff_place(*pair)
        places = jnp.stack([turn + 1e-6, turn - 1e-6, jnp.zeros(()), jnp.ones(())])
        return jnp.stack(pair), jax.vmap(lambda place: mean_log_ratio(*pair, place))(places)

    over = jax.jit(lambda key: jax.vmap(slopes)(jax.random.split(key, 5)))
    pairs, ratios = jax.device_get(over(trial.key))
    after, before, ends = ratios[:, 0], ratios[:, 1], ratios[:, 2:]
    exact = np.array([[-stats.entropy(np.exp(r), np.exp(t)), stats.entropy(np.exp(t), np.exp(r))] for r, t in pairs])
    found = holds_if(
        "they come from beyond the Chernoff point of reference and target; drawn from the reference they lose KL",
        bound(after, tolerance=0.0),
        bound(before, tolerance=0.0),
    )
    closed = identity(exact, ends, rtol=1e-11)
    return found if closed.verdict == "holds" else closed


def c06_entropy_of_the_information_decides() -> Evidence:
    """Of two targets the one whose differential information has more entropy smooths the policy more."""
    reference = np.log(np.append(np.full(3, 0.333), 0.001))
    changes, information = [], []
    for power in (-0.9, 0.5):  # towards the uniform policy, and away from it
        target = special.log_softmax((1 + power) * reference)
        information.append(stats.entropy(np.asarray(information_of(target, reference))))
        changes.append(stats.entropy(np.exp(target)) - stats.entropy(np.exp(reference)))
    ordered = np.diff(changes)[0] * np.sign(np.diff(information)[0])
    return refuted(
        f"a reference with one rare answer: H(q) = {information[0]:.2f} smooths and {information[1]:.2f} sharpens",
        bound(ordered, tolerance=1e-9),
    )


def c07_what_decides(trial: Trial) -> Evidence:
    """Whether a policy is smoothed is decided by a covariance: ΔH = -t Cov_ref(log π_ref, log q) + O(t²) along q^t."""
    reference, target = _setting(trial)
    log_q = np.log(np.asarray(information_of(target, reference)))
    steps = np.geomspace(1e-3, 3e-2, 7)
    start = stats.entropy(np.exp(reference))
    moved = [stats.entropy(special.softmax(reference + t * log_q)) - start for t in steps]
    first = np.asarray(jax.jit(jax.vmap(change_along, (None, 0)))(reference, steps[:, None] * log_q))
    return order(steps, np.abs(moved - first), expected=2)


def c08_how_good_a_predictor(trial: Trial) -> Evidence:
    """Over random policies the entropy of the differential information goes with smoothing: reported."""
    count = 200 * trial.effort

    def numbers(key: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        reference, target = jax.vmap(lambda key: random_policies(key, 20, 1.0))(jax.random.split(key, count))
        log_q = target - reference
        return entropy(log_q), entropy(target) - entropy(reference), change_along(reference, log_q)

    information, change, covariance = jax.device_get(jax.jit(numbers)(trial.key))
    slope, intercept = np.polyfit(information, change, 1)
    quality = {
        "correlation": np.corrcoef(information, change)[0, 1],
        "correlation_of_covariance": np.corrcoef(covariance, change)[0, 1],
    }
    left = change - slope * information - intercept
    return fit(quality, r2=1 - left.var() / change.var(), holdout_error=left.std(), note=f"{count} random pairs")


def _setting(trial: Trial) -> tuple[np.ndarray, np.ndarray]:
    policies = jax.jit(lambda key: random_policies(jax.random.fold_in(key, 9), ANSWERS))
    return jax.device_get(policies(trial.key))


def _minimiser(chosen: np.ndarray, rejected: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Probabilities that minimise the loss with the reward β (log π - start), by BFGS over logits."""
    given, options = (chosen, rejected, start), {"gtol": 1e-11}
    found = optimize.minimize(_loss_and_slope, np.zeros(ANSWERS), given, jac=True, method="BFGS", options=options)
    return special.softmax(found.x)


@jax.jit
@jax.value_and_grad
def _loss_and_slope(z: jax.Array, chosen: jax.Array, rejected: jax.Array, start: jax.Array) -> jax.Array:
    gain = BETA * (jax.nn.log_softmax(z) - start)
    pairs = jnp.exp(chosen[:, None] + rejected[None, :])
    return -jnp.sum(pairs * jax.nn.log_sigmoid(gain[:, None] - gain[None, :]))
