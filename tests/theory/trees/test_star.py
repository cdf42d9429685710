import numpy as np
import pytest

from tests.compiled import compiled
from theory.trees import majority, star
from theory.trees.budget import Leaf

majority_slope = compiled(majority.majority_slope)
context_fan_in = compiled(star.context_fan_in)
star_bias = compiled(star.star_bias)
star_bias_at_budget = compiled(star.star_bias_at_budget)


def test_context_fan_in_is_the_largest_odd_count_that_fits():
    for window in range(7, 60):
        best = max(n for n in range(1, window, 2) if n * 7 <= window)
        assert context_fan_in(window, 7) == best
    assert context_fan_in(7.5, 2.5) == 3
    with pytest.raises(ValueError, match="window"):
        star.context_fan_in(6, 7)
    with pytest.raises(ValueError, match="message_length"):
        star.context_fan_in(6, 0)


def test_star_beats_a_tree_of_the_same_leaves_by_the_predicted_ratio():
    for fan_in, depth in ((3, 4), (3, 8), (5, 4), (9, 3)):
        ratio = majority_slope(fan_in) ** depth / majority_slope(fan_in**depth)
        predicted = (majority_slope(fan_in) / np.sqrt(fan_in)) ** depth * np.sqrt(np.pi / 2)
        np.testing.assert_allclose(ratio, predicted, rtol=1 / fan_in**depth)
        assert ratio < 1


def test_star_gain_grows_as_the_root_of_its_agents():
    gain = star_bias(1e-9, np.array([10_001.0, 1_000_001.0]), 0.8, 0.3) / 1e-9
    np.testing.assert_allclose(gain, 0.8 * (0.3 + 0.7 * np.sqrt(2 * np.array([10_001, 1_000_001]) / np.pi)), rtol=1e-4)


def test_star_at_a_budget_pays_for_every_message():
    leaf = Leaf(0.01, 0.5)
    np.testing.assert_allclose(
        star_bias_at_budget(9 * (16.0 + 2 * 3), 9, 0.9, 0.1, leaf, 3.0), star_bias(0.04, 9, 0.9, 0.1), rtol=1e-12
    )
    assert star_bias_at_budget(9 * 2 * 3.0 - 1, 9, 0.9, 0.1, leaf, 3.0) == 0
