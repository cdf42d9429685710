import jax.numpy as jnp
import numpy as np
import pytest

from core.probes.spectra import effective_rank, spectral_decay, spectrum_of
from core.probes.tally import merge_moments, moments_covariance, moments_init, moments_update


def features(samples=60, dimension=6):
    return np.random.default_rng(0).normal(size=(samples, dimension)) * np.arange(1.0, dimension + 1) + 3


def test_streamed_moments_are_the_covariance_and_merge():
    x = features()
    batches = [moments_update(moments_init(6), jnp.asarray(part)) for part in np.split(x, 3)]
    halves = batches[0], moments_update(batches[1], jnp.asarray(x[40:]))
    merged = merge_moments(*halves)
    np.testing.assert_allclose(moments_covariance(merged), np.cov(x.T, bias=True), rtol=1e-10)
    np.testing.assert_allclose(moments_covariance(merged, centred=False), x.T @ x / 60, rtol=1e-10)


def test_effective_rank_from_moments_is_that_of_the_singular_values():
    x = features()
    moments = moments_update(moments_init(6), jnp.asarray(x))
    for centred, matrix in ((True, x - x.mean(0)), (False, x)):
        singular = np.linalg.svd(matrix, compute_uv=False)
        share = singular / singular.sum()
        expected = np.exp(-np.sum(share * np.log(share)))
        np.testing.assert_allclose(effective_rank(spectrum_of(moments, centred=centred)), expected, rtol=1e-9)


def test_effective_rank_is_scale_free_and_between_one_and_the_dimension():
    values = jnp.array([4.0, 2.0, 1.0, 0.5])
    np.testing.assert_allclose(effective_rank(values), effective_rank(1e6 * values))
    assert effective_rank(jnp.array([1.0, 0, 0])) == 1
    np.testing.assert_allclose(effective_rank(jnp.ones(7), of="eigen"), 7)
    assert effective_rank(values, of="eigen") < effective_rank(values)
    with pytest.raises(ValueError, match="of is"):
        effective_rank(values, of="power")


def test_decay_of_a_power_law_is_its_exponent():
    values = 5 * jnp.arange(1.0, 65) ** -1.4
    np.testing.assert_allclose(spectral_decay(values, 4, 60), 1.4, rtol=1e-12)
    with pytest.raises(ValueError, match="first is 0"):
        spectral_decay(values, 0, 5)
