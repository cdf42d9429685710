import math

import numpy as np
import pytest

from tests.compiled import compiled
from theory.consensus import laplace

laplace_shift = compiled(laplace.laplace_shift)

# constants and bounds are claims c02 to c04 of experiments/gradient_is_all_you_need


def test_shift_in_two_dimensions_against_tensor_quadrature():
    def energy(x):
        return (
            x[0] ** 2 + x[0] * x[1] + 2 * x[1] ** 2 + 0.5 * x[0] ** 2 * x[1] + 0.3 * x[1] ** 3 + x[0] ** 4 + x[1] ** 4
        )

    def density(x):
        return -((x[0] - 1) ** 2 + (x[1] + 0.5) ** 2) / 2

    alpha = 1e5
    axis = np.linspace(-12, 12, 241) / math.sqrt(alpha)
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"))
    weight = np.exp(density(grid) - alpha * energy(grid))
    mean = (grid * weight).sum((1, 2)) / weight.sum()
    shift = compiled(lambda x: laplace_shift(energy, density, x))(np.zeros(2))
    np.testing.assert_allclose(mean * alpha, shift, rtol=2e-3)


def test_bad_powers_are_refused():
    with pytest.raises(ValueError, match="power"):
        laplace.flat_spread(1.0, 0.0)
