from itertools import product
from math import comb

import numpy as np
import pytest

from tests.compiled import compiled
from theory.short import refitting

accumulated_errors = compiled(refitting.accumulated_errors)
accumulated_fresh_errors = compiled(refitting.accumulated_fresh_errors)
accumulated_table_errors = compiled(refitting.accumulated_table_errors)
accumulated_table_limit = compiled(refitting.accumulated_table_limit)
one_fit_error = compiled(refitting.one_fit_error)
replaced_errors = compiled(refitting.replaced_errors)
replaced_table_errors = compiled(refitting.replaced_table_errors)


def test_replacing_grows_without_end_and_accumulating_stops():
    v = float(one_fit_error(20, 60.0))
    np.testing.assert_allclose(replaced_errors(6, v), v * np.arange(1, 7), rtol=1e-12)
    total = accumulated_errors(4000, v)
    np.testing.assert_allclose(total[-1] + v / 4000, v * np.pi**2 / 6, rtol=1e-6)
    fresh = accumulated_fresh_errors(4000, 20, 60.0)
    assert (fresh <= total).all()
    np.testing.assert_allclose(fresh[0], total[0], rtol=1e-13)


def test_real_labels_stop_the_growth():
    errors = replaced_errors(400, 1.0, 0.3)
    np.testing.assert_allclose(errors[-1], 1 / (1 - 0.7**2), rtol=1e-12)
    np.testing.assert_allclose(replaced_errors(5, 2.0, 1.0), 2.0, rtol=1e-13)


def enumerated(generations, draws, truth, *, keep, real=0.0):
    """E|p̂_n - p|² of a coin's frequency over every sequence of outcomes."""
    total = np.zeros(generations)
    for path in product(range(draws + 1), repeat=generations):
        chance, heads, seen, errors, last = 1.0, 0, 0, [], truth
        for k in path:
            p = (1 - real) * last + real * truth
            chance *= binomial(draws, k, p)
            heads, seen = (heads + k, seen + draws) if keep else (k, draws)
            last = heads / seen
            errors.append(2 * (last - truth) ** 2)
        total += chance * np.array(errors)
    return total


def binomial(n, k, p):
    return comb(n, k) * p**k * (1 - p) ** (n - k)


def test_tables_against_every_outcome():
    truth, h = 0.3, 1 - 0.3**2 - 0.7**2
    np.testing.assert_allclose(replaced_table_errors(3, 3.0, h), enumerated(3, 3, truth, keep=False), rtol=1e-12)
    np.testing.assert_allclose(
        replaced_table_errors(3, 3.0, h, 0.4), enumerated(3, 3, truth, keep=False, real=0.4), rtol=1e-12
    )
    np.testing.assert_allclose(accumulated_table_errors(3, 3.0, h), enumerated(3, 3, truth, keep=True), rtol=1e-12)


def test_limit_of_the_accumulated_table():
    np.testing.assert_allclose(
        accumulated_table_errors(20_000, 5.0, 0.8)[-1], accumulated_table_limit(5.0, 0.8), rtol=1e-4
    )
    assert accumulated_table_limit(1.0, 0.5) == 0.5


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="samples"):
        refitting.one_fit_error(5, 6.0)
    with pytest.raises(ValueError, match="real_share"):
        refitting.replaced_errors(3, 1.0, 1.1)
