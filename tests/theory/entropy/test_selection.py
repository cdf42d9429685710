from itertools import product

import numpy as np

from tests.compiled import compiled
from theory.entropy import selection

best_of = compiled(selection.best_of)
best_of_divergence = compiled(selection.best_of_divergence)
best_of_divergence_limit = compiled(selection.best_of_divergence_limit)


def test_against_all_tuples_of_draws():
    prob = np.array([0.2, 0.5, 0.3])
    counted = np.zeros(3)
    for draws in product(range(3), repeat=4):
        counted[max(draws)] += np.prod(prob[list(draws)])
    np.testing.assert_allclose(best_of(prob, 4.0), counted, rtol=1e-14)
    np.testing.assert_allclose(best_of_divergence(prob, 4.0), np.sum(counted * np.log(counted / prob)), rtol=1e-13)


def test_the_limit_bounds_and_is_approached():
    for n in (2.0, 16.0, 64.0):
        limit = float(best_of_divergence_limit(n))
        coarse, fine = (float(best_of_divergence(np.full(k, 1 / k), n)) for k in (10, 10_000))
        assert coarse < fine < limit
        assert limit - fine < 1e-4 * limit
