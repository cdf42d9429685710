import numpy as np


def test_the_symmetric_normalisation_is_not_the_anisotropic_walk():
    x = np.random.default_rng(0).normal(size=(20, 3))
    kernel = np.exp(-((x[:, None] - x[None]) ** 2).sum(-1) / 2)
    degree = kernel.sum(1)
    coded = np.sort(np.linalg.eigvalsh(kernel / np.sqrt(np.outer(degree, degree))))
    flat = kernel / np.outer(degree, degree)
    anisotropic = np.sort(np.linalg.eigvals(flat / flat.sum(1, keepdims=True)).real)
    plain = np.sort(np.linalg.eigvals(kernel / degree[:, None]).real)
    np.testing.assert_allclose(coded, plain, atol=1e-12)
    assert np.abs(coded - anisotropic).max() > 1e-2
