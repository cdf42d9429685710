import numpy as np
import pytest
from scipy import special

from tests.compiled import compiled
from theory.short import tails
from theory.short.tails import HEAD, Training, memoriser_error

clean = compiled(tails.clean)
cut = compiled(tails.cut)
effective_draws = compiled(tails.effective_draws)
forgotten_mass = compiled(tails.forgotten_mass)
lineage_survival = compiled(tails.lineage_survival)
memoriser_asymptote = compiled(tails.memoriser_asymptote)
zipf_head = compiled(tails.zipf_head)

error_of = compiled(memoriser_error)


def brute_force(draws, beta, law, items=500_000):
    """A long sum, closed by a bound on what is left."""
    i = np.arange(1, items + 1)
    p = i**-beta / special.zeta(beta)
    return np.sum(p * np.exp(draws * np.log1p(-law(i, p)))), special.zeta(beta, items + 1) / special.zeta(beta)


@pytest.mark.parametrize("beta", [1.5, 2.5])
def test_error_against_a_long_sum(beta):
    narrow = beta + 0.5
    scale = 1 / special.zeta(narrow)
    head = np.arange(1, HEAD + 1.0) ** -narrow * scale
    cases = [
        (clean(beta), lambda i, p: p),
        (cut(beta, 100), lambda i, p: np.where(i <= 100, p / p[:100].sum(), 0)),
        (cut(beta, 100, 0.3), lambda i, p: 0.3 * p + 0.7 * np.where(i <= 100, p / p[:100].sum(), 0)),
        (Training(head, np.asarray(scale), np.asarray(narrow)), lambda i, p: i**-narrow * scale),
    ]
    for training, law in cases:
        for draws in (3.0, 1e4, 1e7):
            low, rest = brute_force(draws, beta, law)
            error = float(error_of(draws, beta, training))
            assert low * (1 - 1e-7) <= error <= (low + rest) * (1 + 1e-7)


def test_asymptote_and_forgotten_mass():
    np.testing.assert_allclose(error_of(1e8, 1.5, clean(1.5)), memoriser_asymptote(1e8, 1.5, clean(1.5)), rtol=1e-6)
    np.testing.assert_allclose(forgotten_mass(2.0, 50.0), 1 - zipf_head(2.0)[:50].sum(), rtol=1e-12)


def test_lineages_and_effective_draws():
    u = np.asarray(lineage_survival(5000))
    np.testing.assert_allclose(u[:3], [1, 1 - np.exp(-1), 1 - np.exp(np.exp(-1) - 1)], rtol=1e-14)
    np.testing.assert_allclose(4999 * u[-1], 2, rtol=2e-3)
    np.testing.assert_allclose(effective_draws(1e-3, 10.0), 1e-3, rtol=1e-4)
    assert effective_draws(1e9, 10.0) == 10


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="exponent"):
        tails.clean(1.0)
    with pytest.raises(ValueError, match="last"):
        tails.cut(2.0, HEAD + 1)
    with pytest.raises(ValueError, match="real_share"):
        tails.cut(2.0, 5, 1.5)
