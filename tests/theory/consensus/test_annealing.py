import itertools

import numpy as np
import pytest

from tests.compiled import compiled
from theory.consensus import annealing, gibbs

annealed_exponent = compiled(annealing.annealed_exponent)
annealed_weights = compiled(annealing.annealed_weights)
coalescence = compiled(annealing.coalescence)
survival_one_step = compiled(annealing.survival_one_step)
effective_sample_size = compiled(gibbs.effective_sample_size)


def test_annealing_never_lowers_the_effective_sample_size_and_ends_with_the_plain_weights():
    weights = np.exp(3 * np.random.default_rng(0).normal(size=50))
    sizes = [float(effective_sample_size(annealed_weights(weights, t))) for t in np.linspace(0, 1, 11)]
    assert all(a >= b - 1e-9 for a, b in itertools.pairwise(sizes))
    assert sizes[-1] == pytest.approx(float(effective_sample_size(weights)))
    np.testing.assert_allclose(annealed_weights(weights, 1.0), weights / weights.sum(), rtol=1e-12)


def test_the_exponent_is_the_papers_where_it_flattens():
    assert float(1 / annealed_exponent(3.0, 30, 0.4)) == pytest.approx(30 / 3 * 0.6)
    assert float(annealed_exponent(20.0, 30, 0.4)) == 1
    assert annealed_weights(np.array([0.0, 1.0, 1e-3]), 0.0)[0] == 0


def test_survival_and_coalescence_by_enumeration():
    share, n = 0.3, 3
    alive = sum(
        share ** sum(draw) * (1 - share) ** (n - sum(draw)) for draw in itertools.product((0, 1), repeat=n) if any(draw)
    )
    assert float(survival_one_step(share, n)) == pytest.approx(alive)
    # two lineages of sizes 1 and 2: all 27 parent choices of equal weight
    diversity = [
        1 - sum((np.bincount(np.array([0, 1, 1])[list(p)], minlength=2) / n) ** 2)
        for p in itertools.product(range(n), repeat=n)
    ]
    before = 1 - (1 / 9 + 4 / 9)
    assert float(coalescence(before, n, 1)) == pytest.approx(np.mean(diversity))
