"""What "A Tale of Tails" claims about the memoriser, checked.

Statements from summaries, re-derived. The resampling chain of c06 to c08 is ours: the paper's own n generations cut the
tail by a rule, and its additive law belongs to that construction.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy import special, stats

from core.verify.evidence import Evidence, combine, refuted
from core.verify.identity import identity
from core.verify.law import law, law_counts
from core.verify.order import order
from core.verify.trial import Trial
from experiments.tale_of_tails._memoriser import relearned_errors, resampled, zipf
from theory.short.tails import (
    clean,
    cut,
    effective_draws,
    forgotten_mass,
    lineage_survival,
    memoriser_asymptote,
    memoriser_error,
    missing_mass,
)

EXPONENTS = (1.5, 2.0, 3.0)


@jax.jit
def _clean_error(draws: Any, beta: float, exponent: float) -> jax.Array:
    return memoriser_error(draws, beta, clean(exponent))


@jax.jit
def _cut_error(draws: Any, beta: float, last: Any, share: float = 0.0) -> jax.Array:
    return memoriser_error(draws, beta, cut(beta, last, share))


forgotten = jax.jit(forgotten_mass)
survival_of = jax.jit(lineage_survival, static_argnums=0)


def c01_clean_exponent() -> Evidence:
    """On clean Zipf data the memoriser's error falls like T^{-c}, c = 1 - 1/β, with a known constant."""
    return combine(*(_power_law(beta, beta, 1 - 1 / beta) for beta in EXPONENTS))


def c02_cut_tail_stops_learning() -> Evidence:
    """Without items beyond k the error stops at ~ k^{-(β-1)} / ((β-1) ζ(β))."""
    parts, last = [], 4 ** np.arange(2, 6)
    for beta in EXPONENTS:
        floors = np.array([_cut_error(1e15, beta, k, 0.0) for k in last])
        parts += [
            order(1.0 * last, floors, expected=-(beta - 1), tolerance=0.08, floor=0.0),
            identity(float(last[-1]) ** (1 - beta) / (beta - 1) / special.zeta(beta), floors[-1], rtol=0.01),
            identity(forgotten(beta, 1.0 * last), floors, rtol=1e-7),  # the midpoint rule errs by ~ (β/HEAD)²/24
        ]
    return combine(*parts)


def c03_narrowed_tail() -> Evidence:
    """Trained on a Zipf law of exponent β' and tested on β, the error falls like T^{-(β-1)/β'}."""
    parts = []
    for beta, narrow in ((1.5, 2.0), (2.0, 2.5), (2.0, 4.0)):
        parts.append(_power_law(narrow, beta, (beta - 1) / narrow))
    return combine(*parts)


def c04_real_data_resume_late() -> Evidence:
    """With a share π real, the error waits on the plateau until T ~ k^β/π and then follows π T clean draws."""
    beta, last, share = 1.5, 64, 1e-5
    turn = last**beta / share
    before = np.array([_cut_error(T, beta, last, share) for T in turn * np.array([1e-3, 1e-2])])
    late = turn * 10.0 ** np.arange(2, 6)
    after = np.array([_cut_error(T, beta, last, share) for T in late])
    return combine(
        identity(forgotten(beta, float(last)), before, rtol=0.05),
        identity(np.array([_clean_error(share * T, beta, beta) for T in late]), after, rtol=1e-3),
        order(late, after, expected=1 / beta - 1, tolerance=0.01, floor=0.0),
    )


def c05_memoriser_simulated(trial: Trial) -> Evidence:
    """A memoriser of T draws errs with chance Σ p_i (1 - p_i)^T on average."""
    chains, means, errors, expected = 200 * trial.effort, [], [], []

    @partial(jax.jit, static_argnums=1)
    def lost(key, draws):
        prob = zipf(200, 1.5)
        seen = jax.vmap(lambda key: resampled(key, prob, draws, 1)[0])(jax.random.split(key, chains))
        return jnp.sum(prob * (seen == 0), axis=1), missing_mass(prob, prob, float(draws))

    for index, draws in enumerate((10, 100, 1000)):
        found, exact = jax.device_get(lost(jax.random.fold_in(trial.key, index), draws))
        means.append(found.mean())
        errors.append(found.std(ddof=1) / chains**0.5)
        expected.append(exact)
    return law(np.array(means), np.array(expected), np.array(errors), degrees_of_freedom=chains - 1)


def c06_lineages(trial: Trial) -> Evidence:
    """Resampled n times, an item is lost with chance exp(-Tp u_{n-1}), u_{m+1} = 1 - e^{-u_m}, up to O(1/T)."""
    generations, rates = 6, np.array([0.5, 2.0, 6.0])
    draws = np.array([16, 32, 64, 128])
    poisson = np.exp(-rates[:, None] * np.asarray(survival_of(generations)))
    exact = np.stack([[_lost(int(T), rate / T, generations) for rate in rates] for T in draws])
    prob, size, chains = np.array([2.0, 6.0, 24.0]) / 32, 32, 400 * trial.effort

    def chain(key):
        return resampled(key, jnp.asarray(prob), size, generations)

    counts = np.asarray(jax.jit(lambda key: jax.vmap(chain)(jax.random.split(key, chains)))(trial.key))
    # One generation and one item a disjoint set of chains, so that the counts are independent.
    settings = [(n, i) for n in range(generations) for i in range(2)]
    hits = np.array([np.sum(counts[s :: len(settings), n, i] == 0) for s, (n, i) in enumerate(settings)])
    trials = np.array([len(counts[s :: len(settings)]) for s in range(len(settings))])
    chance = np.array([_lost(size, float(prob[i]), generations)[n] for n, i in settings])
    return combine(
        order(1 / draws, np.abs(exact - poisson).max(axis=(1, 2)), expected=1, tolerance=0.15),
        law_counts(hits, trials, np.clip(chance, 0, 1)),
    )


def c07_generations_lengthen_like_a_power() -> Evidence:
    """Resampled n times the error is that of T u_{n-1} clean draws, u_n ~ 2/n: it grows like n^c, c = 1 - 1/β."""
    draws, generations = 1e9, 2 ** np.arange(9, 15)
    survival = np.asarray(survival_of(int(generations[-1])))[generations - 1]
    parts = [identity(2 / generations[-1], survival[-1], rtol=2e-3)]
    for beta in (1.5, 2.0):
        errors = np.array([_clean_error(draws * u, beta, beta) for u in survival])
        parts.append(order(generations, errors, expected=1 - 1 / beta, tolerance=0.01, floor=0.0))
    return combine(*parts)


def c08_generations_do_not_add() -> Evidence:
    """After n generations of resampling the error is n times that of one: not so."""
    draws, beta, generations = 1e6, 1.5, 32
    survival = np.asarray(survival_of(generations))
    first, last = (float(_clean_error(draws * u, beta, beta)) for u in (survival[0], survival[-1]))
    return refuted("β = 1.5, T = 10⁶, n = 32, by lineages", identity(generations * first, last, rtol=0.5))


def c09_data_from_a_finite_model(trial: Trial) -> Evidence:
    """T draws from a memory of T_0 are worth T_0 (1 - e^{-T/T_0}) clean ones: T^{-c}, then a floor T_0^{-c}."""
    chains, source, sizes = 300 * trial.effort, 200, np.array([50, 200, 2000])

    def relearn(key):
        prob, keys = zipf(1000, 1.5), jax.random.split(key, chains)
        worth = effective_draws(1.0 * jnp.asarray(sizes), float(source))
        lost = jax.vmap(
            lambda key: relearned_errors(key, prob, jnp.asarray(source), jnp.asarray(sizes), (source, 2000))
        )
        return lost(keys), prob, jnp.sum(prob * jnp.exp(-prob * worth[:, None]), axis=1)

    lost, prob, expected = jax.device_get(jax.jit(relearn)(trial.key))
    parts = [lost[i :: len(sizes), i] for i in range(len(sizes))]  # sizes from chains of their own
    means, errors = [p.mean() for p in parts], [p.std(ddof=1) / len(p) ** 0.5 for p in parts]
    # The number of copies in the memory is binomial, and each draw misses all of them.
    copies = np.arange(source + 1)[:, None]
    chance = stats.binom.pmf(copies, source, prob)
    exact = [float(np.sum(prob * (chance * (1 - copies / source) ** draws).sum(axis=0))) for draws in sizes]
    return combine(
        law(np.array(means), np.array(exact), np.array(errors), degrees_of_freedom=chains // 3 - 1),
        identity(np.array(exact), expected, rtol=0.02),
    )


def _power_law(exponent: float, beta: float, power: float) -> Evidence:
    draws = 10.0 ** np.arange(5, 11)
    errors = np.array([_clean_error(T, beta, exponent) for T in draws])
    return combine(
        order(draws, errors, expected=-power, tolerance=2e-3, floor=0.0),
        identity(_asymptote(draws, beta, exponent), errors, rtol=1e-4),
    )


@jax.jit
def _asymptote(draws: Any, beta: float, exponent: float) -> jax.Array:
    return memoriser_asymptote(draws, beta, clean(exponent))


def _lost(draws: int, prob: float, generations: int) -> np.ndarray:
    """Chance (generations,) that an item is gone, from the powers of its Markov chain of binomial counts."""
    counts = np.arange(draws + 1)
    moves = stats.binom.pmf(counts[None, :], draws, counts[:, None] / draws)
    state, lost = stats.binom.pmf(counts, draws, prob), []
    for _ in range(generations):
        lost.append(state[0])
        state = state @ moves
    return np.array(lost)
