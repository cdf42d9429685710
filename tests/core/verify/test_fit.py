import numpy as np
import pytest

from core.verify.evidence import contradicts, refuted
from core.verify.fit import fit, r_squared, root_mean_square_error


def test_a_fit_is_reported_however_bad_it_is():
    for r2, error in ((0.99, 0.01), (-3.0, 1e9)):
        evidence = fit({"a": 0.2, "b": -1}, r2, error, "36 steps")
        assert evidence.verdict == "reported"
        assert not contradicts(evidence)
    assert "36 steps" in evidence.note


@pytest.mark.parametrize("numbers", [({"a": np.nan}, 0.9, 0.1), ({"a": 1.0}, np.nan, 0.1), ({"a": 1.0}, 0.9, np.inf)])
def test_nan_is_not_reported(numbers):
    assert fit(*numbers).verdict == "fails"
    assert refuted("x", fit(*numbers)).verdict == "fails"


def test_r_squared_of_least_squares_is_the_squared_correlation():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 30)) + rng.normal(size=30)
    np.testing.assert_allclose(r_squared(y, np.polyval(np.polyfit(x, y, 1), x)), np.corrcoef(x, y)[0, 1] ** 2)
    assert r_squared(y, y) == 1
    assert abs(r_squared(y, y.mean())) < 1e-12
    assert np.isnan(r_squared(np.ones(3), np.ones(3)))


def test_root_mean_square_error():
    assert root_mean_square_error(np.array([1.0, 2.0]), np.array([4.0, 6.0])) == np.sqrt(12.5)


def test_a_fitted_law_has_parameters():
    with pytest.raises(ValueError, match="parameters"):
        fit({}, 0.9, 0.1)
