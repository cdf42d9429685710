"""What correlation does: claims about laws of dependence, averages, unequal leaves and calibration."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from core.verify.evidence import Evidence, combine, holds_if
from core.verify.identity import identity
from core.verify.law import law
from core.verify.rate import rate
from core.verify.trial import Trial
from experiments.phase_transition import _exact as exact_routes
from experiments.phase_transition._averages import ORGANISATIONS, exact_variance, mean_square_errors
from theory.trees import calibration, copula, dependence, warmup
from theory.trees.heterogeneous import heterogeneous_root
from theory.trees.recursion import Tree


def c19_amplification_depends_on_the_law() -> Evidence:
    """The pairwise correlation ρ alone gives a weak signal the gain ρ + (1-ρ) s_b in one vote of b."""
    cases = [(b, rho) for b in (3, 11, 101) for rho in (0.1, 0.25)]
    predicted = jax.jit(dependence.common_cause_slope)(*np.array(cases).T)
    shared, latent = (
        identity(predicted, np.array([gain(*case) for case in cases]), rtol=1e-9)
        for gain in (exact_routes.common_cause_gain, exact_routes.beta_binomial_gain)
    )
    return holds_if("votes share a common cause, not a random ability (beta-binomial)", shared, latent)


def c21_averages(trial: Trial) -> Evidence:
    """Section 3: the mean-square errors of stars, chains and trees of averages, ρ read per level or globally."""
    settings, repetitions = 6, 2000 * trial.effort
    ends = np.array([[0.5], [0.0], [0.0]]), np.array([[2.0], [0.6], [0.3]])

    @jax.jit
    def errors() -> tuple[jax.Array, jax.Array]:
        noise = jax.random.uniform(trial.key, (3, settings), minval=ends[0], maxval=ends[1])
        keys = jax.vmap(lambda place: jax.random.split(jax.random.fold_in(trial.key, place), settings))(np.arange(4))
        measure = jax.vmap(lambda keys, *noise: mean_square_errors(keys, *noise, 3, 3, repetitions), (1, 0, 0, 0), 1)
        return measure(keys, *noise), jnp.stack([exact_variance(name, *noise, 3, 3.0) for name in ORGANISATIONS])

    measured, exact = map(np.asarray, errors())
    return law(measured, exact, exact * math.sqrt(2 / repetitions))  # of a mean of squares of normal errors


def c24_gains_of_three_laws() -> Evidence:
    """A weak signal gains κ_b(ρ) in a majority: bounded in b for a Beta-distributed or Gaussian shared ability."""
    fan_ins, rhos = (3, 11, 101), (0.1, 0.3)
    gains = exact_routes.beta_binomial_gain, exact_routes.gaussian_copula_gain

    @jax.jit
    def slopes(rho: jax.Array) -> tuple[jax.Array, ...]:
        beta = jnp.stack([dependence.beta_binomial_slope(b, rho) for b in fan_ins])
        normal = copula.gaussian_copula_slope(np.array([*fan_ins, 10**5 + 1])[:, None], rho)
        return beta, normal, dependence.beta_binomial_limit_slope(rho), copula.gaussian_copula_limit_slope(rho)

    beta, normal, beta_limit, normal_limit = map(np.asarray, slopes(np.array(rhos)))
    three = np.array([(3 - rho * (3 - rho) / (1 + rho)) / 2 for rho in rhos])
    return combine(
        *(
            identity(slope, np.array([[gain(b, rho) for rho in rhos] for b in fan_ins]), rtol=1e-9)
            for slope, gain in zip((beta, normal[:-1]), gains, strict=True)
        ),
        identity(three, beta[0], rtol=1e-12),
        identity(np.array([exact_routes.beta_limit_gain(rho) for rho in rhos]), beta_limit, rtol=1e-9),
        identity(normal_limit, normal[-1], rtol=1e-4),
    )


def c29_unequal_leaves(trial: Trial) -> Evidence:
    """The root's bias over unequal leaves follows from node to node by the law of a sum of unequal votes."""
    cases = [(3, 9), (5, 25), (3, 27)]
    predicted, measured = [], []
    for place, (fan_in, leaves) in enumerate(cases):

        def root(place: jax.Array, fan_in: int = fan_in, leaves: int = leaves) -> tuple[jax.Array, ...]:
            gamma, rho, *biases = jax.random.uniform(jax.random.fold_in(trial.key, place), (leaves + 2,))
            bias = 2 * jnp.stack(biases) - 1
            return heterogeneous_root(bias, Tree(fan_in, gamma, rho)), bias, gamma, rho

        roots, *drawn = map(np.asarray, jax.jit(jax.vmap(root))(place + len(cases) * np.arange(trial.effort)))
        predicted += list(roots)
        measured += [exact_routes.tree_by_enumeration(bias, fan_in, *sent) for bias, *sent in zip(*drawn, strict=True)]
    return identity(np.array(predicted), np.array(measured), rtol=1e-12, atol=1e-15)


def c30_calibration(trial: Trial) -> Evidence:
    """What a team is measured to be: the estimators of ρ, γ and β come out at the values that made the votes."""
    rho, gamma, exponent, bias, seeds, tasks = 0.15, 0.8, 0.3, 0.4, 24, 1000 * trial.effort
    budget = np.array([1.0, 4.0, 16.0, 64.0])

    @jax.vmap
    def estimates(key: jax.Array) -> tuple[jax.Array, ...]:
        same, vote, flip, leaf = jax.random.split(key, 4)
        right = jax.random.uniform(vote, (tasks, 9)) < (1 + bias) / 2
        right = jnp.where(jax.random.uniform(same, (tasks, 1)) < rho, right[:, :1], right)
        votes = jnp.where(right, 1.0, -1.0)
        heard = jnp.where(jax.random.uniform(flip, (tasks,)) < (1 - gamma) / 2, -votes[:, 0], votes[:, 0])
        answers = jax.random.uniform(leaf, (20 * tasks, 4)) < (1 + 0.2 * budget**exponent) / 2
        measured = calibration.estimate_bias(jnp.where(answers, 1.0, -1.0))
        law = calibration.estimate_leaf_law(budget, measured)
        return calibration.estimate_correlation(votes), calibration.estimate_fidelity(votes[:, 0], heard), law.exponent

    found = jax.jit(lambda key: estimates(jax.random.split(key, seeds)))(trial.key)
    wrong = (rho * (1 - bias**2), (1 + gamma) / 2, exponent / 2)  # a covariance, a share, a law of squares
    checks = zip(found, (rho, gamma, exponent), wrong, strict=True)
    return combine(*(rate(part, expected=true, rival=rival, confidence=0.999) for part, true, rival in checks))


def c31_floor_of_a_tree_of_averages() -> Evidence:
    """Eq. 13: a deep tree of averages has the mean-square error v* = σ²/[(b-1)(1-ρ)], and forgets its leaves."""
    cases = [(3, 0.2, 0.05), (5, 0.5, 0.3), (9, 0.0, 0.1)]
    b, rho, sigma2 = (np.array(part) for part in zip(*cases, strict=True))
    afresh = shared = np.ones(3)
    for _ in range(400):  # the b means that meet at a node have covariance ρ v_t, or ρ v_0 for ever
        afresh = (afresh + (b - 1) * rho * afresh + sigma2) / b
        shared = (shared + (b - 1) * rho + sigma2) / b
    floor = jax.jit(warmup.tree_floor)(rho, sigma2, b)
    with_it, without_it = identity(floor, afresh, rtol=1e-12), identity(floor, shared, rtol=1e-12)
    return holds_if("errors are correlated afresh at every level, less between distant leaves", with_it, without_it)


def c32_chains_of_averages() -> Evidence:
    """A chain of running means is best at N* = √(3(1-ρ)v_0/σ² + 1/2); with a fixed weight it has no best length."""
    leaf, rho, sigma2, weight, agents = 1.3, 0.2, 0.05, 0.3, 30
    running = [exact_routes.running_mean_variance(1 / np.arange(1, n + 1), leaf, rho, sigma2) for n in range(1, 31)]
    fixed = [exact_routes.running_mean_variance([1, *[weight] * n], leaf, rho, sigma2) for n in range(agents)]
    noise = leaf, rho, sigma2

    @jax.jit
    def chains() -> tuple[jax.Array, ...]:
        fixed = warmup.chain_fixed_weight(*noise, weight, agents)
        return warmup.chain_running(*noise, np.arange(1.0, 31.0)), fixed, warmup.best_chain_length(*noise)

    running_mean, fixed_weight, best = chains()
    return combine(
        identity(running_mean, np.array(running), rtol=1e-12),
        identity(fixed_weight, np.array(fixed), rtol=1e-12),
        identity(best, 1.0 + np.argmin(running), rtol=0, atol=0.5),
    )
