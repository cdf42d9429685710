"""Resampling that does not believe too early: the temperature of entropic annealing, and what lineages survive.

Particle filters resample with probabilities in proportion to their weights, and a weight that is wrong early kills
lineages for good. Entropic annealing (arXiv 2510.05825) resamples with w^β instead, 1/β = (N/ESS)(1 - t/T), when the
effective sample size falls below a share of N.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from theory.consensus.gibbs import effective_sample_size
from theory.door import within


def annealed_exponent(
    effective: Real[ArrayLike, "*#batch"],
    particles: Real[ArrayLike, "*#batch"],
    progress: Real[ArrayLike, "*#batch"],
    threshold: Real[ArrayLike, ""] = 0.5,
) -> Float[Array, "*#batch"]:
    """β = min(1, ESS / (N (1 - t/T))) where ESS < threshold · N, else 1.

    The paper's 1/β would sharpen the weights once (1 - t/T) N < ESS; flattening is what it is for, so β stops at 1.

    Args:
        effective: ESS, in [1, N].
        particles: N.
        progress: t/T, in [0, 1].
        threshold: share of N below which it acts.

    >>> [float(annealed_exponent(ess, 8, progress)) for ess, progress in ((2.0, 0.0), (2.0, 0.75), (6.0, 0.0))]
    [0.25, 1.0, 1.0]
    """
    left = 1 - within("progress", progress, 0, 1) * 1.0
    share = jnp.asarray(effective) / jnp.asarray(particles)
    beta = jnp.minimum(1, share / jnp.maximum(left, jnp.finfo(left.dtype).tiny))
    return jnp.where(share < jnp.asarray(threshold), beta, 1.0)


def annealed_weights(
    weights: Float[Array, " particles"], progress: Real[ArrayLike, ""], threshold: Real[ArrayLike, ""] = 0.5
) -> Float[Array, " particles"]:
    """w^β / Σ w^β with the exponent of entropic annealing; the effective sample size never falls by it.

    >>> annealed_weights(jnp.array([1.0, 1.0]), 0.0).tolist()
    [0.5, 0.5]
    """
    beta = annealed_exponent(effective_sample_size(weights), weights.shape[0], progress, threshold)
    powers = jnp.where(weights > 0, jnp.exp(beta * jnp.log(jnp.where(weights > 0, weights, 1))), 0)
    return powers / jnp.sum(powers)


def survival_one_step(
    probability: Real[ArrayLike, "*#batch"], particles: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """1 - (1 - p)^N: chance that a lineage of total weight p is drawn at least once in N multinomial draws.

    >>> float(survival_one_step(0.5, 2))
    0.75
    """
    return -jnp.expm1(jnp.asarray(particles) * jnp.log1p(-within("probability", probability, 0, 1) * 1.0))


def coalescence(
    diversity: Real[ArrayLike, "*#batch"], particles: Real[ArrayLike, "*#batch"], steps: Real[ArrayLike, "*#batch"]
) -> Float[Array, "*#batch"]:
    """(1 - 1/N)^t D: expected 1 - Σ (lineage share)² after t resamplings with equal weights, D before.

    Two particles have the same parent with probability 1/N: even without any reward lineages die out in about N steps.

    >>> float(coalescence(0.5, 2, 3))
    0.0625
    """
    return jnp.asarray(diversity) * (1 - 1 / jnp.asarray(particles)) ** jnp.asarray(steps)
