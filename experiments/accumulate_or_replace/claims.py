"""What "Is Model Collapse Inevitable?" claims, checked.

The paper bounds the accumulated error; on one design the bound's sum is the error itself (c02). The law for fresh
inputs (c03), the two kinds of mixing (c05) and the laws for tables (c06, c07) are ours.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from core.verify.bound import bound
from core.verify.evidence import Evidence, combine, holds_if
from core.verify.identity import identity
from core.verify.law import law
from core.verify.trial import Trial
from experiments.accumulate_or_replace._refit import Protocol, Setting, squared_errors, table_chain, zipf_language
from theory.short.refitting import (
    accumulated_errors,
    accumulated_fresh_errors,
    accumulated_table_errors,
    accumulated_table_limit,
    one_fit_error,
    replaced_errors,
    replaced_table_errors,
)

SETTING = Setting(dimension=3, samples=12, generations=6)
LOT = 1000  # chains
ONE_FIT = float(SETTING.dimension / (SETTING.samples - SETTING.dimension - 1))


def c01_replacing_grows_linearly(trial: Trial) -> Evidence:
    """Least squares refitted to its last output has the excess risk E_n = n σ² d / (T - d - 1), for any covariance."""
    expected = jax.jit(lambda: replaced_errors(SETTING.generations, ONE_FIT))()
    return _law(trial, Protocol(0, 1, 0, 0), expected, np.array([0.1, 1.0, 7.0]))


def c02_accumulating_on_one_design(trial: Trial) -> Evidence:
    """Fitted to all data so far on the same inputs, E_n = v Σ_{i<=n} 1/i², the paper's bound v π²/6 in the limit."""
    return _law(trial, Protocol(1, 0, 0, 0), jax.jit(lambda: accumulated_errors(SETTING.generations, ONE_FIT))())


def c03_accumulating_fresh_inputs(trial: Trial) -> Evidence:
    """With new inputs each generation E_n = σ² Σ_{i<=n} d / (i(iT - d - 1)), smaller than on one design."""
    expected = jax.jit(lambda: accumulated_fresh_errors(SETTING.generations, 3, 12.0))()
    return _law(trial, Protocol(1, 1, 0, 0), expected, chains=6000)


def c04_ceiling() -> Evidence:
    """The accumulated error never exceeds v π²/6, on one design or on fresh inputs, for any d and T >= d + 2."""

    @jax.jit
    def shares() -> jax.Array:
        found = []
        for d, samples in ((1, 3.0), (3, 12.0), (20, 22.0), (20, 60.0), (50, 5000.0)):
            error = one_fit_error(d, samples)
            found += [accumulated_errors(2000, error) / error, accumulated_fresh_errors(2000, d, samples) / error]
        return jnp.stack(found)

    return bound(1 - np.asarray(shares()) / (np.pi**2 / 6), tolerance=0.0)


def c05_real_labels(trial: Trial) -> Evidence:
    """A share p of the truth in the labels stops the growth at v / (1 - (1-p)²)."""
    expected = jax.jit(lambda: replaced_errors(SETTING.generations, ONE_FIT, 0.3))()
    return holds_if(
        "every label is a blend; if a share p of the rows is real, the error is larger by a factor that depends on d/T",
        _law(trial, Protocol(0, 0, 0.3, 0), expected),
        _law(trial, Protocol(0, 0, 0.3, 1), expected, chains=8000),
    )


def c06_tables_replaced(trial: Trial) -> Evidence:
    """Frequencies refitted to T draws, a share r real: D_n = (1-r)²(1 - 1/T) D_{n-1} + h/T, h = 1 - Σp²."""
    return combine(*(_table_law(trial, False, share) for share in (0.0, 0.3)))


def c07_tables_accumulated(trial: Trial) -> Evidence:
    """Refitted to all draws so far: D_n = h (1 - Π_{i<=n} (1 - 1/(i²T))) -> h (1 - sin(π/√T)/(π/√T))."""
    draws = np.array([2.0, 5.0, 50.0])
    last = jax.jit(jax.vmap(lambda T: accumulated_table_errors(200_000, T, 0.7)[-1]))
    limit = jax.jit(accumulated_table_limit)(draws, 0.7)
    return combine(_table_law(trial, True, 0.0), identity(limit, last(draws), rtol=1e-5))


def _law(
    trial: Trial, protocol: Protocol, expected: jax.Array, scales: np.ndarray | None = None, chains: int = 3000
) -> Evidence:
    """Simulated excess risk against the expected one; each generation from chains of its own."""
    scales = np.ones(SETTING.dimension) if scales is None else scales
    # so many at a time, whatever their number: one program
    lots = np.asarray(_keys(trial.key, chains * trial.effort)).reshape(-1, LOT * trial.effort, 2)
    errors = np.concatenate([_chains(lot, SETTING, Protocol(*map(float, protocol)), scales) for lot in lots])
    # Disjoint chains for each generation, so that the settings are independent.
    parts = [errors[n :: SETTING.generations, n] for n in range(SETTING.generations)]
    mean, spread = np.array([p.mean() for p in parts]), np.array([p.std(ddof=1) / len(p) ** 0.5 for p in parts])
    return law(mean, expected, spread, degrees_of_freedom=min(map(len, parts)) - 1)


def _table_law(trial: Trial, keep: bool, share: float) -> Evidence:
    generations, draws, chains = 5, 6, 400 * trial.effort
    tables, truth = jax.device_get(_tables(trial.key, chains, draws, generations, float(keep), share))
    errors = np.sum((tables - truth) ** 2, axis=-1)  # (chains, generations, contexts)
    errors = np.moveaxis(errors, 1, 2).reshape(-1, generations)
    parts = [errors[n::generations, n] for n in range(generations)]
    mean, spread = np.array([p.mean() for p in parts]), np.array([p.std(ddof=1) / len(p) ** 0.5 for p in parts])
    of = partial(accumulated_table_errors if keep else replaced_table_errors, generations)
    expected = jax.jit(of)(float(draws), 1 - np.sum(truth[0] ** 2), *([] if keep else [share]))
    return law(mean, expected, spread, degrees_of_freedom=min(map(len, parts)) - 1)


@partial(jax.jit, static_argnums=1)
def _keys(key: jax.Array, count: int) -> jax.Array:
    return jax.random.key_data(jax.random.split(key, count))


@partial(jax.jit, static_argnums=1)
def _chains(keys: jax.Array, setting: Setting, protocol: Protocol, scales: jax.Array) -> jax.Array:
    over = jax.vmap(squared_errors, (0, None, None, None))
    return over(jax.random.wrap_key_data(keys), setting, protocol, scales)


@partial(jax.jit, static_argnums=(1, 2, 3))
def _tables(
    key: jax.Array, chains: int, draws: int, generations: int, keep: jax.Array, real: jax.Array
) -> tuple[jax.Array, jax.Array]:
    truth = zipf_language(key, 8)
    run = jax.vmap(lambda key: table_chain(key, truth, draws, generations, keep, real))
    return run(jax.random.split(key, chains)), truth
