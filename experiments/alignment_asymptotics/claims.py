"""What "Asymptotics of Language Model Alignment" claims about tilts and best of N, checked; statements re-derived."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import special

from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, holds_if
from core.verify.falsify import falsify
from core.verify.identity import identity
from core.verify.order import order
from core.verify.trial import Trial
from experiments.alignment_asymptotics._words import compare
from theory.entropy.selection import best_of_divergence, best_of_divergence_limit
from theory.short.large_deviations import (
    best_of_deficit,
    log_law_of_sum,
    rate_function,
    tilt_at_divergence,
    tilt_at_mean,
    tilted_law,
    tilted_mean,
)

PROB, REWARDS = np.array([0.5, 0.3, 0.2]), np.arange(3.0)
LENGTHS = np.array([32, 64, 128, 256, 512])
tilt_of = jax.jit(tilt_at_divergence)


def c01_the_tilt_is_optimal(trial: Trial) -> Evidence:
    """No law within the divergence D of p has more reward than the tilt p e^{λr}/Z with KL = D."""
    prob, rewards = _setting(trial)
    bar = 0.4
    best = float(jax.jit(tilted_mean)(prob, rewards, tilt_of(prob, rewards, bar)))

    def slack(point: jax.Array) -> jax.Array:
        law = jax.nn.softmax(jnp.log(prob) + point)
        # mixed with p down to the allowed divergence: KL(p + s (law - p) ‖ p) <= s KL(law ‖ p)
        share = jnp.minimum(
            1.0, bar / jnp.maximum(law @ (jax.nn.log_softmax(point + jnp.log(prob)) - jnp.log(prob)), 1e-9)
        )
        return best - (share * law + (1 - share) * prob) @ rewards

    random = jax.jit(lambda key: jax.vmap(slack)(2 * jax.random.normal(key, (200 * trial.effort, 6))))(trial.key)
    attack = falsify(slack, lambda key: jax.random.normal(key, (6,)), trial.key, starts=8 * trial.effort, steps=200)
    tight = identity(0.0, attack.slack, rtol=0.0, atol=1e-3)
    return combine(bound(random, tolerance=1e-10, falsified=attack), tight)


def c02_near_in_reward_is_near_in_law(trial: Trial) -> Evidence:
    """For every φ, KL(φ‖φ*) = KL(φ‖p) - KL(φ*‖p) + λ (E_φ* r - E_φ r): near-optimal laws are near the tilt."""
    prob, rewards = _setting(trial)
    tilt = float(tilt_of(prob, rewards, 0.4))
    best = np.asarray(jax.jit(tilted_law)(prob, rewards, tilt))
    laws = np.random.default_rng(0).dirichlet(np.ones(6), size=50)
    direct = special.rel_entr(laws, best).sum(1)
    spent = special.rel_entr(laws, prob).sum(1) - 0.4
    return identity(spent + tilt * (best @ rewards - laws @ rewards), direct, rtol=1e-10)


def c03_divergence_of_best_of_n(trial: Trial) -> Evidence:
    """KL(best of N ‖ p) <= log N - (N-1)/N for every p without ties and every N, attacked."""

    def slack(point: jax.Array) -> jax.Array:
        draws = 1 + jnp.exp(point[0])
        return best_of_divergence_limit(draws) - best_of_divergence(jax.nn.softmax(point[1:]), draws)

    random = jax.jit(lambda key: jax.vmap(slack)(2 * jax.random.normal(key, (200 * trial.effort, 9))))(trial.key)
    sample = lambda key: jax.random.normal(key, (9,))  # noqa: E731
    found = falsify(slack, sample, trial.key, starts=8 * trial.effort, steps=150)
    return bound(random, tolerance=1e-10, falsified=found)


def c04_when_it_is_an_equality() -> Evidence:
    """KL(best of N ‖ p) = log N - (N-1)/N, the formula in common use, to three digits."""
    draws = np.array([2.0, 4.0, 16.0, 64.0])
    sized = jax.jit(jax.vmap(best_of_divergence, (None, 0)))
    fine, coarse = (sized(np.full(k, 1 / k), draws) for k in (20_000, 10))
    limit = jax.jit(best_of_divergence_limit)(draws)
    return holds_if(
        "the reward is all but continuous (20,000 levels; without it, 10 levels)",
        identity(limit, fine, rtol=1e-3),
        identity(limit, coarse, rtol=1e-3),
    )


def c05_rate_function() -> Evidence:
    """P(mean reward of n symbols >= x) = e^{-nI(x)} / (√(2πn) σ (1 - e^{-λ})) (1 + O(1/n)), I a Legendre transform."""
    n, level = np.array([32, 64, 128, 256, 512]), 1.5
    tilt = float(jax.jit(tilt_at_mean)(PROB, REWARDS, level))
    law = np.asarray(PROB) * np.exp(tilt * np.arange(3))
    sigma = np.sqrt(np.average((np.arange(3) - level) ** 2, weights=law))
    laws = jax.jit(lambda n: jax.lax.map(lambda length: log_law_of_sum(PROB, length, 512), n))(n)
    exact = np.array(
        [special.logsumexp(row[k:]) for row, k in zip(np.asarray(laws), (level * n).astype(int), strict=True)]
    )
    near = -n * float(jax.jit(rate_function)(PROB, REWARDS, level)) - np.log(
        np.sqrt(2 * np.pi * n) * sigma * -np.expm1(-tilt)
    )
    return order(n, np.abs(exact - near), expected=-1, tolerance=0.06)


def c06_equal_a_symbol() -> Evidence:
    """At N = e^{nD} best of N lacks (log n)/(2λn) + O(1/n) of the optimal reward a symbol: nothing in the limit."""
    table = _table()
    lacks = table["tilt_reward"] - table["best_reward"]
    expected = np.asarray(jax.jit(best_of_deficit)(PROB, 0.2, 1.0 * LENGTHS))
    return combine(
        identity(expected[-2:], lacks[-2:], rtol=0.04),
        _shrinks(np.abs(lacks / expected - 1)),
        _shrinks(lacks / LENGTHS),
    )


def c07_but_not_the_same_law() -> Evidence:
    """Best of N = e^{nD} and the tilt become the same: KL(best ‖ tilt)/n -> 0."""
    table = _table()
    return holds_if(
        "the divergence is counted a symbol; as laws of whole words they separate (total variation below 1/2?)",
        _shrinks(table["apart"] / LENGTHS),
        bound(0.5 - table["variation"], tolerance=0.0),
    )


def _setting(trial: Trial) -> tuple[np.ndarray, np.ndarray]:
    def law_and_rewards(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        first, second = jax.random.split(jax.random.fold_in(key, 5))
        return jax.nn.softmax(jax.random.normal(first, (6,))), jax.random.normal(second, (6,))

    return jax.device_get(jax.jit(law_and_rewards)(trial.key))


def _table() -> dict[str, np.ndarray]:
    return jax.device_get(_compared(LENGTHS))


@jax.jit
def _compared(lengths: jax.Array) -> dict[str, jax.Array]:
    return jax.lax.map(lambda length: compare(jnp.asarray(PROB), length, jnp.array(0.2), 512), lengths)


def _shrinks(values: np.ndarray) -> Evidence:
    """Each doubling takes at least a fifth away."""
    return bound(0.8 - values[1:] / values[:-1], tolerance=0.0)
