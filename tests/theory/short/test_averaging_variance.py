import numpy as np
import pytest

from tests.compiled import compiled
from theory.short import averaging_variance

gossip_variance = compiled(averaging_variance.gossip_variance)
metropolis = compiled(averaging_variance.metropolis)
mixed_variance = compiled(averaging_variance.mixed_variance)
restore_spread = compiled(averaging_variance.restore_spread)
restored_gain = compiled(averaging_variance.restored_gain)
ring_spectrum = compiled(averaging_variance.ring_spectrum)
signal_gain = compiled(averaging_variance.signal_gain)

STAR = np.zeros((5, 5))
STAR[0, 1:] = STAR[1:, 0] = 1.0


def test_mixed_variance_is_the_quadratic_form_of_the_covariance():
    m, rho = np.array([0.5, 0.3, 0.2]), 0.4
    covariance = rho + (1 - rho) * np.eye(3)
    np.testing.assert_allclose(mixed_variance(m, rho), m @ covariance @ m, rtol=1e-14)
    with pytest.raises(ValueError, match="weights"):
        averaging_variance.mixed_variance(np.array([0.5, 0.6]))
    with pytest.raises(ValueError, match="correlation"):
        averaging_variance.mixed_variance(m, 1.2)


def test_metropolis_is_doubly_stochastic_on_any_graph():
    mixing = metropolis(STAR)
    np.testing.assert_allclose(mixing.sum(0), 1, rtol=1e-14)
    np.testing.assert_allclose(mixing.sum(1), 1, rtol=1e-14)
    assert (mixing >= 0).all()


def test_gossip_variance_against_matrix_powers():
    mixing = np.asarray(metropolis(STAR))
    direct = [np.mean(np.sum(np.linalg.matrix_power(mixing, t) ** 2, axis=1)) for t in range(6)]
    np.testing.assert_allclose(gossip_variance(np.asarray(mixing), 6), direct, rtol=1e-12)


def test_ring_spectrum():
    ring = np.roll(np.eye(7), 1, 0) + np.roll(np.eye(7), -1, 0)
    np.testing.assert_allclose(np.sort(ring_spectrum(7)), np.linalg.eigvalsh(metropolis(ring)), atol=1e-14)


def test_gain_and_restoration():
    assert signal_gain(0.5, 6) == 2.0**-6
    weight = restore_spread(np.random.default_rng(0).normal(3, 0.01, (9, 4)), 0.7)
    np.testing.assert_allclose([weight.std(), weight.mean()], [0.7, 3], atol=1e-2)
    np.testing.assert_allclose(weight.std(), 0.7, rtol=1e-12)


def test_restored_gain_by_a_matrix_of_covariances():
    d, share = 3, 0.2
    centred = np.eye(d * d) - 1 / d**2
    covariance = centred * d**2 / (d**2 - 1) + share / d**2
    for x, c in (([1.0, 1.0, 1.0], 1.0), ([1.0, -1.0, 0.0], 0.0)):
        spread = np.kron(np.eye(d), np.array(x)[None])  # entries of W, by rows, to W x
        gain = np.trace(spread @ covariance @ spread.T) / (d * np.dot(x, x))
        np.testing.assert_allclose(restored_gain(d, c, share), gain, rtol=1e-12)
