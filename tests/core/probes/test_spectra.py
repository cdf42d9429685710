import numpy as np
import pytest

from core.probes import spectra, tally
from core.probes.tally import moments_init
from tests.compiled import compiled

effective_rank = compiled(spectra.effective_rank, static_argnames="of")
spectral_decay = compiled(spectra.spectral_decay, static_argnums=(1, 2))
spectrum_of = compiled(spectra.spectrum_of, static_argnames="centred")
merge_moments, moments_update = compiled(tally.merge_moments), compiled(tally.moments_update)
moments_covariance = compiled(tally.moments_covariance, static_argnames="centred")


def features(samples=60, dimension=6):
    return np.random.default_rng(0).normal(size=(samples, dimension)) * np.arange(1.0, dimension + 1) + 3


def test_streamed_moments_are_the_covariance_and_merge():
    x = features()
    batches = [moments_update(moments_init(6), part) for part in np.split(x, 3)]
    halves = batches[0], moments_update(batches[1], x[40:])
    merged = merge_moments(*halves)
    np.testing.assert_allclose(moments_covariance(merged), np.cov(x.T, bias=True), rtol=1e-10)
    np.testing.assert_allclose(moments_covariance(merged, centred=False), x.T @ x / 60, rtol=1e-10)


def test_effective_rank_from_moments_is_that_of_the_singular_values():
    x = features()
    moments = moments_update(moments_init(6), x)
    for centred, matrix in ((True, x - x.mean(0)), (False, x)):
        singular = np.linalg.svd(matrix, compute_uv=False)
        share = singular / singular.sum()
        expected = np.exp(-np.sum(share * np.log(share)))
        np.testing.assert_allclose(effective_rank(spectrum_of(moments, centred=centred)), expected, rtol=1e-9)


def test_effective_rank_is_scale_free_and_between_one_and_the_dimension():
    values = np.array([4.0, 2.0, 1.0, 0.5])
    np.testing.assert_allclose(effective_rank(values), effective_rank(1e6 * values))
    assert effective_rank(np.array([1.0, 0, 0])) == 1
    np.testing.assert_allclose(effective_rank(np.ones(7), of="eigen"), 7)
    assert effective_rank(values, of="eigen") < effective_rank(values)
    with pytest.raises(ValueError, match="of is"):
        effective_rank(values, of="power")


def test_decay_of_a_power_law_is_its_exponent():
    values = 5 * np.arange(1.0, 65) ** -1.4
    np.testing.assert_allclose(spectral_decay(values, 4, 60), 1.4, rtol=1e-12)
    with pytest.raises(ValueError, match="first is 0"):
        spectral_decay(values, 0, 5)
