from itertools import product

import jax
import numpy as np
import pytest

from tests.compiled import compiled
from theory.entropy import selection
from theory.short import large_deviations
from theory.short.large_deviations import (
    best_of_deficit,
    best_of_levels,
    log_moment,
    rate_function,
    tilt_at_mean,
    tilted_divergence,
    tilted_mean,
)

best_of = compiled(selection.best_of)
divergence = compiled(large_deviations.divergence)
log_law_of_sum = compiled(large_deviations.log_law_of_sum)
tilted_law = compiled(large_deviations.tilted_law)

PROB, REWARDS = np.array([0.5, 0.3, 0.2]), np.array([0.0, 1.0, 2.0])
mean_of, divergence_of = compiled(tilted_mean), compiled(tilted_divergence)
tilt_of = compiled(large_deviations.tilt_at_divergence)


def test_mean_and_divergence_are_those_of_the_tilt():
    tilt = 0.8
    law = PROB * np.exp(tilt * REWARDS)
    law = law / law.sum()
    np.testing.assert_allclose(tilted_law(PROB, REWARDS, tilt), law, rtol=1e-14)
    np.testing.assert_allclose(
        mean_of(PROB, REWARDS, tilt), compiled(jax.grad(log_moment, 2))(PROB, REWARDS, tilt), rtol=1e-13
    )
    np.testing.assert_allclose(divergence_of(PROB, REWARDS, tilt), np.sum(law * np.log(law / PROB)), rtol=1e-13)
    np.testing.assert_allclose(divergence(law, np.log(PROB)), np.sum(law * np.log(law / PROB)), rtol=1e-13)


def test_the_inverses_undo():
    np.testing.assert_allclose(divergence_of(PROB, REWARDS, tilt_of(PROB, REWARDS, 0.3)), 0.3, rtol=1e-12)
    np.testing.assert_allclose(mean_of(PROB, REWARDS, compiled(tilt_at_mean)(PROB, REWARDS, 1.4)), 1.4, rtol=1e-12)


def test_the_rate_is_the_legendre_transform():
    grid = np.linspace(0, 10, 20_001)
    values = 1.2 * grid - np.log(np.exp(np.multiply.outer(grid, REWARDS)) @ np.asarray(PROB))
    np.testing.assert_allclose(compiled(rate_function)(PROB, REWARDS, 1.2), values.max(), rtol=1e-7)


def test_the_law_of_the_sum_against_all_words():
    counted = np.zeros(9)
    for word in product(range(3), repeat=4):
        counted[sum(word)] += np.prod(np.asarray(PROB)[list(word)])
    np.testing.assert_allclose(np.exp(log_law_of_sum(PROB, 4, 4)), counted, rtol=1e-13)
    assert np.isneginf(log_law_of_sum(PROB, 3, 4)[7:]).all()


def test_best_of_many_is_the_plain_formula_and_outlives_it():
    np.testing.assert_allclose(compiled(best_of_levels)(np.log(PROB), np.log(7.0)), best_of(PROB, 7.0), rtol=1e-12)
    rare = compiled(best_of_levels)(np.array([0.0, -400.0]), 400.0)  # one level of probability 1/N: found with 1 - 1/e
    np.testing.assert_allclose(rare, [np.exp(-1), 1 - np.exp(-1)], rtol=1e-12)


def test_the_door():
    with pytest.raises(ValueError, match="divergence"):
        large_deviations.tilt_at_divergence(PROB, REWARDS, -0.1)
    with pytest.raises(ValueError, match="length"):
        large_deviations.log_law_of_sum(PROB, 5, 4)


def test_the_deficit_of_best_of_many_on_long_words():
    base = compiled(lambda: log_law_of_sum(PROB, 400, 400))()
    found = np.asarray(compiled(best_of_levels)(base, 400 * 0.3)) @ np.arange(801.0)
    optimum = 400 * mean_of(PROB, REWARDS, tilt_of(PROB, REWARDS, 0.3))
    np.testing.assert_allclose(compiled(best_of_deficit)(PROB, 0.3, 400.0), optimum - found, rtol=0.03)
