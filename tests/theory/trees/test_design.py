from math import comb, exp, log

import numpy as np
import pytest

from tests.compiled import compiled
from theory.trees import design

designs = compiled(design.designs)
saturating_fidelity = compiled(design.saturating_fidelity)


def brute_design(window, scale, correlation):
    rows = []
    for m in range(1, window + 1):
        b = window // m - (window // m + 1) % 2
        alpha = (1 - exp(-m / scale)) * (correlation + (1 - correlation) * b * comb(b - 1, b // 2) / 2 ** (b - 1))
        rows.append((alpha, log(alpha) / log(b) if b > 1 else -np.inf))
    return np.array(rows)


@pytest.mark.parametrize(("scale", "correlation"), [(16.0, 0.05), (64.0, 0.2)])
def test_designs_are_those_of_a_plain_loop_over_lengths(scale, correlation):
    length = np.arange(1, 513)
    alpha, exponent = brute_design(512, scale, correlation).T
    chosen = designs(512, length, saturating_fidelity(length, scale), correlation)
    np.testing.assert_allclose(chosen.amplification, alpha, rtol=1e-12)
    np.testing.assert_allclose(chosen.exponent, exponent, rtol=1e-10)
    assert np.all(chosen.fan_in * length <= 512)
    assert np.all(chosen.fan_in % 2 == 1)
    # the two views differ: leaves count for s, levels for α
    assert chosen.fan_in[np.argmax(chosen.exponent)] < chosen.fan_in[np.argmax(chosen.amplification)]


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="window"):
        design.designs(10, 11, 0.5, 0.1)
    with pytest.raises(ValueError, match="fidelity"):
        design.designs(10, 3, 1.5, 0.1)
    with pytest.raises(ValueError, match="scale"):
        design.saturating_fidelity(3, 0.0)
