"""What methods that go by the sign of the sample do to the entropy over whole runs, checked.

On a table of bandits, c16 and c17 above smoke effort on a tiny transformer with long responses; rewards ±1 without a
baseline, 8 seeds.
"""

from functools import cache

import jax
import numpy as np
import optax
from jax.sharding import Mesh
from scipy import stats

from core.policies.advantages import plain
from core.policies.interventions.entropy_band import entropy_band
from core.policies.interventions.signed_weights import signed_weights
from core.policies.testbed import bandit_recipe, compare
from core.verify.bound import bound
from core.verify.evidence import Evidence, holds_if, refuted
from core.verify.trial import Trial
from experiments.entropy_interventions._equal_reward import at_reward
from experiments.entropy_interventions._long_runs import BAND, long_runs

BANDIT_BAND = (1.0, 1.1)
ADAM = optax.adam(0.05)  # one object, so that one run serves all claims


def c15_failures_alone_keep_more_entropy(trial: Trial) -> Evidence:
    """At equal reward (0.5, 0.6, 0.7) NSR has at least a twentieth more entropy than PSR: with Adam only, on bandits.

    In expectation the two updates are one (c04), and plain gradient steps keep to it. Adam does not scale with the
    gradient: what it makes of the noise of few successes and of many failures differs. With long responses, by Adam:
    figure `long_responses`.
    """
    adam, gradient = (_log_ratio(_bandit_runs(rule, trial.mesh)) for rule in (ADAM, optax.sgd(10.0)))
    margin = np.log(1.05)
    return holds_if(
        "the optimiser is Adam",
        bound(adam.mean() - _reach(adam) - margin, tolerance=0.0),
        bound(gradient.mean() + _reach(gradient) - margin, tolerance=0.0),
    )


def c16_failures_alone_preserve_entropy(trial: Trial) -> Evidence:
    """NSR preserves the entropy, say half of it, while it learns: it does not, it is the slower way down."""
    runs = _adam_runs(trial.effort, trial.mesh)["decision_entropy"][:, 1]
    share = runs[:, -5:].mean(1) / runs[:, 0]
    where = "a table of bandits" if trial.effort == 1 else "a transformer with long responses"
    found = f"{where}: of {len(share)} seeds none keeps more than {share.max():.2f} of it"
    return refuted(found, bound(share.max() - 0.5, tolerance=0.0))


def c17_a_filter_on_the_sign_holds_a_band(trial: Trial) -> Evidence:
    """Entrocraft ends within its band, or at most its width away from it: not in single runs.

    Below its band it keeps wrong samples only, which lower the entropy too (c04), if more slowly, and then run out.
    """
    low, high = BANDIT_BAND if trial.effort == 1 else BAND
    held = _adam_runs(trial.effort, trial.mesh)["entropy"][:, 2, -5:].mean(1)
    slack = 1.5 * (high - low) - np.abs(held - (low + high) / 2)
    found = f"{(slack < 0).sum()} of {len(held)} runs, which end from {held.min():.2f} to {held.max():.2f} nats"
    return refuted(found, bound(slack, tolerance=0.0))


@cache
def _adam_runs(effort: int, mesh: Mesh) -> dict[str, np.ndarray]:
    """Reports (seeds, methods, rollouts) of PSR, NSR and Entrocraft."""
    if effort == 1:
        return _bandit_runs(ADAM, mesh)
    reports = long_runs(jax.random.split(jax.random.key(0), 8), mesh, words=9, rollouts=40, imitation=400)
    return {name: np.asarray(report[:, 0], float) for name, report in reports.items()}


@cache
def _bandit_runs(optimiser: optax.GradientTransformation, mesh: Mesh) -> dict[str, np.ndarray]:
    methods = signed_weights(1.0, 0.0), signed_weights(0.0, 1.0), entropy_band(BANDIT_BAND, BANDIT_BAND)

    @jax.jit
    def runs(key: jax.Array) -> dict[str, jax.Array]:
        recipe, params = bandit_recipe(jax.random.key(3), horizon=80, advantages=plain)
        told, keys = recipe._replace(optimiser=optimiser), jax.random.split(key, 8)
        return compare(told, params, methods, keys, mesh=mesh, names=("entropy", "decision_entropy", "reward"))

    return {name: np.asarray(report, float).swapaxes(0, 1) for name, report in runs(jax.random.key(1)).items()}


def _log_ratio(runs: dict[str, np.ndarray]) -> np.ndarray:
    """log(entropy of NSR / entropy of PSR) of each seed, each where it first reaches a reward; mean of three."""
    success, failure = (
        [at_reward(runs["decision_entropy"][:, i], runs["reward"][:, i], level) for level in (0.5, 0.6, 0.7)]
        for i in (0, 1)
    )
    return np.log(np.array(failure) / np.array(success)).mean(0)


def _reach(values: np.ndarray) -> float:
    """Half of the 95 % interval of a mean."""
    return float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
