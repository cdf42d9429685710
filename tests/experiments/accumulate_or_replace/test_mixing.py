from itertools import product

import numpy as np


def test_real_rows_do_less_than_blended_labels():
    """One refit of an error e on a given design, averaged over every choice of real rows."""
    inputs = np.random.default_rng(0).normal(size=(6, 2))
    error, real = np.array([1.0, -0.5]), 0.3
    fit = np.linalg.pinv(inputs)
    expected = 0.0
    for rows in product((0, 1), repeat=6):
        chance = np.prod(np.where(np.array(rows) == 1, real, 1 - real))
        expected += chance * np.sum((fit @ np.diag(1 - np.array(rows)) @ inputs @ error) ** 2)
    blended = np.sum((fit @ ((1 - real) * inputs) @ error) ** 2)
    np.testing.assert_allclose(blended, (1 - real) ** 2 * np.sum(error**2), rtol=1e-12)
    assert expected > 1.1 * blended
