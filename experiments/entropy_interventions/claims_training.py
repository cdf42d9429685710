"""What methods that go by the sign of the sample do to the entropy over whole runs, checked.

On a table of bandits, c16 and c17 above smoke effort on a tiny transformer with long responses; rewards ±1 without a
baseline, 8 seeds.
"""

from functools import cache, partial

import jax
import numpy as np
import optax
from jax.sharding import Mesh
from scipy import stats

from core.policies.advantages import plain
from core.policies.interventions.entropy_band import entropy_band
from core.policies.interventions.one_of import one_of
from core.policies.interventions.signed_weights import signed_weights
from core.policies.testbed import bandit_recipe, over_seeds
from core.verify.bound import bound
from core.verify.evidence import Evidence, holds_if, refuted
from core.verify.trial import Trial
from experiments.entropy_interventions._equal_reward import at_reward
from experiments.entropy_interventions._long_runs import BAND, long_runs

BANDIT_BAND = (1.0, 1.1)
BANDIT_METHODS = signed_weights(1.0, 0.0), signed_weights(0.0, 1.0), entropy_band(BANDIT_BAND, BANDIT_BAND)
PSR, NSR, ENTROCRAFT = range(len(BANDIT_METHODS))
RULES = optax.adam(0.05), optax.sgd(10.0)
ADAM, GRADIENT = range(len(RULES))


def c15_failures_alone_keep_more_entropy(trial: Trial) -> Evidence:
    """At equal reward (0.5, 0.6, 0.7) NSR has at least a twentieth more entropy than PSR: with Adam only, on bandits.

    In expectation the two updates are one (c04), and plain gradient steps keep to it. Adam does not scale with the
    gradient: what it makes of the noise of few successes and of many failures differs. With long responses, by Adam:
    figure `long_responses`.
    """
    adam, gradient = (_log_ratio(rule, trial.mesh) for rule in (ADAM, GRADIENT))
    margin = np.log(1.05)
    return holds_if(
        "the optimiser is Adam",
        bound(adam.mean() - _reach(adam) - margin, tolerance=0.0),
        bound(gradient.mean() + _reach(gradient) - margin, tolerance=0.0),
    )


def c16_failures_alone_preserve_entropy(trial: Trial) -> Evidence:
    """NSR preserves the entropy, say half of it, while it learns: it does not, it is the slower way down."""
    runs = _adam_runs(trial, NSR)["decision_entropy"]
    share = runs[:, -5:].mean(1) / runs[:, 0]
    where = "a table of bandits" if trial.effort == 1 else "a transformer with long responses"
    found = f"{where}: of {len(share)} seeds none keeps more than {share.max():.2f} of it"
    return refuted(found, bound(share.max() - 0.5, tolerance=0.0))


def c17_a_filter_on_the_sign_holds_a_band(trial: Trial) -> Evidence:
    """Entrocraft ends within its band, or at most its width away from it: not in single runs.

    Below its band it keeps wrong samples only, which lower the entropy too (c04), if more slowly, and then run out.
    """
    low, high = BANDIT_BAND if trial.effort == 1 else BAND
    held = _adam_runs(trial, ENTROCRAFT)["entropy"][:, -5:].mean(1)
    slack = 1.5 * (high - low) - np.abs(held - (low + high) / 2)
    found = f"{(slack < 0).sum()} of {len(held)} runs, which end from {held.min():.2f} to {held.max():.2f} nats"
    return refuted(found, bound(slack, tolerance=0.0))


def _adam_runs(trial: Trial, method: int) -> dict[str, np.ndarray]:
    """Reports (seeds, rollouts) of PSR, NSR or Entrocraft."""
    if trial.effort == 1:
        return _bandit_runs(method, ADAM, trial.mesh)
    return {name: report[:, 0, method] for name, report in _transformer_runs(trial.mesh).items()}


@cache
def _transformer_runs(mesh: Mesh) -> dict[str, np.ndarray]:
    """Reports (seeds, 1, methods, rollouts)."""
    reports = long_runs(jax.random.split(jax.random.key(0), 8), mesh, words=9, rollouts=40, imitation=400)
    return {name: np.asarray(report, float) for name, report in reports.items()}


@cache
def _bandit_runs(method: int, rule: int, mesh: Mesh) -> dict[str, np.ndarray]:
    """Reports (seeds, rollouts) of a method with one of the optimisers."""
    return {name: np.asarray(report, float) for name, report in _trained(mesh, method, rule).items()}


@partial(jax.jit, static_argnums=0)
def _trained(mesh: Mesh, method: jax.Array, rule: jax.Array) -> dict[str, jax.Array]:
    """One program for all methods and optimisers."""
    recipe, params = bandit_recipe(jax.random.key(3), horizon=80, advantages=plain)
    told = recipe._replace(method=one_of(BANDIT_METHODS, method), optimiser=_one_rule(rule))
    reports = over_seeds(told, params, jax.random.split(jax.random.key(1), 8), mesh=mesh)
    return {name: reports[name] for name in ("entropy", "decision_entropy", "reward")}


def _one_rule(index: jax.Array) -> optax.GradientTransformation:
    """The optimiser of RULES at a traced index; it keeps the moments of all."""

    def update(slope, moments, params=None):
        updates = [rule.update(slope, own, params) for rule, own in zip(RULES, moments, strict=True)]
        changes, moments = zip(*updates, strict=True)
        return jax.tree.map(lambda *each: jax.lax.select_n(index, *each), *changes), moments

    return optax.GradientTransformation(lambda params: tuple(rule.init(params) for rule in RULES), update)


def _log_ratio(rule: int, mesh: Mesh) -> np.ndarray:
    """log(entropy of NSR / entropy of PSR) of each seed, each where it first reaches a reward; mean of three."""
    runs = [_bandit_runs(method, rule, mesh) for method in (PSR, NSR)]
    success, failure = (
        np.array([at_reward(run["decision_entropy"], run["reward"], level) for level in (0.5, 0.6, 0.7)])
        for run in runs
    )
    return np.log(failure / success).mean(0)


def _reach(values: np.ndarray) -> float:
    """Half of the 95 % interval of a mean."""
    return float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
