import numpy as np
import pytest

from tests.compiled import compiled
from theory.entropy import extremes
from theory.entropy.softmax import discriminator

discriminator_range = compiled(extremes.discriminator_range)
extreme_probabilities = compiled(extremes.extreme_probabilities)


@pytest.mark.parametrize("vocabulary", [2, 17])
def test_the_ends_are_reached_and_not_passed(vocabulary):
    low, high = discriminator_range(vocabulary)
    rare, common = (float(q) for q in extreme_probabilities(vocabulary))
    spread = np.log([common, *np.full(vocabulary - 1, (1 - common) / (vocabulary - 1))])
    paired = np.array([np.log(rare), np.log1p(-rare), *np.full(vocabulary - 2, -np.inf)])
    draw = np.random.default_rng(0)
    rows = 3 * np.exp(draw.normal(size=(4000, 1))) * draw.normal(size=(4000, vocabulary))
    score = compiled(discriminator)(np.stack([spread, paired, *rows]))
    np.testing.assert_allclose(score[:2, 0], [high, low], rtol=1e-12)
    assert low <= score[2:].min()
    assert score[2:].max() <= high


def test_neighbours_of_the_extreme_row_are_lower():
    low, high = discriminator_range(np.array([2.0, 50.0, 151_936.0]))
    q = np.stack(extreme_probabilities(np.array([2.0, 50.0, 151_936.0])), -1)
    for shift in (-1e-3, 1e-3):
        x = np.log(q / (1 - q)) + shift
        s = np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))) ** 2
        assert (s[:, 0] * x[:, 0] > low).all()
        assert (s[:, 1] * (x[:, 1] + np.log(np.array([1.0, 49.0, 151_935.0]))) < high).all()


def test_one_token_is_no_choice():
    with pytest.raises(ValueError, match="vocabulary"):
        extremes.discriminator_range(1)
