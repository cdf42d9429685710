import jax
import numpy as np
import pytest

from core.probes import diffusion
from tests.compiled import compiled
from theory.collapse.diffusion import collapsed_diffusion_entropy

diffusion_entropy = compiled(diffusion.diffusion_entropy, static_argnames="anisotropy")
closed_form = compiled(collapsed_diffusion_entropy)


def clusters(sizes, distance):
    return np.repeat(np.eye(len(sizes)), sizes, axis=0) * distance / np.sqrt(2)


def scattered():
    """As many points, in as many dimensions, of which one is empty."""
    return np.pad(np.random.default_rng(0).normal(size=(20, 3)), ((0, 0), (0, 1)))


def test_equal_collapsed_clusters_have_the_closed_form():
    for steps in (1, 3):
        found = diffusion_entropy(clusters((5, 5, 5, 5), 2.0), 1.3, steps)
        np.testing.assert_allclose(found, closed_form(4, 2.0, 1.3, steps), rtol=1e-9)


def test_far_apart_the_entropy_is_log_k_whatever_the_sizes():
    for steps in (1, 4):
        np.testing.assert_allclose(diffusion_entropy(clusters((9, 2, 5, 4), 100.0), 1.0, steps), 2.0, atol=1e-9)


def test_bounds_and_limits():
    x = scattered()
    assert 0 < diffusion_entropy(x, 1.0, 1) < np.log2(20)
    np.testing.assert_allclose(diffusion_entropy(x, 1e-3, 1), np.log2(20), rtol=1e-9)
    np.testing.assert_allclose(diffusion_entropy(x, 1e4, 1), 0, atol=1e-6)


def test_masked_rows_count_for_nothing_and_moving_changes_nothing():
    x = scattered()
    part = diffusion_entropy(x, 0.7, 2, counted=np.arange(20) < 11)
    np.testing.assert_allclose(part, diffusion_entropy(x[:11], 0.7, 2), rtol=1e-9)
    np.testing.assert_allclose(diffusion_entropy(x[::-1] + 5, 0.7, 1), diffusion_entropy(x, 0.7, 1), rtol=1e-9)


def test_default_has_the_spectrum_of_the_plain_walk_and_anisotropy_another():
    x = scattered()
    kernel = np.exp(-((x[:, None] - x[None]) ** 2).sum(-1) / 2)

    def entropy(k):
        share = np.abs(np.linalg.eigvals(k / k.sum(1, keepdims=True)))
        share = share / share.sum()
        return -np.sum(share * np.log2(np.maximum(share, 1e-300)))

    degree = kernel.sum(1)
    np.testing.assert_allclose(diffusion_entropy(x, 1.0, 1), entropy(kernel), rtol=1e-9)
    flat = kernel / np.outer(degree, degree)
    np.testing.assert_allclose(diffusion_entropy(x, 1.0, anisotropy=1), entropy(flat), rtol=1e-9)


def test_information_of_collapsed_labels_is_log_k_and_of_random_ones_about_zero():
    x, labels = clusters((15, 15, 15, 15), 50.0), np.repeat(np.arange(4), 15)
    information = compiled(diffusion.diffusion_information, static_argnums=3)
    np.testing.assert_allclose(information(jax.random.key(0), x, labels, 4, 1.0), 2.0, atol=1e-9)
    mixed = np.random.default_rng(1).permutation(labels)
    assert abs(float(information(jax.random.key(0), x, mixed, 4, 1.0))) < 1e-6
    with pytest.raises(ValueError, match="classes is 1"):
        information(jax.random.key(0), x, labels, 1, 1.0)
