import numpy as np

from tests.compiled import compiled
from theory.entropy import radius

safe_radius = compiled(radius.safe_radius)


def test_no_zero_is_nearer_than_the_radius():
    """Whole-number directions make the partition function a polynomial in e^t, whose zeros are known."""
    rng = np.random.default_rng(0)
    nearest = np.inf
    for degree in (1, 2, 5, 9):
        for _ in range(20):
            coefficients = np.exp(rng.normal(size=degree + 1))
            zeros = np.log(np.roots(coefficients[::-1]).astype(complex))
            nearest = min(
                nearest, np.abs(zeros.imag).min() / float(safe_radius(np.pad(np.arange(degree + 1.0), (0, 9 - degree))))
            )
    assert nearest >= 1 - 1e-12
    assert safe_radius(np.ones(10)) == np.inf


def test_two_equal_logits_reach_it():
    t = 1j * float(safe_radius(np.array([0.0, 2.0])))
    assert abs(np.exp(0 * t) + np.exp(2 * t)) < 1e-15
