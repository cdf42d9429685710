"""Claims of arXiv 2510.05825 on a latent-path model; all in float64, Monte Carlo with fixed seeds."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from core.particles.resampling import multinomial
from core.verify.bound import bound
from core.verify.evidence import Evidence, holds_if
from core.verify.law import law, law_counts
from core.verify.trial import Trial
from experiments.entropic_particle_filtering._filter import METHODS, Model, run_filter
from theory.consensus.annealing import annealed_weights, coalescence, survival_one_step
from theory.consensus.gibbs import effective_sample_size


def c01_annealing_raises_the_effective_sample_size(trial: Trial) -> Evidence:
    """Resampling with w^β, 1/β = (N/ESS)(1 - t/T) where ESS < N/2, never lowers the effective sample size."""
    weights = jnp.exp(3 * jax.random.normal(trial.key, (200 * trial.effort, 32)))
    progress = jnp.linspace(0, 0.99, len(weights))

    def as_written(weights: jax.Array, progress: jax.Array) -> jax.Array:
        share = effective_sample_size(weights) / weights.size
        return (weights / jnp.max(weights)) ** jnp.where(share < 0.5, share / (1 - progress), 1.0)

    def slack(flattened) -> np.ndarray:
        plain = jax.vmap(effective_sample_size)(weights)
        return np.asarray(jax.vmap(effective_sample_size)(jax.vmap(flattened)(weights, progress)) - plain) / 32

    capped = bound(slack(annealed_weights), tolerance=1e-12)
    return holds_if("β is capped at 1, for (1 - t/T) N < ESS", capped, bound(slack(as_written), tolerance=1e-12))


def c02_a_lineage_survives_with_the_binomial_probability(trial: Trial) -> Evidence:
    """A lineage of total weight p survives one multinomial resampling of N with probability 1 - (1 - p)^N."""
    weights, runs = jnp.array([0.03, 0.02, *[0.95 / 14] * 14]), 2000 * trial.effort
    parents = jax.jit(jax.vmap(lambda key: multinomial(key, weights)))(jax.random.split(trial.key, runs))
    alive = jnp.sum(jnp.any(parents < 2, axis=1))
    return law_counts(float(alive), float(runs), survival_one_step(0.05, 16))


def c03_lineages_coalesce_without_any_reward(trial: Trial) -> Evidence:
    """With equal weights 1 - Σ (lineage share)² has the mean (1 - 1/N)^(t+1) after t resamplings."""
    particles, runs = 16, 400 * trial.effort
    keys = jax.random.split(trial.key, runs)

    def diversity(key: jax.Array) -> jax.Array:
        def step(ancestor: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
            ancestor = ancestor[multinomial(key, jnp.ones(particles))]
            return ancestor, 1 - jnp.sum((jnp.bincount(ancestor, length=particles) / particles) ** 2)

        return jax.lax.scan(step, jnp.arange(particles), jax.random.split(key, 10))[1][jnp.array([0, 9])]

    found = np.asarray(jax.jit(jax.vmap(diversity))(keys))
    exact = coalescence(1 - 1 / particles, particles, np.array([1.0, 10.0]))
    return law(found.mean(0), exact, found.std(0, ddof=1) / math.sqrt(runs))


def _gain(trial: Trial, bias: float, noise: float, runs: int) -> tuple[float, float]:
    """Share of right answers with annealing less that without, and its standard error (same starts and rewards)."""
    keys, model = jax.random.split(trial.key, runs), Model(bias=bias, noise=noise)
    plain, annealed = (
        np.asarray(jax.jit(jax.vmap(lambda k, m=m: run_filter(model, 16, m, k).right[-1]))(keys)) for m in METHODS[:2]
    )
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
