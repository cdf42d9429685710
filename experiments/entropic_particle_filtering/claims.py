"""Claims of arXiv 2510.05825 on a latent-path model; all in float64, Monte Carlo with fixed seeds."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from core.draws import normal
from core.particles.resampling import multinomial
from core.verify.bound import bound
from core.verify.evidence import Evidence, holds_if
from core.verify.law import law, law_counts
from core.verify.trial import Trial
from experiments.entropic_particle_filtering._filter import ANNEALED, PLAIN, Model, run_filter
from theory.consensus.annealing import annealed_weights, coalescence, survival_one_step
from theory.consensus.gibbs import effective_sample_size


def c01_annealing_raises_the_effective_sample_size(trial: Trial) -> Evidence:
    """Resampling with w^β, 1/β = (N/ESS)(1 - t/T) where ESS < N/2, never lowers the effective sample size."""

    def as_written(weights: jax.Array, progress: jax.Array) -> jax.Array:
        share = effective_sample_size(weights) / weights.size
        return (weights / jnp.max(weights)) ** jnp.where(share < 0.5, share / (1 - progress), 1.0)

    @jax.jit
    def slacks(key: jax.Array) -> list[jax.Array]:
        weights = jnp.exp(3 * normal(key, (200 * trial.effort, 32)))
        progress, size = jnp.linspace(0, 0.99, len(weights)), jax.vmap(effective_sample_size)
        rules = (jax.vmap(rule)(weights, progress) for rule in (annealed_weights, as_written))
        return [(size(flattened) - size(weights)) / 32 for flattened in rules]

    capped, written = (bound(slack, tolerance=1e-12) for slack in map(np.asarray, slacks(trial.key)))
    return holds_if("β is capped at 1, for (1 - t/T) N < ESS", capped, written)


def c02_a_lineage_survives_with_the_binomial_probability(trial: Trial) -> Evidence:
    """A lineage of total weight p survives one multinomial resampling of N with probability 1 - (1 - p)^N."""
    weights, runs = np.array([0.03, 0.02, *[0.95 / 14] * 14]), 2000 * trial.effort

    @jax.jit
    def both(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        parents = jax.vmap(lambda key: multinomial(key, jnp.asarray(weights)))(jax.random.split(key, runs))
        return jnp.sum(jnp.any(parents < 2, axis=1)), survival_one_step(0.05, 16)

    alive, chance = both(trial.key)
    return law_counts(float(alive), float(runs), chance)


def c03_lineages_coalesce_without_any_reward(trial: Trial) -> Evidence:
    """With equal weights 1 - Σ (lineage share)² has the mean (1 - 1/N)^(t+1) after t resamplings."""
    particles, runs = 16, 400 * trial.effort

    def diversity(key: jax.Array) -> jax.Array:
        def step(ancestor: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
            ancestor = ancestor[multinomial(key, jnp.ones(particles))]
            return ancestor, 1 - jnp.sum((jnp.bincount(ancestor, length=particles) / particles) ** 2)

        return jax.lax.scan(step, jnp.arange(particles), jax.random.split(key, 10))[1][np.array([0, 9])]

    @jax.jit
    def both(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        exact = coalescence(1 - 1 / particles, particles, np.array([1.0, 10.0]))
        return jax.vmap(diversity)(jax.random.split(key, runs)), exact

    found, exact = map(np.asarray, both(trial.key))
    return law(found.mean(0), exact, found.std(0, ddof=1) / math.sqrt(runs))


@partial(jax.jit, static_argnums=0)
def _ends(runs: int, bias: float, noise: float, key: jax.Array) -> jax.Array:
    """Share of right answers, (plain and annealed, runs): same starts and rewards."""
    one = lambda method, key: run_filter(Model(bias=bias, noise=noise), 16, method, key).right[-1]  # noqa: E731
    return jax.vmap(jax.vmap(one, (None, 0)), (0, None))(jnp.array([PLAIN, ANNEALED]), jax.random.split(key, runs))


def _gain(trial: Trial, bias: float, noise: float, runs: int) -> tuple[float, float]:
    """Share of right answers with annealing less that without, and its standard error."""
    plain, annealed = np.asarray(_ends(runs, bias, noise, trial.key))
    gain = annealed - plain
    return float(gain.mean()), float(gain.std(ddof=1) / math.sqrt(runs))


def c04_annealing_pays_when_rewards_mislead_early(trial: Trial) -> Evidence:
    """With rewards that favour wrong paths in the first half, annealing is right more often, by > 0.05."""
    gain, error = _gain(trial, 0.7, 1.5, 200 * trial.effort)
    return bound(np.array([gain - 3 * error - 0.05]), tolerance=0.0)


def c05_with_calibrated_rewards_it_makes_no_difference(trial: Trial) -> Evidence:
    """With rewards that do not mislead, the plain and the annealed filter are right equally often (within 0.1)."""
    gain, error = _gain(trial, 0.0, 0.3, 200 * trial.effort)
    return bound(np.array([0.1 - abs(gain) - 3 * error]), tolerance=0.0)
